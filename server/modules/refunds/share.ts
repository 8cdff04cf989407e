// What single units were paid with. The ledger was frozen when the order was placed: nothing is spread again over what stays.

import type { LedgerEntry } from "../orders/service.ts";

/** So many units of a line, from one on. */
export type UnitRange = { line: string; firstUnit: number; units: number };

/** A promotion's part, and how many units had one. */
export type DiscountShare = { promotion: string; amount: number; units: number };

export type PaidShare = {
  price: number;
  discount: number;
  /** That is on top of prices. */
  tax: number;
  /** Price less discount, with tax. */
  paid: number;
  discounts: DiscountShare[];
};

/** Of so many units of one line. */
export function shareOf(ledger: readonly LedgerEntry[], { line, firstUnit, units }: UnitRange): PaidShare {
  const end = firstUnit + units;
  const amounts = { price: 0, discount: 0, tax: 0 };
  const parts = new Map<string, { amount: number; ranges: [number, number][] }>();
  for (const entry of ledger) {
    if (entry.part !== "line" || entry.line !== line) continue;
    const from = Math.max(entry.firstUnit, firstUnit);
    const to = Math.min(entry.firstUnit + entry.units, end);
    if (from >= to) continue;
    const amount = entry.amountEach * (to - from);
    if (entry.kind === "price") amounts.price += amount;
    if (entry.kind === "tax") amounts.tax += amount;
    if (entry.kind !== "discount") continue;
    // The ledger has it as whoever pays sees it.
    amounts.discount -= amount;
    const part = parts.get(entry.promotion!) ?? { amount: 0, ranges: [] };
    part.amount -= amount;
    if (amount !== 0) part.ranges.push([from, to]);
    parts.set(entry.promotion!, part);
  }
  const discounts = [...parts].flatMap(([promotion, { amount, ranges }]) =>
    amount === 0 ? [] : [{ promotion, amount, units: countUnits(ranges) }],
  );
  const { price, discount, tax } = amounts;
  return { price, discount, tax, paid: price - discount + tax, discounts };
}

/** By promotion, of all of them together. */
export function addDiscounts(lists: readonly (readonly DiscountShare[])[]): DiscountShare[] {
  const sums = new Map<string, DiscountShare>();
  for (const { promotion, amount, units } of lists.flat()) {
    const sum = sums.get(promotion) ?? { promotion, amount: 0, units: 0 };
    sum.amount += amount;
    sum.units += units;
    sums.set(promotion, sum);
  }
  return [...sums.values()];
}

/** Each unit once, also where a promotion has two effects on it. */
function countUnits(ranges: [number, number][]): number {
  let units = 0;
  let counted = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    units += Math.max(0, to - Math.max(from, counted));
    counted = Math.max(counted, to);
  }
  return units;
}

/** What shipping was paid with. */
export function shippingPaid(ledger: readonly LedgerEntry[]): number {
  return ledger.reduce(
    (paid, { part, kind, amountEach, units }) =>
      part === "shipping" && kind !== "taxIncluded" ? paid + amountEach * units : paid,
    0,
  );
}

/** By promotion, off shipping. */
export function shippingDiscounts(ledger: readonly LedgerEntry[]): DiscountShare[] {
  return ledger.flatMap(({ part, kind, promotion, amountEach, units }) =>
    part === "shipping" && kind === "discount"
      ? [{ promotion: promotion!, amount: -amountEach * units, units }]
      : [],
  );
}
