// The rules compiled, metered and signed, and our engine over them in its three forms.

import { createSymbols, type Promotion, parseRelease, type Symbols } from "@haggle/abi";
import type { Cart, Engine } from "@haggle/sdk";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";
import type { PricedDecision } from "../../sdk/src/decision.ts";
import type { SandboxOptions } from "../../sdk/src/sandbox.ts";
import type { Table } from "../../sdk/src/table.ts";
import { importSdk } from "./bundled-sdk.ts";
import type { BenchRule } from "./rules.ts";
import { writeSources } from "./rules.ts";
import { readShares, type Subject } from "./subject.ts";
import { mergeModules, NO_FUEL } from "./wasm-merge.ts";

export type BenchShop = {
  rules: readonly BenchRule[];
  bundle: Uint8Array<ArrayBuffer>;
  release: Uint8Array;
  root: Uint8Array;
  engine: Engine;
  /** The same rules as compiled, with slices and fuel that do nothing; nothing that the SDK would accept. */
  unmetered: Uint8Array<ArrayBuffer>;
  table: Table;
  symbols: Symbols;
};

export const sdk = await importSdk();
const compiler = createCompiler({ runtime: await readRuntimeSources() });

export async function createShop(rules: readonly BenchRule[]): Promise<BenchShop> {
  const files = writeSources(rules);
  const signer = await signerFromSeed(new Uint8Array(32).fill(1));
  const built = await build({ files }, { compiler, signer, version: 1, now: Date.now() });
  const compiled = await compiler.compile({ files });
  if (!built.ok || !compiled.ok) throw new Error(JSON.stringify(built.diagnostics));
  const { bundle, metadata } = built;
  const release = built.release.bytes;
  const root = built.root.bytes;
  const engine = await sdk.createEngine({ bundle, release, root });
  const signed = parseRelease(built.release.envelope.payload);
  const symbols = createSymbols([...metadata.symbols, ...signed.table.symbols]);
  const table = sdk.readTable(signed, symbols);
  const unmetered = await mergeModules([
    ["engine", compiled.wasm],
    ["haggle", NO_FUEL],
  ]);
  return { rules, bundle, release, root, engine, unmetered, table, symbols };
}

/** Promotions stated as data, in a release with a bundle that has no rules. */
export async function createDataShop(promotions: readonly Promotion[]): Promise<Engine> {
  const signer = await signerFromSeed(new Uint8Array(32).fill(1));
  const built = await build({ files: {} }, { promotions, compiler, signer, version: 1, now: Date.now() });
  if (!built.ok) throw new Error(JSON.stringify(built.diagnostics));
  return sdk.createEngine({ bundle: built.bundle, release: built.release.bytes, root: built.root.bytes });
}

/** As a storefront uses it: the total, and every share of every promotion on every line, as the rivals give them. */
export function haggle({ engine }: BenchShop): Subject {
  const price = (cart: Cart) => priced(engine.evaluate(cart));
  return { name: "haggle", run: (cart) => readShares(price(cart)), decide: price };
}

/** For who shows a total only; the rest of a decision is decoded when it is read. */
export function haggleTotal({ engine }: BenchShop): Subject {
  const price = (cart: Cart) => priced(engine.evaluate(cart));
  return { name: "haggle, total only", run: (cart) => price(cart).total, decide: price };
}

/** Every field of the JSON face but the digest, which is a hash over it all. */
export function haggleJson({ engine }: BenchShop): Subject {
  const price = (cart: Cart) => priced(engine.evaluate(cart));
  return {
    name: "haggle, whole decision",
    run(cart) {
      const face = faceOf(price(cart));
      return readShares(face) + face.promotions.length + face.coupons.length;
    },
    decide: price,
  };
}

function faceOf(decision: PricedDecision) {
  const { currency, subtotal, discountTotal, shippingTotal, total, lines, shipping, promotions } = decision;
  const { coupons, claims, messages, fuelUsed } = decision;
  return {
    ...{ currency, subtotal, discountTotal, shippingTotal, total, lines, shipping, promotions },
    ...{ coupons, claims, messages, fuelUsed },
  };
}

/** The engine's own pipeline around any module, without the checks that would refuse an un-metered one. */
export function sandboxed(name: string, shop: BenchShop, bytes: Uint8Array<ArrayBuffer>): Subject {
  const { table, symbols, engine } = shop;
  const { promotions, policy } = engine;
  const options: SandboxOptions = {
    ...{ module: new WebAssembly.Module(bytes), table, off: new Uint8Array(promotions.length) },
    ...{ symbols, policy, server: false },
  };
  const sandbox = sdk.createSandbox(options);
  const context = { release: "", bundle: "", promotions, policy, symbols, wantsLists: false };
  const price = (cart: Cart) => new sdk.PricedDecision(context, sandbox.run(cart, []), cart);
  return { name, run: (cart) => readShares(price(cart)), decide: price };
}

function priced(decision: ReturnType<Engine["evaluate"]>): PricedDecision {
  if (!decision.ok) throw decision.error;
  return decision;
}
