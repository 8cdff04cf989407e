// Lines that were priced as one are told apart again: each gets its part of every share in proportion to what is left
// of it, so that none falls below zero; whole minor units, the remainder to the largest fractions, ties by id, so the
// order of the cart does not matter.

import type { EncodedCart } from "@haggle/abi";
import type { DecidedLine } from "./decision.ts";

/** The lines of the cart, from what was decided for each record of lines that are equal but for id and quantity. */
export function tellApart(encoded: EncodedCart, records: readonly DecidedLine[]): DecidedLine[] {
  const { order, ends = [], quantities = [], ids } = encoded;
  const lines = new Array<DecidedLine>(ids.length);
  records.forEach(({ discount, total, discounts }, record) => {
    const positions = order
      .slice(ends[record - 1] ?? 0, ends[record])
      .sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
    const unitPrice = (discount + total) / sum(positions.map((position) => quantities[position]!));
    const members = positions.map((position): DecidedLine => {
      const gross = unitPrice * quantities[position]!;
      lines[position] = { id: ids[position]!, discount: 0, total: gross, discounts: [] };
      return lines[position];
    });
    for (const share of discounts) {
      const parts = splitByWeight(
        share.amount,
        members.map((member) => member.total),
      );
      members.forEach((member, i) => {
        const amount = parts[i]!;
        if (amount === 0) return;
        member.discounts.push({ ...share, amount });
        member.discount += amount;
        member.total -= amount;
      });
    }
  });
  return lines;
}

/** Whole parts of an amount in proportion to weights, adding up to it exactly. BigInt: the products pass 2^53. */
function splitByWeight(amount: number, weights: readonly number[]): number[] {
  const total = BigInt(sum(weights));
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
