// What somebody writes who has installed the packages: programs of Node, of a page, and TypeScript.

/** The example cart of a new project: 309.97 of goods, 50.00 off from 300.00 on. */
export const PRICED = { subtotal: 30_997, discountTotal: 5_000 };

/** Prices the example cart with what `haggle build` wrote. */
export const PRICE_IN_NODE = `
import { readFile } from "node:fs/promises";
import { createEngine } from "@haggle/sdk";

const read = (name) => readFile("shop/" + name);
const engine = await createEngine({
  bundle: await read("dist/bundle.wasm"),
  release: await read("dist/release.json"),
  root: await read("dist/root.json"),
  now: Date.now(),
  development: true,
});
console.log(JSON.stringify(engine.evaluate(JSON.parse(await read("carts/example.json")))));
`;

/** The same in a page, by what lies beside it on its server; the outcome is posted. */
export const PRICE_IN_A_PAGE = `
import { createEngine } from "@haggle/sdk";
import { explain } from "@haggle/sdk/explain";

const read = async (name) => new Uint8Array(await (await fetch("/shop/" + name)).arrayBuffer());
const engine = await createEngine({
  bundle: await read("dist/bundle.wasm"),
  release: await read("dist/release.json"),
  root: await read("dist/root.json"),
  now: Date.now(),
  development: true,
});
const cart = await (await fetch("/shop/carts/example.json")).json();
const decision = engine.evaluate(cart);
const { promotions, policy } = engine;
const [first] = explain(decision, { promotions, policy, cart, locale: "en" });
const body = JSON.stringify({ ...decision.toJSON(), first: first.text });
await fetch("/posted/priced", { method: "POST", body });
`;

/** Follows a server's channel from the packages alone, then closes, so that the program ends by itself. */
export const FOLLOW_A_SERVER = `
import { readFile } from "node:fs/promises";
import { createHaggle } from "@haggle/sdk/client";

const [url] = process.argv.slice(2);
const haggle = createHaggle({ url, root: await readFile("root.json"), context: { bucket: 0 }, store: "memory" });
await haggle.ready();
const cart = JSON.parse(await readFile("shop/carts/example.json", "utf8"));
console.log(JSON.stringify(haggle.evaluate(cart)));
haggle.close();
`;

/**
 * Types in use, of most entries that stand without peers and types of Node. `/experiments-client`, `/flags` and `/pricing`
 * are not here, nor what needs more: `/react`, `/openfeature-*`, `/node` and the server.
 */
export const CONSUMER = `
import { type Cart, createEngine, type Decision, HaggleError } from "@haggle/sdk";
import { createCart, type LiveCart } from "@haggle/sdk/cart";
import { createHaggle, type Evaluation, type Haggle } from "@haggle/sdk/client";
import { precompiled } from "@haggle/sdk/edge";
import { errorText } from "@haggle/sdk/error-texts";
import { createAssigner } from "@haggle/sdk/experiments";
import { explain } from "@haggle/sdk/explain";
import { type Receipt, verifyReceipt } from "@haggle/sdk/receipts";
import { signerFromSeed } from "@haggle/sdk/sign";
import { createUpdater } from "@haggle/sdk/trust";
import { build, createCompiler, type Diagnostic } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";

export async function price(files: Record<string, string>, cart: Cart): Promise<number | Diagnostic[]> {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const signer = await signerFromSeed(new Uint8Array(32));
  const built = await build({ files }, { compiler, signer, version: 1, now: 0 });
  if (!built.ok) return built.diagnostics;
  const engine = await createEngine({
    bundle: built.bundle,
    release: built.release.bytes,
    root: built.root.bytes,
    compile: precompiled(),
  });
  const decision: Decision = engine.evaluate(cart);
  if (decision.ok) return decision.total;
  const error: HaggleError = decision.error;
  throw error;
}

export async function stay(root: string): Promise<string | undefined> {
  const seen: Evaluation[] = [];
  const haggle = createHaggle({ url: "", root, onEvaluate: (each) => seen.push(each) });
  await haggle.ready().catch((error: unknown) => {
    if (error instanceof HaggleError) return errorText(error.code);
    throw error;
  });
  // @ts-expect-error releases are known by their digest
  const version: number | undefined = haggle.state?.release;
  return version === undefined ? haggle.state?.release : undefined;
}

export async function show(text: string, root: string): Promise<Receipt> {
  // @ts-expect-error a receipt is nobody's without a root
  await verifyReceipt(text, {});
  return (await verifyReceipt(text, { root })).receipt;
}

export function fill(haggle: Haggle): LiveCart {
  return createCart(haggle, { currency: "EUR" });
}

export const more = [createAssigner, createUpdater, explain];
`;
