// One cold start, timed: `cold-child.ts bare|verified FOLDER`. Prints wall and CPU milliseconds and the total.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  CANDIDATES,
  CART,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  CONTROL_SLICE,
  DECISION,
  DECISION_TOTAL,
  DEFAULT_POLICY,
  TABLE,
  TABLE_COUNT,
} from "@haggle/abi";

const [way, folder] = process.argv.slice(2);
const read = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(folder!, name)));
const bundle = read("bundle.wasm");
const priceOnce = way === "bare" ? prepareBare() : await prepareVerified();
const wallBefore = performance.now();
const before = process.cpuUsage();
const total = await priceOnce();
const used = process.cpuUsage(before);
const wallMs = performance.now() - wallBefore;
console.log(JSON.stringify({ wallMs, cpuMs: (used.user + used.system) / 1000, total }));

function prepareBare(): () => Promise<number> {
  const [table, cart] = [read("table.bin"), read("cart.bin")];
  return async () => {
    const module = await WebAssembly.compile(bundle);
    const { exports } = new WebAssembly.Instance(module);
    const { buffer } = exports.memory as WebAssembly.Memory;
    new Uint8Array(buffer).set(table, TABLE);
    new Uint8Array(buffer).set(cart, CART);
    const view = new DataView(buffer);
    const count = view.getInt32(TABLE + TABLE_COUNT, true);
    for (let i = 0; i < count; i++) view.setInt32(CANDIDATES + i * 4, i, true);
    view.setInt32(CONTROL + CONTROL_CANDIDATE_COUNT, count, true);
    view.setInt32(CONTROL + CONTROL_SLICE, DEFAULT_POLICY.fuel.perPromotion, true);
    (exports.fuel as WebAssembly.Global).value = DEFAULT_POLICY.fuel.base * 100;
    (exports.evaluate as () => number)();
    return Number(view.getBigInt64(DECISION + DECISION_TOTAL, true));
  };
}

async function prepareVerified(): Promise<() => Promise<number>> {
  const { createEngine } = await import(pathToFileURL(join(folder!, "sdk.mjs")).href);
  const [release, root] = [read("release.json"), read("root.json")];
  const cart = JSON.parse(Buffer.from(read("cart.json")).toString());
  return async () => (await createEngine({ bundle, release, root })).evaluate(cart).total;
}
