// Splits an amount over lines: whole minor units in proportion to weights, each share at most its room, and the
// difference to the amount by the policy's remainder. By default floors, then one minor unit to each of the largest
// fractions (largest remainder, or Hamilton's, method), ties in the order of the lines.

import * as L from "./layout";
import { mulDiv, Rounding } from "./money";
import { lineAddress } from "./records";
import { leftOf, NEW_SHARES, policy, RESTS, ROOMS, SHARES, WEIGHTS } from "./state";

const CLOSED: i64 = -1; // in RESTS: a position that takes no part

@inline
export function shareAt(position: i32): i64 {
  return load<i64>(SHARES + ((position as usize) << 3));
}

@inline
export function setWeight(position: i32, weight: i64, room: i64): void {
  const at = (position as usize) << 3;
  store<i64>(WEIGHTS + at, weight);
  store<i64>(ROOMS + at, room);
}

/**
 * Shares of `count` positions, whose weights and rooms are set. What is cut at a room is split again over the others
 * when `respread` says so. `remainder` is a REMAINDER_*; with the largest fractions, shares start as floors.
 */
export function split(amount: i64, count: i32, rounding: Rounding, remainder: i32, respread: bool): void {
  const end = (count as usize) << 3;
  for (let at: usize = 0; at < end; at += 8) store<i64>(SHARES + at, 0);
  if (remainder == L.REMAINDER_LARGEST) rounding = Rounding.Down;
  while (amount > 0) {
    let sum: i64 = 0;
    for (let at: usize = 0; at < end; at += 8) {
      if (load<i64>(ROOMS + at) > load<i64>(SHARES + at)) sum += load<i64>(WEIGHTS + at);
    }
    if (sum == 0) return;
    amount = pass(amount, sum, count, rounding, remainder);
    if (!respread) return;
  }
}

/**
 * The split of most order amounts, with fewer passes: over all lines in proportion to what is left of them, `sum` in
 * all, the largest fractions first, and no floor in the way. The amount is at most the sum.
 */
export function splitFreely(amount: i64, sum: i64, count: i32): void {
  const narrow = ((amount | sum) as u64) >> 31 == 0;
  const ratio: i64 = narrow ? (((amount << 31) as u64) / (sum as u64)) as i64 : 0;
  let missing = amount;
  let line = lineAddress(0);
  for (let at: usize = 0, end = (count as usize) << 3; at < end; at += 8, line += L.LINE_STRIDE) {
    const weight = leftOf(line);
    let share: i64 = narrow ? (weight * ratio) >> 31 : mulDiv(amount, weight, sum, Rounding.Down);
    let rest: i64 = amount * weight - share * sum;
    if (rest >= sum) {
      share++;
      rest -= sum;
    }
    store<i64>(RESTS + at, rest);
    store<i64>(SHARES + at, share);
    missing -= share;
  }
  // More remainders than are missing are above 0, so that nothing goes to a line of which nothing is left.
  if (missing > 0) giveToLargest(missing as i32, count, sum, SHARES);
}

/** One round over the positions that have room. Returns what was cut at rooms; 0 when no share came of the amount. */
function pass(amount: i64, sum: i64, count: i32, rounding: Rounding, remainder: i32): i64 {
  let missing = amount;
  const narrow = ((amount | sum) as u64) >> 31 == 0;
  // One division for all positions: the ratio is too small by less than 2^-31, so a share by it by less than one.
  const ratio: i64 = narrow ? (((amount << 31) as u64) / (sum as u64)) as i64 : 0;
  const end = (count as usize) << 3;
  // New shares stand apart until the remainder is given, since only then rooms are looked at.
  for (let at: usize = 0; at < end; at += 8) {
    const weight = load<i64>(WEIGHTS + at);
    if (weight == 0 || load<i64>(ROOMS + at) <= load<i64>(SHARES + at)) {
      store<i64>(RESTS + at, CLOSED);
      store<i64>(NEW_SHARES + at, 0);
      continue;
    }
    let share: i64 = narrow ? (weight * ratio) >> 31 : mulDiv(amount, weight, sum, Rounding.Down);
    // Modulo 2^64 this is exact, because the remainder is below 2^54.
    let rest: i64 = amount * weight - share * sum;
    if (rest >= sum) {
      share++;
      rest -= sum;
    }
    if (rounding != Rounding.Down && rest != 0 && goesUp(share, rest, sum, rounding)) share++;
    store<i64>(RESTS + at, rest);
    store<i64>(NEW_SHARES + at, share);
    missing -= share;
  }
  if (missing != 0) {
    if (remainder == L.REMAINDER_LARGEST) giveToLargest(missing as i32, count, sum, NEW_SHARES);
    else if (remainder == L.REMAINDER_FIRST) giveToFirst(missing, count);
    else if (remainder == L.REMAINDER_LAST) giveToLast(missing, count);
  }
  let given: i64 = 0;
  let cut: i64 = 0;
  for (let at: usize = 0; at < end; at += 8) {
    const before = load<i64>(SHARES + at);
    const stated = load<i64>(NEW_SHARES + at);
    const share = min(stated, load<i64>(ROOMS + at) - before);
    store<i64>(SHARES + at, before + share);
    given += share;
    cut += stated - share;
  }
  return given == 0 ? 0 : cut;
}

