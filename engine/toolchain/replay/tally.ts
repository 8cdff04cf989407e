// What a replay adds up. Its size depends on the releases, never on the number of carts; parts that workers counted
// are added to each other, in any order, to the same figures.

import type { Code } from "@haggle/abi";
import { addLeader, type Leaders } from "./leaders.ts";
import type { Pair } from "./releases.ts";
import type { Sample } from "./sample.ts";
import { mergeSegments, type Segments } from "./segments.ts";
import { mergeSketch, type Sketch } from "./sketch.ts";

export type Tally = {
  /** Lines of the recording, and how many of them both releases, one or none could price. */
  carts: { read: number; both: number; onlyA: number; onlyB: number; neither: number };
  refusals: Map<string, Refusal>;
  /** Rules that stopped, by promotion and code. */
  faults: Map<string, Fault>;
  currencies: Map<string, CurrencyTally>;
};

/** Carts that were refused for one reason. `at` is the place in the cart, `line` the first such line. */
export type Refusal = { code: Code; at: string; a: number; b: number; line: number };

export type Fault = { promotion: string; code: Code; a: number; b: number };

/** Carts of one currency that both releases priced. Amounts are in minor units. */
export type CurrencyTally = {
  carts: number;
  cheaper: number;
  dearer: number;
  sums: Pair<Sums>;
  /** What the goods of known cost cost, and how many lines have one. */
  cost: number;
  costedLines: number;
  lines: number;
  promotions: Map<string, PromotionTally>;
  segments: Segments;
  differences: Sketch;
  mostCheaper: Leaders<Sample>;
  mostDearer: Leaders<Sample>;
};

/** `revenue` is what the goods of known cost bring in, without tax; `gifts` are units that promotions added. */
export type Sums = Record<(typeof SUM_FIELDS)[number], number>;

const SUM_FIELDS = [
  "subtotal",
  "discount",
  "shipping",
  "tax",
  "total",
  "revenue",
  "gifts",
  "points",
  "cashback",
] as const;

/** In how many carts a promotion applied, and what it took; `onlyA` and `onlyB` are carts where one release alone has it. */
export type PromotionTally = Pair<{ applied: number; granted: number }> & { onlyA: number; onlyB: number };

/** Samples of each kind, in each currency. */
export const MOST_SAMPLES = 10;
/** A release and a format have far fewer ways to refuse; what a hostile recording makes up beyond is one row. */
const MOST_REFUSALS = 500;

export function createTally(): Tally {
  return {
    carts: { read: 0, both: 0, onlyA: 0, onlyB: 0, neither: 0 },
    refusals: new Map(),
    faults: new Map(),
    currencies: new Map(),
  };
}

export function currencyOf({ currencies }: Tally, currency: string): CurrencyTally {
  return getOrMake(currencies, currency, createCurrencyTally);
}

export function promotionOf({ promotions }: CurrencyTally, id: string): PromotionTally {
  return getOrMake(promotions, id, () => ({
    a: { applied: 0, granted: 0 },
    b: { applied: 0, granted: 0 },
    onlyA: 0,
    onlyB: 0,
  }));
}

export function addRefusal(
  { refusals }: Tally,
  { code, at, line, ...counts }: { code: Code; at: string; line: number } & Pair<number>,
): void {
  const key = `${code} ${at}`;
  const isRoom = refusals.has(key) || refusals.size < MOST_REFUSALS;
  const refusal = getOrMake(refusals, isRoom ? key : code, () => ({
    ...{ code, at: isRoom ? at : "", a: 0, b: 0, line },
  }));
  addPair(refusal, counts);
  refusal.line = Math.min(refusal.line, line);
}

export function addFault({ faults }: Tally, { promotion, code, ...counts }: Fault): void {
  const fault = getOrMake(faults, `${promotion} ${code}`, () => ({ promotion, code, a: 0, b: 0 }));
  addPair(fault, counts);
}

/** Adds one part of the carts to another. */
export function mergeTally(into: Tally, from: Tally): void {
  addFields(into.carts, from.carts);
  for (const refusal of from.refusals.values()) addRefusal(into, refusal);
  for (const fault of from.faults.values()) addFault(into, fault);
  for (const [currency, tally] of from.currencies) mergeCurrency(currencyOf(into, currency), tally);
}

function mergeCurrency(into: CurrencyTally, from: CurrencyTally): void {
  for (const field of ["carts", "cheaper", "dearer", "cost", "costedLines", "lines"] as const) {
    into[field] += from[field];
  }
  for (const side of ["a", "b"] as const) addFields(into.sums[side], from.sums[side]);
  for (const [id, part] of from.promotions) {
    const promotion = promotionOf(into, id);
    for (const side of ["a", "b"] as const) addFields(promotion[side], part[side]);
    promotion.onlyA += part.onlyA;
    promotion.onlyB += part.onlyB;
  }
  mergeSegments(into.segments, from.segments);
  mergeSketch(into.differences, from.differences);
  for (const sample of from.mostCheaper) addLeader(into.mostCheaper, sample, MOST_SAMPLES);
  for (const sample of from.mostDearer) addLeader(into.mostDearer, sample, MOST_SAMPLES);
}

function createCurrencyTally(): CurrencyTally {
  return {
    ...{ carts: 0, cheaper: 0, dearer: 0, cost: 0, costedLines: 0, lines: 0 },
    sums: { a: createSums(), b: createSums() },
    promotions: new Map(),
    segments: new Map(),
    differences: new Map(),
    mostCheaper: [],
    mostDearer: [],
  };
}

function createSums(): Sums {
  return Object.fromEntries(SUM_FIELDS.map((field) => [field, 0])) as Sums;
}

function addPair(into: Pair<number>, { a, b }: Pair<number>): void {
  into.a += a;
  into.b += b;
}

function addFields<T extends Record<string, number>>(into: T, from: T): void {
  for (const field of Object.keys(from) as (keyof T & string)[]) {
    into[field] = (into[field]! + from[field]!) as T[typeof field];
  }
}

function getOrMake<T>(map: Map<string, T>, key: string, make: () => T): T {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
}
