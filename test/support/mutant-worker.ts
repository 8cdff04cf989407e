// Makes mutants of metered modules and holds them against what the profile promises of everything that it accepts.

import { parentPort, workerData } from "node:worker_threads";
import { type BundleMetadata, createSymbols, HaggleError, parseRelease } from "@haggle/abi";
import { PricedDecision, verifyProfile } from "@haggle/sdk";
import { createLists } from "../../sdk/src/decision.ts";
import { createSandbox, type MakeLists } from "../../sdk/src/sandbox.ts";
import { readTable } from "../../sdk/src/table.ts";
import { createModuleMutator } from "./byte-mutator.ts";
import { createRandom, generateCart } from "./carts.ts";
import { proveFuel } from "./fuel-proof.ts";
import { readWithWasmparser } from "./second-reader.ts";
import { openWatch } from "./watched-worker.ts";

export type MutantInput = {
  modules: { name: string; bytes: Uint8Array; mutants: number }[];
  /** The release and the metadata of the module `bundle`, whose mutants price carts. */
  bundle: { payload: Uint8Array; metadata: BundleMetadata };
  seed: number;
};

export type MutantAnswer = {
  mutants: number;
  accepted: number;
  /** Of the accepted, those that WebAssembly.compile takes too; all of them ran. */
  ran: number;
  /** Of the runs, those that ended by a trap. */
  trapped: number;
};

type Exports = { fuel: { value: number } } & Record<string, ((input?: number) => unknown) | undefined>;

/** Small, so that thousands of endless loops end in a moment, and large enough for the programs. */
const BUDGET = 200_000;

const { modules, bundle, seed, watch } = workerData as MutantInput & { watch: SharedArrayBuffer };
const show = openWatch(watch);
const answer: MutantAnswer = { mutants: 0, accepted: 0, ran: 0, trapped: 0 };

for (const { name, bytes, mutants } of modules) {
  const module = readWithWasmparser(bytes);
  const mutate = createModuleMutator(bytes, module, proveFuel(module).fuelCode);
  const random = createRandom(seed);
  for (let count = 0; count < mutants; count++) {
    const mutant = mutate(random);
    show(mutant);
    answer.mutants++;
    if (!isAccepted(mutant)) continue;
    answer.accepted++;
    if (!WebAssembly.validate(mutant)) continue;
    answer.ran++;
    proveFuel(readWithWasmparser(mutant));
    const compiled = new WebAssembly.Module(mutant);
    exercise(compiled);
    if (name === "bundle") price(compiled, count);
  }
}
parentPort!.postMessage(answer);

function isAccepted(mutant: Uint8Array): boolean {
  try {
    verifyProfile(mutant);
    return true;
  } catch (error) {
    if (error instanceof HaggleError && error.code.startsWith("PROFILE_")) return false;
    throw error;
  }
}

/** Calls everything that a host can call, in a fresh instance and with fuel each time. */
function exercise(module: WebAssembly.Module): void {
  const { exports } = new WebAssembly.Instance(module);
  const { fuel, forfeit, ...entries } = exports as unknown as Exports;
  for (const [name, input] of [
    ["_initialize", 0],
    ["evaluate", 0],
    ["resume", 0],
    ...[0, 5, -1].map((each) => ["explain", each] as const),
  ] as const) {
    const entry = entries[name];
    if (entry === undefined) continue;
    fuel.value = BUDGET;
    let isTrapped = false;
    try {
      entry(input);
    } catch (error) {
      // The second is a stack that is full: frames are bounded in number, not in size.
      if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
      isTrapped = true;
      answer.trapped++;
    }
    // Whoever returns has paid; who trapped may have left the global where it was, but never above.
    const most = isTrapped ? BUDGET : BUDGET - 1;
    expectFuel(name, fuel.value, most);
    forfeit!();
    expectFuel(`forfeit after ${name}`, fuel.value, most);
  }
}

function expectFuel(when: string, value: number, most: number): void {
  if (!(value >= -1 && value <= most)) throw new Error(`${when}: ${value} fuel of ${BUDGET}`);
}

/** As the SDK would, had the mutant been signed: a decision or an error of ours, and all that a decision says. */
function price(module: WebAssembly.Module, number: number): void {
  const release = parseRelease(bundle.payload);
  const { promotions, policy } = release;
  const symbols = createSymbols([...bundle.metadata.symbols, ...release.table.symbols]);
  const table = readTable(release, symbols);
  const off = new Uint8Array(promotions.length);
  try {
    const sandbox = createSandbox({ module, table, off, symbols, policy, server: false });
    const context = { release: "", bundle: "", promotions, policy, symbols, wantsLists: false };
    const makeLists: MakeLists = (candidates, records) => createLists(context, candidates, records);
    for (const seed of [number, number + 1]) {
      const cart = generateCart(seed);
      // Once as for whoever has read no discounts so far, once as for all others.
      const run = sandbox.run(cart, [], undefined, seed === number ? undefined : makeLists);
      if (run.fuelUsed < 0) throw new Error(`gives ${-run.fuelUsed} fuel back`);
      JSON.stringify(new PricedDecision(context, run, cart));
    }
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
  }
}
