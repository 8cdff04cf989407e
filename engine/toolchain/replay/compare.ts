// One line of the recording: priced with both releases, and added to the tally.

import { type Cart, type Code, findUnknownFields } from "@haggle/abi";
import type { Decision, Engine } from "@haggle/sdk";
import { anonymousPlace, type ShopWords, segmentsOf } from "./anonymous.ts";
import { addLeader, wouldLead } from "./leaders.ts";
import type { Pair } from "./releases.ts";
import { createSample, isApplied } from "./sample.ts";
import { findSegment } from "./segments.ts";
import { addToSketch } from "./sketch.ts";
import {
  addFault,
  addRefusal,
  type CurrencyTally,
  currencyOf,
  MOST_SAMPLES,
  promotionOf,
  type Sums,
  type Tally,
} from "./tally.ts";

type Priced = Extract<Decision, { ok: true }>;

export type Comparer = (text: string, line: number) => void;

export function createComparer(tally: Tally, engines: Pair<Engine>, words: ShopWords): Comparer {
  return (text, line) => {
    tally.carts.read++;
    const cart = parseLine(text);
    if (cart === undefined) return refuseBoth(tally, "CLI_NOT_JSON", "", line);
    const [unknown] = findUnknownFields(cart);
    if (unknown !== undefined) {
      // The name of a field that nobody knows is whatever the recording made of it.
      const place = anonymousPlace(unknown.replace(/[^.[\]]+$/, "*"));
      return refuseBoth(tally, "CART_UNKNOWN_FIELD", place, line);
    }
    const a = engines.a.evaluate(cart);
    const b = engines.b.evaluate(cart);
    if (!a.ok || !b.ok) return countRefused(tally, a, b, line);
    tally.carts.both++;
    countFaults(tally, a, "a");
    countFaults(tally, b, "b");
    const priced = cart as Cart;
    const currency = currencyOf(tally, priced.currency);
    addCart(currency, priced, { a, b }, engines);
    const difference = b.total - a.total;
    if (difference === 0) return;
    const leaders = difference < 0 ? currency.mostCheaper : currency.mostDearer;
    const rank = { difference, line };
    if (!wouldLead(leaders, rank, MOST_SAMPLES)) return;
    const recorded = { ...rank, cart: priced, a: amountsOf(a), b: amountsOf(b) };
    addLeader(leaders, createSample(engines, words, recorded), MOST_SAMPLES);
  };
}

function amountsOf({ total, discountTotal }: Priced) {
  return { total, discount: discountTotal };
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}

function refuseBoth(tally: Tally, code: Code, at: string, line: number): void {
  tally.carts.neither++;
  addRefusal(tally, { code, at, a: 1, b: 1, line });
}

function countRefused(tally: Tally, a: Decision, b: Decision, line: number): void {
  if (a.ok) tally.carts.onlyA++;
  else if (b.ok) tally.carts.onlyB++;
  else tally.carts.neither++;
  // The offending value may be somebody's; only the code and the place are kept.
  if (!a.ok) addRefusal(tally, { code: a.error.code, at: anonymousPlace(a.error.at), a: 1, b: 0, line });
  if (!b.ok) addRefusal(tally, { code: b.error.code, at: anonymousPlace(b.error.at), a: 0, b: 1, line });
}

function countFaults(tally: Tally, decision: Priced, side: keyof Pair<unknown>): void {
  for (const { id, error } of decision.promotions) {
    if (error === undefined) continue;
    addFault(tally, { promotion: id, code: error, a: side === "a" ? 1 : 0, b: side === "b" ? 1 : 0 });
  }
}

function addCart(tally: CurrencyTally, cart: Cart, decisions: Pair<Priced>, engines: Pair<Engine>): void {
  const { a, b } = decisions;
  const difference = b.total - a.total;
  tally.carts++;
  tally.lines += cart.lines.length;
  if (difference < 0) tally.cheaper++;
  if (difference > 0) tally.dearer++;
  addSums(tally.sums.a, a, cart, engines.a);
  addSums(tally.sums.b, b, cart, engines.b);
  for (const { unitCost, quantity } of cart.lines) {
    if (unitCost === undefined) continue;
    tally.costedLines++;
    tally.cost += unitCost * quantity;
  }
  addPromotions(tally, decisions);
  addSegments(tally, cart, decisions);
  addToSketch(tally.differences, difference);
}

function addSums(sums: Sums, decision: Priced, cart: Cart, { policy }: Engine): void {
  sums.subtotal += decision.subtotal;
  sums.discount += decision.discountTotal;
  sums.shipping += decision.shippingTotal;
  sums.tax += decision.taxTotal ?? 0;
  sums.total += decision.total;
  if (cart.lines.some(({ unitCost }) => unitCost !== undefined)) {
    const isGross = policy.tax.prices === "gross";
    decision.lines.forEach(({ total, tax = 0 }, i) => {
      if (cart.lines[i]!.unitCost !== undefined) sums.revenue += isGross ? total - tax : total;
    });
  }
  for (const { quantity } of decision.added) sums.gifts += quantity;
  for (const { kind, amount } of decision.grants) sums[kind] += amount;
}

function addPromotions(tally: CurrencyTally, { a, b }: Pair<Priced>): void {
  const before = new Set<string>();
  for (const { id, status, granted } of a.promotions) {
    if (!isApplied(status)) continue;
    before.add(id);
    const promotion = promotionOf(tally, id);
    promotion.a.applied++;
    promotion.a.granted += granted;
    promotion.onlyA++;
  }
  for (const { id, status, granted } of b.promotions) {
    if (!isApplied(status)) continue;
    const promotion = promotionOf(tally, id);
    promotion.b.applied++;
    promotion.b.granted += granted;
    if (before.has(id)) promotion.onlyA--;
    else promotion.onlyB++;
  }
}

function addSegments(tally: CurrencyTally, { customer }: Cart, { a, b }: Pair<Priced>): void {
  const names = segmentsOf(customer);
  for (const name of names.length === 0 ? [""] : new Set(names)) {
    const segment = findSegment(tally.segments, name);
    if (segment === undefined) continue;
    segment.carts++;
    if (b.total < a.total) segment.cheaper++;
    if (b.total > a.total) segment.dearer++;
    segment.total.a += a.total;
    segment.total.b += b.total;
    segment.discount.a += a.discountTotal;
    segment.discount.b += b.discountTotal;
  }
}