function goesUp(share: i64, rest: i64, sum: i64, rounding: Rounding): bool {
  if (rounding == Rounding.Up) return true;
  const other = sum - rest;
  if (rest != other) return rest > other;
  return rounding == Rounding.HalfUp || (rounding == Rounding.HalfEven && (share & 1) == 1);
}

/** Up to here, looking for the largest remainder again and again is faster than bisection. */
const FEW: i32 = 16;

function giveToLargest(missing: i32, count: i32, sum: i64, shares: usize): void {
  if (missing > FEW) giveByThreshold(missing, count, sum, shares - RESTS);
  else giveOneByOne(missing, count, shares - RESTS);
}

/** One more unit to each of the `missing` largest remainders, the first of equal ones. */
function giveOneByOne(missing: i32, count: i32, shares: isize): void {
  const end = RESTS + ((count as usize) << 3);
  for (; missing > 0; missing--) {
    let largest: i64 = CLOSED;
    let found: usize = 0;
    // Without a branch that nobody can foresee.
    for (let at = RESTS; at < end; at += 8) {
      const rest = load<i64>(at);
      found = select(at, found, rest > largest);
      largest = select(rest, largest, rest > largest);
    }
    store<i64>(found, CLOSED);
    const share = found + shares;
    store<i64>(share, load<i64>(share) + 1);
  }
}

/** The same for many: all above a threshold, then ties in order. */
function giveByThreshold(missing: i32, count: i32, sum: i64, shares: isize): void {
  // The least threshold with at most `missing` remainders above it: bisection, at most 53 passes, fewer with few lines.
  let low: i64 = 0;
  let high: i64 = sum;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countAbove(middle, count) <= missing) high = middle;
    else low = middle + 1;
  }
  let ties = missing - countAbove(low, count);
  for (let at = RESTS, end = RESTS + ((count as usize) << 3); at < end; at += 8) {
    const rest = load<i64>(at);
    const tie = rest == low && ties > 0;
    if (tie) ties--;
    if (rest > low || tie) store<i64>(at + shares, load<i64>(at + shares) + 1);
  }
}

function countAbove(threshold: i64, count: i32): i32 {
  let above = 0;
  for (let at = RESTS, end = RESTS + ((count as usize) << 3); at < end; at += 8) {
    above += i32(load<i64>(at) > threshold);
  }
  return above;
}

/** One minor unit to each from the first on, again and again; taken back likewise. */
function giveToFirst(missing: i64, count: i32): void {
  const step: i64 = missing > 0 ? 1 : -1;
  while (missing != 0) {
    for (let i = 0; i < count && missing != 0; i++) {
      const at = (i as usize) << 3;
      if (load<i64>(RESTS + at) == CLOSED || load<i64>(NEW_SHARES + at) + step < 0) continue;
      store<i64>(NEW_SHARES + at, load<i64>(NEW_SHARES + at) + step);
      missing -= step;
    }
  }
}

function giveToLast(missing: i64, count: i32): void {
  for (let i = count - 1; i >= 0; i--) {
    const at = (i as usize) << 3;
    if (load<i64>(RESTS + at) == CLOSED) continue;
    const share = load<i64>(NEW_SHARES + at) + missing;
    store<i64>(NEW_SHARES + at, max(share, 0));
    // What would make it negative is taken from the one before it.
    if (share >= 0) return;
    missing = share;
  }
}

/** By the policy's rounding and remainder. */
@inline
export function splitByPolicy(amount: i64, count: i32, respread: bool): void {
  split(amount, count, load<i32>(policy, L.POLICY_ROUND_SHARE) as Rounding, load<i32>(policy, L.POLICY_REMAINDER), respread);
}
