// What the goods that stay would have cost without those that came back, and what of a refund is kept back for it.

import type { Cart, PricedDecision } from "@haggle/sdk";

/** The cart with so many units of each line. Undefined where nothing stays. */
export function restOf(cart: Cart, kept: ReadonlyMap<string, number>): Cart | undefined {
  const lines = cart.lines.flatMap((line) => {
    const quantity = kept.get(line.id) ?? 0;
    return quantity === 0 ? [] : [{ ...line, quantity }];
  });
  return lines.length === 0 ? undefined : { ...cart, lines };
}

/**
 * What the cart's own lines and its shipping cost, with tax where that is on top. Without what rounding to coins made of it, since
 * nobody pays the rest of an order in coins, and without goods that promotions put into it: a gift that stays is no debt.
 */
export function worthOf({ total, cashRounding = 0, added }: PricedDecision): number {
  return added.reduce(
    (worth, { unitPrice, quantity, discount }) => worth - (unitPrice * quantity - discount),
    total - cashRounding,
  );
}

/** By promotion, off the cart's own lines and off shipping. */
export function discountsOf({ lines, shipping }: PricedDecision): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { promotion, amount } of [...lines, ...shipping].flatMap((entry) => entry.discounts)) {
    sums.set(promotion, (sums.get(promotion) ?? 0) + amount);
  }
  return sums;
}

type Amounts = {
  /** What the units that come back were paid with. */
  own: number;
  /** What was paid for all that stays. */
  paid: number;
  /** What that would have cost by itself. */
  worth: number;
  /** What earlier returns of the order kept back. */
  earlier: number;
};

/**
 * What is kept back of this refund: as much as all returns of an order together owe, without what earlier ones kept back, and
 * never more than the refund. Below zero where less is owed now, so that whoever returns everything has everything back, in
 * whatever order.
 */
export function clawBack({ own, paid, worth, earlier }: Amounts): number {
  const owed = Math.max(0, worth - paid);
  return Math.min(owed - earlier, own);
}
