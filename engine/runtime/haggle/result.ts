// What a rule returns: a chain of effects in its arena. Only the returned chain counts; effects that a rule made
// and dropped leave no trace, since nothing is written into the decision before the rule has returned.

import { Line, Lines } from "./cart";
import {
  KIND_LINE_AMOUNT,
  KIND_LINE_PERCENT,
  KIND_LINES_PERCENT,
  KIND_MESSAGE,
  KIND_ORDER_AMOUNT,
  KIND_ORDER_PERCENT,
  KIND_SHIPPING_AMOUNT,
  KIND_SHIPPING_PERCENT,
  PPM,
} from "./layout";
import { checkMoney, Money, Percent } from "./money";
import { Sym } from "./symbol";

@unmanaged
export class Result {
  /** An amount in minor units, or parts per million. */
  value: i64;
  kind: i32;
  /** Address of a line or of a selection; 0 for order and shipping. */
  target: u32;
  reason: u32;
  next: u32;
  private last: u32;

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

  /** Both effects; none and x is x. */
  and(other: Result): Result {
    if (changetype<usize>(this) == 0) return other;
    if (changetype<usize>(other) == 0) return this;
    changetype<Result>(this.last as usize).next = changetype<usize>(other) as u32;
    this.last = other.last;
    return this;
  }

  /** Only `makeResult` and `and` touch the chain's end. */
  @inline
  setLast(last: Result): void {
    this.last = changetype<usize>(last) as u32;
  }
}

/** More than all of it cannot be taken off, so more is not wanted either; less than nothing is nothing. */
function partsOf(percent: Percent): i64 {
  const parts = percent.partsPerMillion;
  return (parts < PPM ? parts : PPM) as i64;
}

function makeResult(kind: i32, value: i64, target: usize, reason: Sym): Result {
  checkMoney(value);
  if (value <= 0) return Result.none();
  const result = changetype<Result>(__arena(offsetof<Result>()));
  result.kind = kind;
  result.value = value;
  result.target = target as u32;
  result.reason = changetype<usize>(reason) as u32;
  result.next = 0;
  result.setLast(result);
  return result;
}
