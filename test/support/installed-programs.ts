// A program of Node by somebody who has installed the packages, and has neither TypeScript nor a server.

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
