// The rival by hand: what a good engineer writes in an afternoon for the same rules on the same cart objects. It is
// idiomatic, neither slowed down nor tuned, checks nothing of the cart, and returns what a decision tells of goods:
// what each promotion took off each line, and the sums.

import type { Cart, CartLine } from "@haggle/sdk";
import type { BenchRule } from "./rules.ts";

// The fields stand in another order than in our decisions on purpose: equal literals share one hidden class in V8, and
// what one side stores in it (a double, say) would slow the other down.
export type HandDiscount = { reason: string; promotion: string; amount: number };
export type HandLine = { discounts: readonly HandDiscount[]; id: string; discount: number; total: number };
export type HandDecision = { subtotal: number; discountTotal: number; total: number; lines: HandLine[] };

/** What a rule wants off one line, or off the order when it names no line. */
export type Effect = { line?: CartLine; amount: number };

/** A promotion of the rival: its effects on a cart whose goods are worth `subtotal`. */
export type HandPromotion = {
  id: string;
  reason: string;
  effects: (cart: Cart, subtotal: number) => Effect[];
};

export function createHand(rules: readonly BenchRule[]): (cart: Cart) => HandDecision {
  const promotions = rules.toSorted((a, b) => b.priority - a.priority).map(toPromotion);
  return (cart) => {
    const subtotal = subtotalOf(cart);
    return settle(cart, subtotal, promotions, (promotion) => promotion.effects(cart, subtotal));
  };
}

export function subtotalOf(cart: Cart): number {
  return cart.lines.reduce((sum, line) => sum + totalOf(line), 0);
}

function totalOf(line: CartLine): number {
  return line.unitPrice * line.quantity;
}

/** The rules, guarded by segment and coupon. */
export function toPromotion(rule: BenchRule): HandPromotion {
  const { name, reason, segment, coupon } = rule;
  const wanted = effectsOf(rule);
  return {
    id: name,
    reason,
    effects(cart, subtotal) {
      if (segment !== undefined && !cart.customer?.segments.includes(segment)) return [];
      if (coupon !== undefined && !cart.coupons.includes(coupon)) return [];
      return wanted(cart, subtotal);
    },
  };
}

function effectsOf(rule: BenchRule): HandPromotion["effects"] {
  switch (rule.kind) {
    case "category":
      return (cart) => percentOffLines(inCategory(cart, rule.category), rule.percent);
    case "threshold":
      return (_, subtotal) => (subtotal >= rule.from ? [{ amount: rule.off }] : []);
    case "buy":
      return (cart) =>
        inCategory(cart, rule.category).map((line) => {
          const free = Math.floor(line.quantity / (rule.buy + rule.free)) * rule.free;
          return { line, amount: line.unitPrice * free };
        });
    case "tiered":
      return (_, subtotal) => {
        if (subtotal >= rule.high) return [{ amount: percentOf(subtotal, rule.highPercent) }];
        if (subtotal >= rule.low) return [{ amount: percentOf(subtotal, rule.lowPercent) }];
        return [];
      };
    case "bundle":
      return (cart) => {
        const first = inCategory(cart, rule.first);
        const second = inCategory(cart, rule.second);
        if (first.length === 0 || second.length === 0) return [];
        return [...percentOffLines(first, rule.percent), ...percentOffLines(second, rule.percent)];
      };
  }
}

function inCategory(cart: Cart, category: string): CartLine[] {
  return cart.lines.filter((line) => line.categories.includes(category));
}

function percentOffLines(lines: CartLine[], percent: number): Effect[] {
  return lines.map((line) => ({ line, amount: percentOf(totalOf(line), percent) }));
}

/** Rounded half up: halves of a hundredth are exact in a double, so nothing else can round wrongly. */
function percentOf(amount: number, percent: number): number {
  return Math.round((amount * percent) / 100);
}

type OpenLine = { line: CartLine; left: number; discounts: HandDiscount[] };

/** Grants effects in the order of the promotions, never more than is left of a line or of the order. */
export function settle<P extends { id: string; reason: string }>(
  cart: Cart,
  subtotal: number,
  promotions: readonly P[],
  effectsOf: (promotion: P, index: number) => Effect[],
): HandDecision {
  const open = cart.lines.map((line): OpenLine => ({ line, left: totalOf(line), discounts: [] }));
  const byLine = new Map(open.map((entry) => [entry.line, entry]));
  const canonical = open.toSorted(
    (a, b) => a.line.unitPrice - b.line.unitPrice || (a.line.sku < b.line.sku ? -1 : 1),
  );
  let left = subtotal;
  for (const [index, promotion] of promotions.entries()) {
    for (const { line, amount } of effectsOf(promotion, index)) {
      const take = (entry: OpenLine, granted: number) => {
        if (granted === 0) return;
        entry.left -= granted;
        left -= granted;
        entry.discounts.push({ reason: promotion.reason, promotion: promotion.id, amount: granted });
      };
      if (line) {
        const entry = byLine.get(line)!;
        take(entry, Math.min(amount, entry.left));
      } else {
        const shares = splitOverLines(Math.min(amount, left), left, canonical);
        canonical.forEach((entry, i) => {
          take(entry, shares[i]!);
        });
      }
    }
  }
  const lines = open.map((entry) => ({
    discounts: entry.discounts,
    id: entry.line.id,
    discount: totalOf(entry.line) - entry.left,
    total: entry.left,
  }));
  const shipping = cart.shipping.reduce((sum, entry) => sum + entry.price, 0);
  return { subtotal, discountTotal: subtotal - left, total: left + shipping, lines };
}

/** In proportion to what is left of each line, the remainder to the largest fractions, ties in canonical order. */
function splitOverLines(amount: number, left: number, lines: readonly OpenLine[]): number[] {
  if (amount === 0) return lines.map(() => 0);
  const shares = lines.map((line) => Math.floor((amount * line.left) / left));
  const missing = amount - shares.reduce((sum, share) => sum + share, 0);
  if (missing > 0) {
    const rests = lines.map((line, i) => ({ i, rest: amount * line.left - shares[i]! * left }));
    rests.sort((a, b) => b.rest - a.rest);
    for (const { i } of rests.slice(0, missing)) shares[i]! += 1;
  }
  return shares;
}
