import type { Policy, Rounding } from "@haggle/abi";
import { divide, least, most, sum } from "./exact.ts";

// Section 6: one amount split over several lines. Lists run in parallel: the place in the list is the line.

export type Splitting = { rounding: Rounding; remainder: Policy["remainder"]; respread: boolean };

export function splittingOf({ rounding, remainder, respread }: Policy): Splitting {
  return { rounding: rounding.share, remainder, respread };
}

/** Shares of an amount by weight, none above its room. What a room cuts off is split again, or lost. */
export function split(
  amount: bigint,
  weights: readonly bigint[],
  rooms: readonly bigint[],
  splitting: Splitting,
): bigint[] {
  const shares = weights.map(() => 0n);
  let rest = amount;
  do {
    const open = weights.map((weight, i) => (rooms[i]! > shares[i]! ? weight : 0n));
    const pieces = share(rest, open, splitting);
    rest = 0n;
    for (const [i, piece] of pieces.entries()) {
      const fits = least(piece, most(rooms[i]! - shares[i]!, 0n));
      shares[i]! += fits;
      rest += piece - fits;
    }
  } while (splitting.respread && rest > 0n);
  return shares;
}

/** Floors, and a minor unit more for each of the largest fractions, the first of equal ones. */
export function shareLargest(amount: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights);
  if (whole === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight) => (amount * weight) / whole);
  const fractions = weights.map((weight, i) => ({ i, fraction: (amount * weight) % whole }));
  fractions.sort((a, b) => Number(b.fraction > a.fraction) - Number(b.fraction < a.fraction));
  for (const { i } of fractions.slice(0, Number(amount - sum(shares)))) shares[i]! += 1n;
  return shares;
}

/** Shares of an amount by weight, without regard to rooms. A weight of 0 is no part of the split. */
function share(amount: bigint, weights: readonly bigint[], { rounding, remainder }: Splitting): bigint[] {
  const whole = sum(weights);
  if (whole === 0n) return weights.map(() => 0n);
  if (remainder === "largestFraction") return shareLargest(amount, weights);
  const shares = weights.map((weight) => divide(amount * weight, whole, rounding));
  const parts = [...weights.keys()].filter((i) => weights[i]! > 0n);
  let missing = amount - sum(shares);
  if (remainder === "first") {
    for (let k = 0; missing !== 0n; k++) {
      const i = parts[k % parts.length]!;
      if (missing > 0n) shares[i]! += 1n;
      else if (shares[i]! > 0n) shares[i]! -= 1n;
      else continue;
      missing += missing > 0n ? -1n : 1n;
    }
  }
  if (remainder === "last") {
    if (missing > 0n) shares[parts.at(-1)!]! += missing;
    for (const i of missing < 0n ? parts.toReversed() : []) {
      const back = least(shares[i]!, -missing);
      shares[i]! -= back;
      missing += back;
    }
  }
  return shares;
}
