// The records behind `Result`: an effect (EFFECT_*), and what it says beyond value and selection (MORE_*), which is
// made on the first such word.

import { Line, Lines } from "./cart";
import * as L from "./layout";
import { checkMoney, fault, Money, Percent } from "./money";
import { Result } from "./result";
import { Sym } from "./symbol";

/** The target of a node that joins two results, which stand in `selection` and `more`. Never leaves the arena. */
export const BOTH: i32 = 0;

/** More than all of it cannot be taken off, so more is not wanted either. */
export function partsOf(percent: Percent): i64 {
  const parts = percent.partsPerMillion;
  return (parts < L.PPM ? parts : L.PPM) as i64;
}

/** An author who takes less than nothing off has made a mistake, and the shop is told. */
export function checkAmount(amount: i64): void {
  if (checkMoney(amount) < 0) fault(L.FAULT_MONEY);
}

export function ofAll(target: i32, type: i32, value: i64, reason: Sym): Result {
  checkAmount(value);
  // Nothing off is no effect; a price of nothing is one.
  if (value == 0 && type != L.TYPE_PRICE) return Result.none();
  return newEffect(target, type, value, changetype<usize>(reason) as u32);
}

export function ofLine(line: Line, type: i32, value: i64, reason: Sym): Result {
  if (changetype<usize>(line) == 0) return Result.none();
  return select(ofAll(L.TARGET_LINE, type, value, reason), L.SELECTS_LINE, changetype<usize>(line));
}

export function ofLines(target: i32, lines: Lines, type: i32, value: i64, reason: Sym): Result {
  if (lines.count == 0) return Result.none();
  return select(ofAll(target, type, value, reason), L.SELECTS_LINES, changetype<usize>(lines));
}

@inline
export function select(result: Result, selects: i32, selection: usize): Result {
  if (changetype<usize>(result) == 0) return result;
  result.selects = selects;
  result.selection = selection as u32;
  return result;
}

export function newEffect(target: i32, type: i32, value: i64, reason: u32): Result {
  const result = changetype<Result>(__arena(offsetof<Result>()));
  result.value = value;
  result.target = target;
  result.type = type;
  result.reason = reason;
  result.selects = L.SELECTS_ALL;
  result.selection = 0;
  result.more = 0;
  return result;
}

/** What joined effects mean by one word cannot be told, so it belongs to each of them, before `and`. */
export function moreOf(result: Result): usize {
  if (result.target == BOTH) unreachable();
  if (result.more == 0) result.more = newMore() as u32;
  return result.more;
}

export function setAmount(result: Result, field: usize, amount: Money): Result {
  checkAmount(amount);
  if (changetype<usize>(result) != 0) store<i64>(moreOf(result) + field, amount);
  return result;
}

export function setWord(result: Result, field: usize, value: i32, least: i32): Result {
  if (value < least) unreachable();
  if (changetype<usize>(result) != 0) store<i32>(moreOf(result) + field, value);
  return result;
}

export function setFlag(result: Result, flag: i32): Result {
  if (changetype<usize>(result) == 0) return result;
  const more = moreOf(result);
  store<i32>(more, load<i32>(more, L.MORE_FLAGS) | flag, L.MORE_FLAGS);
  return result;
}

/** Adds a tier, which must begin above the one before it. */
export function addTier(result: Result, type: i32, from: i64, value: i64): Result {
  checkAmount(from);
  checkAmount(value);
  if (changetype<usize>(result) == 0) return result;
  const more = moreOf(result);
  const count = load<i32>(more, L.MORE_TIER_COUNT);
  const goods = result.target <= L.TARGET_ORDER;
  if (!goods || (result.type == L.TYPE_PERCENT) != (type == L.TYPE_PERCENT)) unreachable();
  if (count == L.MAX_TIERS) fault(L.FAULT_CAPACITY);
  if (count == 0) store<u32>(more, __arena(L.MAX_TIERS * L.TIER_STRIDE) as u32, L.MORE_TIERS);
  const tier = (load<u32>(more, L.MORE_TIERS) as usize) + (count as usize) * L.TIER_STRIDE;
  if (count > 0 && from <= load<i64>(tier - L.TIER_STRIDE, L.TIER_FROM)) unreachable();
  store<i64>(tier, from, L.TIER_FROM);
  store<i64>(tier, value, L.TIER_VALUE);
  store<i32>(more, count + 1, L.MORE_TIER_COUNT);
  return result;
}

/** Each tier's percentage of the part of the goods that lies in it; what is compared is what the effect rounds. */
export function setMarginal(result: Result): Result {
  if (changetype<usize>(result) == 0) return result;
  if (result.type != L.TYPE_PERCENT) unreachable();
  const together = result.target >= L.TARGET_LINES;
  setWord(result, L.MORE_TIER_BY, together ? L.TIER_BY_TOTAL : L.TIER_BY_LINE_TOTAL, 0);
  return setWord(result, L.MORE_TIER_MODE, L.TIER_MARGINAL, 0);
}

/** Adds goods to the bundle that an effect is about. */
export function addSlot(result: Result, lines: Lines, quantity: i32): Result {
  if (quantity < 1) unreachable();
  if (changetype<usize>(result) == 0 || lines.count == 0) return Result.none();
  const more = moreOf(result);
  const count = load<i32>(more, L.MORE_SLOT_COUNT);
  if (count == L.MAX_SLOTS) fault(L.FAULT_CAPACITY);
  if (count == 0) store<u32>(more, __arena(L.MAX_SLOTS * L.SLOT_STRIDE) as u32, L.MORE_SLOTS);
  const slot = (load<u32>(more, L.MORE_SLOTS) as usize) + (count as usize) * L.SLOT_STRIDE;
  store<u32>(slot, changetype<usize>(lines) as u32, L.SLOT_FILTER);
  store<i32>(slot, quantity, L.SLOT_QUANTITY);
  store<i32>(more, count + 1, L.MORE_SLOT_COUNT);
  return setFlag(result, L.MORE_SLOT_SELECTIONS);
}

/** A record that limits and changes nothing. */
function newMore(): usize {
  const more = __arena(L.MORE_STRIDE);
  for (let at = more, end = more + L.MORE_STRIDE; at < end; at += 8) store<i64>(at, 0);
  store<i64>(more, L.NONE, L.MORE_MAX_AMOUNT);
  store<i64>(more, L.NONE, L.MORE_MAX_PER_LINE);
  store<i64>(more, L.NONE, L.MORE_MAX_PER_UNIT);
  store<i32>(more, L.NONE, L.MORE_MAX_UNITS);
  store<i32>(more, L.NONE, L.MORE_MAX_UNITS_PER_LINE);
  store<i32>(more, L.NONE, L.MORE_MAX_TIMES);
  store<i32>(more, 1, L.MORE_GROUPS_OF);
  store<i32>(more, 1, L.MORE_EVERY);
  store<i32>(more, L.PICK_DEAREST, L.MORE_BUY_PICK);
  return more;
}
