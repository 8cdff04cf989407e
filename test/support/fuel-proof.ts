// A second opinion on fuel: whether a module stops is decided here from wasmparser's operators alone, by a program
// that shares nothing with the profile check: no constants, no byte patterns, no graph. Slow and plain on purpose.
//
// What is proved. Every function but the free ones begins with a charge of the global `fuel`, every loop with a
// charge of the local that caches it, and charges trap below zero. What runs between two charges of a region is at
// most the instructions counted here, free callees included, and the weight is no less. Nothing else writes fuel,
// calls are acyclic, and the host can enter only what charges. So a run ends after at most
// (fuel + 1) x (1 + INJECTED) instructions, where INJECTED bounds the fuel code that belongs to one charge or call.

import { type Body, type Charge, type Range, readFuelBody } from "./fuel-bodies.ts";
import { OP } from "./operator-patterns.ts";
import type { ReadModule } from "./second-reader.ts";

export type Proof = {
  charges: Charge[];
  /** Where fuel code lies in the file. */
  fuelCode: Range[];
  /** Frames on the longest path of calls. */
  depth: number;
};

const FREE_LIMIT = 64;
const MOST_FRAMES = 256;

const ENTRIES = ["evaluate", "resume", "explain", "_initialize"];

/** @throws Error that says where the module is not proved to stop */
export function proveFuel(module: ReadModule): Proof {
  const fuel = module.globals.length - 2;
  if (fuel < 0) throw new Error("no globals for fuel");
  checkShell(module, fuel);
  const fuelCode: Range[] = [];
  const forfeit = module.exports.find(({ name }) => name === "forfeit")!.index;
  const bodies = module.functions.map((body, index) =>
    readFuelBody({ body, index, fuel, isForfeit: index === forfeit, fuelCode }),
  );
  checkEntries(module, bodies, forfeit);
  const costs = costsOfFree(bodies);
  for (const body of bodies) checkCosts(body, costs);
  const charges = bodies.flatMap(({ regions }) => regions.flatMap(({ charge }) => charge ?? []));
  return { charges, fuelCode, depth: longestPath(module, bodies) };
}

/** Everything but the code. */
function checkShell({ memories, tables, globals, exports, sections }: ReadModule, fuel: number): void {
  const [memory] = memories;
  if (memories.length !== 1 || memory!.shared || memory!.initial !== memory!.maximum) {
    throw new Error("a memory that may grow");
  }
  if (tables.length > 1 || tables.some(({ initial, maximum }) => initial !== maximum)) {
    throw new Error("a table that may grow");
  }
  if (sections.some(({ id }) => id === 2 || id === 8 || id > 11)) throw new Error("a section too many");
  for (const global of globals.slice(fuel)) {
    const [init, end] = global.init;
    const isZero = init?.code === OP["i32.const"] && init.operand === 0 && end?.code === OP.end;
    if (global.type !== -1 || !global.mutable || !isZero)
      throw new Error("a fuel global that does not start at 0");
  }
  for (const { name, kind, index } of exports) {
    if (kind === 3 && (name !== "fuel" || index !== fuel)) throw new Error(`exports the global ${name}`);
    if (kind === 1) throw new Error(`exports the table ${name}`);
    if (kind === 0 && name !== "forfeit" && !ENTRIES.includes(name)) throw new Error(`exports ${name}`);
  }
  if (!exports.some(({ name, kind }) => name === "forfeit" && kind === 0)) throw new Error("no forfeit");
}

/** Host and table must not reach what charges nobody, and code must not reach forfeit. */
function checkEntries({ exports, elements }: ReadModule, bodies: Body[], forfeit: number): void {
  const isMetered = (index: number) => ["plain", "cached"].includes(bodies[index]?.kind ?? "");
  for (const { name, kind, index } of exports) {
    if (kind === 0 && name !== "forfeit" && !isMetered(index)) throw new Error(`${name} is free`);
  }
  if (!elements.every(isMetered)) throw new Error("the table holds a function that is free");
  if (bodies.some(({ calls }) => calls.some(({ target }) => target === forfeit))) {
    throw new Error("code calls forfeit");
  }
}

/** What a free function costs its callers; undefined for the others. */
function costsOfFree(bodies: Body[]): (number | undefined)[] {
  const costs: (number | undefined)[] = bodies.map(() => undefined);
  const isFree = (target: number | string) => typeof target === "number" && bodies[target]?.kind === "free";
  // As often as there are functions: each round knows at least one more, or there is a circle.
  for (let round = 0, known = -1; round <= bodies.length; round++) {
    const before = known;
    known = 0;
    for (const [index, { kind, regions, calls }] of bodies.entries()) {
      if (kind !== "free") continue;
      if (!calls.every(({ target }) => isFree(target))) {
        throw new Error(`function ${index} is free and calls one that is not`);
      }
      const callees = calls.map(({ target }) => costs[target as number]);
      if (callees.includes(undefined)) continue;
      costs[index] = callees.reduce<number>((sum, cost) => sum + cost!, regions[0]!.cost);
      if (costs[index]! > FREE_LIMIT) throw new Error(`function ${index} is free and costs ${costs[index]}`);
      known++;
    }
    if (known === before) break;
  }
  if (bodies.some(({ kind }, index) => kind === "free" && costs[index] === undefined)) {
    throw new Error("free functions call each other in a circle");
  }
  return costs;
}

function checkCosts({ regions, calls, kind }: Body, costs: readonly (number | undefined)[]): void {
  for (const { target, region, paid } of calls) {
    const cost = typeof target === "number" ? costs[target] : undefined;
    if (cost !== undefined) regions[region]!.cost += cost;
    else if (!paid && kind !== "free") throw new Error(`calls ${target} without handing fuel over`);
  }
  for (const { charge, cost } of regions) {
    if (charge === undefined) continue;
    charge.cost = cost;
    if (charge.weight < cost) throw new Error(`offset ${charge.at}: charges ${charge.weight} for ${cost}`);
  }
}

/** Kahn's way: takes away what calls nothing that is left, until nothing is left or all are in circles. */
function longestPath({ functions, elements, types }: ReadModule, bodies: Body[]): number {
  const callees = bodies.map(({ calls }) =>
    calls.flatMap(({ target }) => {
      if (typeof target === "number") return [target];
      const type = types[Number(target.slice("type ".length))];
      return elements.filter((element) => functions[element]!.type === type);
    }),
  );
  const heights: number[] = new Array<number>(bodies.length).fill(0);
  const waiting = callees.map((each) => new Set(each).size);
  const callers: number[][] = bodies.map(() => []);
  for (const [caller, each] of callees.entries())
    for (const callee of new Set(each)) callers[callee]!.push(caller);
  const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  let done = 0;
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    done++;
    heights[index] = 1 + Math.max(0, ...callees[index]!.map((callee) => heights[callee]!));
    for (const caller of callers[index]!) if (--waiting[caller]! === 0) ready.push(caller);
  }
  if (done < bodies.length) throw new Error("functions call each other in a circle");
  const longest = Math.max(0, ...heights);
  if (longest > MOST_FRAMES) throw new Error(`${longest} frames`);
  return longest;
}
