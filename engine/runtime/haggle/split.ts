// Splits an amount over the lines of the cart: in proportion to what is left of each, whole minor units, the
// remainder to the largest fractions, ties in canonical order. The shares add up to the amount exactly, and no
// share is more than what is left of its line. (Largest remainder, or Hamilton's, method.)

import { lineAddress } from "./cart";
import * as L from "./layout";
import { LINES_END } from "./lines";
import { mulDiv, Rounding } from "./money";

const SHARES: usize = LINES_END; // i64 share by line
const RESTS: usize = SHARES + L.MAX_LINES * 8; // u64 remainder by line
export const SPLIT_END: usize = RESTS + L.MAX_LINES * 8;

@inline
export function shareOf(line: i32): i64 {
  return load<i64>(SHARES + ((line as usize) << 3));
}

/** Computes the share of every line. `amount` is at most `left`, the sum of what is left of the lines. */
export function splitOverLines(amount: i64, left: i64, count: i32): void {
  const narrow = ((amount | left) as u64) >> 31 == 0;
  // One division for all lines: the ratio is too small by less than 2^-31, so a share by it by less than one.
  const ratio: i64 = narrow ? (((amount << 31) as u64) / (left as u64)) as i64 : 0;
  let given: i64 = 0;
  let line = lineAddress(0);
  for (let at = SHARES, end = SHARES + ((count as usize) << 3); at < end; at += 8, line += L.LINE_STRIDE) {
    const weight = load<i64>(line, L.LINE_TOTAL) - load<i64>(line, L.LINE_DISCOUNT);
    let share: i64 = narrow ? (weight * ratio) >> 31 : mulDiv(amount, weight, left, Rounding.Down);
    // Modulo 2^64 this is exact, because the remainder is below 2^54.
    let rest: i64 = amount * weight - share * left;
    if (rest >= left) {
      share++;
      rest -= left;
    }
    store<i64>(at, rest, RESTS - SHARES);
    store<i64>(at, share);
    given += share;
  }
  const missing = (amount - given) as i32;
  if (missing > FEW) giveByThreshold(missing, count, left);
  else if (missing > 0) giveOneByOne(missing, count);
}

/** Up to here, looking for the largest remainder again and again is faster than bisection. */
const FEW: i32 = 16;

/** One more unit to each of the `missing` largest remainders, the first of equal ones. */
function giveOneByOne(missing: i32, count: i32): void {
  const end = RESTS + ((count as usize) << 3);
  for (; missing > 0; missing--) {
    let largest: i64 = -1;
    let found: usize = 0;
    for (let at = RESTS; at < end; at += 8) {
      const rest = load<i64>(at);
      if (rest <= largest) continue;
      largest = rest;
      found = at;
    }
    store<i64>(found, -1);
    const share = found - (RESTS - SHARES);
    store<i64>(share, load<i64>(share) + 1);
  }
}

/** The same for many: all above a threshold, then ties in order. */
function giveByThreshold(missing: i32, count: i32, left: i64): void {
  // The least threshold with at most `missing` remainders above it: bisection, at most 53 passes, fewer with few lines.
  let low: i64 = 0;
  let high: i64 = left;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countAbove(middle, count) <= missing) high = middle;
    else low = middle + 1;
  }
  let ties = missing - countAbove(low, count);
  for (let i = 0; i < count; i++) {
    const at = SHARES + ((i as usize) << 3);
    const rest = load<i64>(at, RESTS - SHARES);
    const tie = rest == low && ties > 0;
    if (tie) ties--;
    if (rest > low || tie) store<i64>(at, load<i64>(at) + 1);
  }
}

function countAbove(threshold: i64, count: i32): i32 {
  let above = 0;
  for (let at = RESTS, end = RESTS + ((count as usize) << 3); at < end; at += 8) {
    above += i32(load<i64>(at) > threshold);
  }
  return above;
}
