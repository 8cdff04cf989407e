// Amounts told apart again: equal lines that were priced as one, and the units of a line.

import {
  type Decided,
  type EncodedCart,
  readOffers,
  readShares,
  type Share,
  TARGET_SHIPPING,
} from "@haggle/abi";
import { DecidedLine, type Listed } from "./decided-line.ts";
import type { Discount } from "./decision-json.ts";

/**
 * The lines of the cart, from what was decided for each record of lines that are equal but for id and quantity: the
 * discount by quantity, in whole minor units, the remainder to the largest fractions, ties by id, so that the order of
 * the cart does not matter. Then each share in proportion to what its lines are still to get, so that both add up.
 */
export function tellApart(
  encoded: EncodedCart,
  records: readonly Decided[],
  discounts: readonly (Discount[] | undefined)[],
  isTaxed: boolean,
  listed: readonly Listed[] | undefined,
): DecidedLine[] {
  const { order, ends = [], quantities = [], ids } = encoded;
  const lines = new Array<DecidedLine>(ids.length);
  const lists = ids.map((): Discount[] => []);
  records.forEach(({ discount, total, tax }, record) => {
    const positions = order
      .slice(ends[record - 1] ?? 0, ends[record])
      .sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
    const counts = positions.map((position) => quantities[position]!);
    const unitPrice = (discount + total) / sum(counts);
    const taken = splitByWeight(discount, counts);
    const totals = counts.map((count, i) => unitPrice * count - taken[i]!);
    const taxes = splitByWeight(tax, totals);
    const given = discounts[record] ?? [];
    if (positions.length === 1) lists[positions[0]!] = given;
    else {
      const open = taken.slice();
      for (const { promotion, amount, reason } of given) {
        splitByWeight(amount, open).forEach((part, i) => {
          if (part !== 0) lists[positions[i]!]!.push({ promotion, amount: part, reason });
          open[i]! -= part;
        });
      }
    }
    positions.forEach((position, i) => {
      const decided = { discount: taken[i]!, total: totals[i]!, tax: taxes[i]! };
      lines[position] = new DecidedLine(
        ids[position]!,
        decided,
        isTaxed,
        (at) => lists[at],
        position,
        listed?.[position],
      );
    });
  });
  return lines;
}

/** The record of a line of the cart, undefined when it was priced as one with others. */
export function findSingleRecord({ order, ends }: EncodedCart, position: number): number | undefined {
  const place = order.indexOf(position);
  if (ends === undefined) return place;
  const record = ends.findIndex((end) => end > place);
  return ends[record]! - (ends[record - 1] ?? 0) === 1 ? record : undefined;
}

/** Off so many units of a line, from unit `first` on. */
export type UnitShare = Pick<Share, "amount" | "units" | "first">;

/** The shares of a line record as the engine placed them on its units. */
export function readUnitShares(words: Int32Array, record: number): UnitShare[] {
  const offers = readOffers(words);
  return readShares(words).filter(
    (share) => share.record === record && offers[share.offer]!.target !== TARGET_SHIPPING,
  );
}

/**
 * What is off each of `quantity` units of this price: each share evenly over its units, the odd minor units to the first
 * of them. What does not fit because another share made a unit free goes to the share's other units, then to the rest
 * of the line, so that the units add up to the line and none costs less than nothing.
 */
export function spreadOverUnits(shares: readonly UnitShare[], quantity: number, unitPrice: number): number[] {
  const taken = new Array<number>(quantity).fill(0);
  const spread = (amount: number, from: number, to: number): number => {
    let left = amount;
    while (left > 0) {
      const open = [];
      for (let unit = from; unit < to; unit++) if (taken[unit]! < unitPrice) open.push(unit);
      if (open.length === 0) return left;
      const each = Math.max(1, Math.floor(left / open.length));
      for (const unit of open.slice(0, left)) {
        const part = Math.min(each, unitPrice - taken[unit]!);
        taken[unit]! += part;
        left -= part;
      }
    }
    return 0;
  };
  for (const { amount, units, first } of shares) {
    const rest = units === 0 ? amount : spread(amount, first, first + units);
    spread(rest, 0, quantity);
  }
  return taken;
}

/**
 * Whole parts of an amount in proportion to weights, adding up to it exactly; nothing where all weigh nothing.
 * BigInt: the products pass 2^53.
 */
function splitByWeight(amount: number, weights: readonly number[]): number[] {
  const total = BigInt(sum(weights));
  if (total === 0n) return weights.map(() => 0);
  const products = weights.map((weight) => BigInt(amount) * BigInt(weight));
  const parts = products.map((product) => Number(product / total));
  const missing = amount - sum(parts);
  // Sorting is stable, so that of equal fractions the first stays first.
  const byFraction = products.map((product, i) => ({ i, rest: product % total }));
  byFraction.sort((a, b) => Number(b.rest - a.rest));
  for (const { i } of byFraction.slice(0, missing)) parts[i]! += 1;
  return parts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
