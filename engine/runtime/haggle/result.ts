// What a rule returns: an effect, or a tree of them, in its arena. Only what is returned counts; effects that a rule
// made and dropped leave no trace, since nothing is written into the decision before the rule has returned.

import { Line, Lines } from "./cart";
import {
  FAULT_CAPACITY,
  KIND_LINE_AMOUNT,
  KIND_LINE_PERCENT,
  KIND_LINES_PERCENT,
  KIND_MESSAGE,
  KIND_ORDER_AMOUNT,
  KIND_ORDER_PERCENT,
  KIND_SHIPPING_AMOUNT,
  KIND_SHIPPING_PERCENT,
  MAX_EFFECTS,
  PPM,
} from "./layout";
import { checkMoney, fault, Money, Percent } from "./money";
import { Sym } from "./symbol";

@unmanaged
export class Result {
  /** An amount in minor units, or parts per million. */
  value: i64;
  kind: i32;
  /** Address of a line or of a selection; 0 for order and shipping. */
  target: u32;
  reason: u32;

  /** The promotion does not apply. */
  @inline
  static none(): Result {
    return changetype<Result>(0);
  }

  /** An amount off the goods, split over the lines. */
  static order(amount: Money, reason: Sym): Result {
    return makeResult(KIND_ORDER_AMOUNT, amount, 0, reason);
  }

  /** A percentage off the goods, split over the lines. */
  static orderPercent(percent: Percent, reason: Sym): Result {
    return makeResult(KIND_ORDER_PERCENT, partsOf(percent), 0, reason);
  }

  /** An amount off one line, once. */
  static line(line: Line, amount: Money, reason: Sym): Result {
    if (changetype<usize>(line) == 0) return Result.none();
    return makeResult(KIND_LINE_AMOUNT, amount, changetype<usize>(line), reason);
  }

  static linePercent(line: Line, percent: Percent, reason: Sym): Result {
    if (changetype<usize>(line) == 0) return Result.none();
    return makeResult(KIND_LINE_PERCENT, partsOf(percent), changetype<usize>(line), reason);
  }

  /** A percentage off each of the lines, rounded line by line. */
  static linesPercent(lines: Lines, percent: Percent, reason: Sym): Result {
    if (lines.count == 0) return Result.none();
    return makeResult(KIND_LINES_PERCENT, partsOf(percent), changetype<usize>(lines), reason);
  }

  /** An amount off shipping. */
  static shipping(amount: Money, reason: Sym): Result {
    return makeResult(KIND_SHIPPING_AMOUNT, amount, 0, reason);
  }

  static shippingPercent(percent: Percent, reason: Sym): Result {
    return makeResult(KIND_SHIPPING_PERCENT, partsOf(percent), 0, reason);
  }

  /** Tells the shopper how much is missing to the next step; takes nothing off. */
  static message(missing: Money, reason: Sym): Result {
    return makeResult(KIND_MESSAGE, missing, 0, reason);
  }

  /** Both effects, in this order; none and x is x. Neither operand is changed, so each may be used again. */
  and(other: Result): Result {
    if (changetype<usize>(this) == 0) return other;
    if (changetype<usize>(other) == 0) return this;
    return newResult(BOTH, 0, changetype<usize>(this), changetype<usize>(other) as u32);
  }
}

// The kind of a node that joins two results, which stand in the places of target and reason. Never leaves the arena.
const BOTH: i32 = 0;

/** More than all of it cannot be taken off, so more is not wanted either; less than nothing is nothing. */
function partsOf(percent: Percent): i64 {
  const parts = percent.partsPerMillion;
  return (parts < PPM ? parts : PPM) as i64;
}

function makeResult(kind: i32, value: i64, target: usize, reason: Sym): Result {
  checkMoney(value);
  if (value <= 0) return Result.none();
  return newResult(kind, value, target, changetype<usize>(reason) as u32);
}

function newResult(kind: i32, value: i64, target: usize, reason: u32): Result {
  const result = changetype<Result>(__arena(offsetof<Result>()));
  result.kind = kind;
  result.value = value;
  result.target = target as u32;
  result.reason = reason;
  return result;
}

/** The effects of a result, one after another: a list of cells in the arena. */
@unmanaged
export class Effects {
  effect: u32;
  next: u32;
}

/**
 * Lists the effects of what a rule returned. Runs on the rule's fuel, and faults when there are more than
 * MAX_EFFECTS: what the resolver does for one promotion must stay in proportion to the cart.
 */
@inline
export function listEffects(result: Result): Effects {
  if (changetype<usize>(result) == 0) return changetype<Effects>(0);
  if (result.kind != BOTH) return newCell(changetype<usize>(result) as u32, changetype<Effects>(0));
  return flatten(result);
}

function flatten(result: Result): Effects {
  let list = changetype<Effects>(0);
  let count = 0;
  let open = newCell(changetype<usize>(result) as u32, changetype<Effects>(0));
  while (changetype<usize>(open) != 0) {
    const node = changetype<Result>(open.effect as usize);
    open = changetype<Effects>(open.next as usize);
    if (node.kind == BOTH) {
      // The right one is listed first, since the list grows at its front.
      open = newCell(node.reason, newCell(node.target, open));
    } else {
      if (++count > MAX_EFFECTS) fault(FAULT_CAPACITY);
      list = newCell(changetype<usize>(node) as u32, list);
    }
  }
  return list;
}

function newCell(effect: u32, next: Effects): Effects {
  const cell = changetype<Effects>(__arena(offsetof<Effects>()));
  cell.effect = effect;
  cell.next = changetype<usize>(next) as u32;
  return cell;
}
