// Lines that were priced as one are told apart again: each gets its part of every share in proportion to what is left
// of it, so that none falls below zero; whole minor units, the remainder to the largest fractions, ties by id, so the
// order of the cart does not matter.

import type { EncodedCart, Share } from "@haggle/abi";

/** One line of the cart within its record. `gross` is unit price x quantity. */
export type Member = { position: number; gross: number; discount: number; shares: Share[] };

/** The lines of a record with their parts of its shares. `gross` is the record's total before discounts. */
export function sharesByMember(
  encoded: EncodedCart,
  record: number,
  gross: number,
  shares: readonly Share[],
): Member[] {
  const { order, ends, quantities, ids } = encoded;
  if (ends === undefined || quantities === undefined) {
    const discount = shares.reduce((sum, share) => sum + share.amount, 0);
    return [{ position: order[record]!, gross, discount, shares: [...shares] }];
  }
  const positions = order
    .slice(record === 0 ? 0 : ends[record - 1], ends[record])
    .sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
  const units = positions.reduce((sum, position) => sum + quantities[position]!, 0);
  const members = positions.map((position): Member => {
    return { position, gross: (gross / units) * quantities[position]!, discount: 0, shares: [] };
  });
  for (const { offer, amount } of shares) {
    const parts = splitByWeight(
      amount,
      members.map((member) => member.gross - member.discount),
    );
    for (const [m, member] of members.entries()) {
      if (parts[m] === 0) continue;
      member.shares.push({ offer, amount: parts[m]! });
      member.discount += parts[m]!;
    }
  }
  return members;
}

/** Whole parts of an amount in proportion to weights, adding up to it exactly. BigInt: the products pass 2^53. */
function splitByWeight(amount: number, weights: readonly number[]): number[] {
  const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
  const products = weights.map((weight) => BigInt(amount) * BigInt(weight));
  const parts = products.map((product) => Number(product / total));
  let missing = amount - parts.reduce((sum, part) => sum + part, 0);
  const byFraction = products
    .map((product, i) => ({ i, rest: product % total }))
    .sort((a, b) => (a.rest === b.rest ? a.i - b.i : a.rest > b.rest ? -1 : 1));
  for (const { i } of byFraction) {
    if (missing-- <= 0) break;
    parts[i]! += 1;
  }
  return parts;
}
