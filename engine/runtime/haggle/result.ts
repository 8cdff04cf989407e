// What a rule returns: an effect, or a tree of them, in its arena. Only what is returned counts; effects that a rule
// made and dropped leave no trace, since nothing is written into the decision before the rule has returned.

import { Line, Lines } from "./cart";
import { addSlot, addTier, BOTH, checkAmount, moreOf, newEffect, ofAll, ofLine, ofLines, partsOf, select, setAmount, setFlag, setMarginal, setWord } from "./effect";
import * as L from "./layout";
import { Money, Percent } from "./money";
import { Sym, Tags } from "./symbol";

/**
 * An effect record (EFFECT_*). Its makers stand first; the methods behind them say more about one effect, change it
 * and return it. Nothing (`Result.none()`, an amount of 0, no lines) stays nothing whatever is said about it.
 */
@unmanaged
export class Result {
  value: i64;
  target: i32;
  type: i32;
  reason: u32;
  selects: i32;
  selection: u32;
  more: u32;

  /** The promotion does not apply. */
  @inline
  static none(): Result {
    return changetype<Result>(0);
  }

  /** An amount off the goods, split over the lines. */
  static order(amount: Money, reason: Sym): Result {
    return ofAll(L.TARGET_ORDER, L.TYPE_AMOUNT, amount, reason);
  }

  /** A percentage off the goods, rounded once and split over the lines. */
  static orderPercent(percent: Percent, reason: Sym): Result {
    return ofAll(L.TARGET_ORDER, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** What all goods together shall cost. */
  static orderPrice(price: Money, reason: Sym): Result {
    return ofAll(L.TARGET_ORDER, L.TYPE_PRICE, price, reason);
  }

  /** An amount off one line, once. */
  static line(line: Line, amount: Money, reason: Sym): Result {
    return ofLine(line, L.TYPE_AMOUNT, amount, reason);
  }

  static linePercent(line: Line, percent: Percent, reason: Sym): Result {
    return ofLine(line, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** What one line shall cost. */
  static linePrice(line: Line, price: Money, reason: Sym): Result {
    return ofLine(line, L.TYPE_PRICE, price, reason);
  }

  /** One amount off the lines together, split over them. */
  static lines(lines: Lines, amount: Money, reason: Sym): Result {
    return ofLines(L.TARGET_LINES, lines, L.TYPE_AMOUNT, amount, reason);
  }

  /** A percentage off each of the lines, rounded line by line. */
  static linesPercent(lines: Lines, percent: Percent, reason: Sym): Result {
    return ofLines(L.TARGET_LINE, lines, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** What the lines shall cost together. */
  static linesPrice(lines: Lines, price: Money, reason: Sym): Result {
    return ofLines(L.TARGET_LINES, lines, L.TYPE_PRICE, price, reason);
  }

  /** An amount off each unit. */
  static units(lines: Lines, amount: Money, reason: Sym): Result {
    return ofLines(L.TARGET_UNIT, lines, L.TYPE_AMOUNT, amount, reason);
  }

  static unitsPercent(lines: Lines, percent: Percent, reason: Sym): Result {
    return ofLines(L.TARGET_UNIT, lines, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** What each unit shall cost. */
  static unitsPrice(lines: Lines, price: Money, reason: Sym): Result {
    return ofLines(L.TARGET_UNIT, lines, L.TYPE_PRICE, price, reason);
  }

  /** An amount off shipping. */
  static shipping(amount: Money, reason: Sym): Result {
    return ofAll(L.TARGET_SHIPPING, L.TYPE_AMOUNT, amount, reason);
  }

  static shippingPercent(percent: Percent, reason: Sym): Result {
    return ofAll(L.TARGET_SHIPPING, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** What each shipping entry shall cost. */
  static shippingPrice(price: Money, reason: Sym): Result {
    return ofAll(L.TARGET_SHIPPING, L.TYPE_PRICE, price, reason);
  }

  /** Pieces that are added to the order, free of charge. */
  static gift(sku: Sym, product: Sym, quantity: i32, unitPrice: Money, reason: Sym): Result {
    return Result.giftPercent(sku, product, quantity, unitPrice, Percent.of(100), reason);
  }

  /** Pieces that are added to the order at a percentage off. */
  static giftPercent(sku: Sym, product: Sym, quantity: i32, unitPrice: Money, percent: Percent, reason: Sym): Result {
    checkAmount(unitPrice);
    if (quantity < 0) unreachable();
    if (quantity == 0) return Result.none();
    const gift = ofAll(L.TARGET_GIFT, L.TYPE_PERCENT, partsOf(percent), reason);
    if (changetype<usize>(gift) == 0) return gift;
    const more = moreOf(gift);
    store<u32>(more, changetype<usize>(sku) as u32, L.MORE_GIFT_SKU);
    store<u32>(more, changetype<usize>(product) as u32, L.MORE_GIFT_PRODUCT);
    store<i32>(more, quantity, L.MORE_GIFT_QUANTITY);
    store<i64>(more, unitPrice, L.MORE_GIFT_PRICE);
    return gift;
  }

  /** Points for the shopper; takes nothing off. */
  static points(points: i64, reason: Sym): Result {
    return ofAll(L.TARGET_POINTS, L.TYPE_AMOUNT, points, reason);
  }

  /** Points by the value of the goods, in parts of a minor unit each. */
  static pointsPercent(percent: Percent, reason: Sym): Result {
    return ofAll(L.TARGET_POINTS, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** Money that comes back later; takes nothing off this order. */
  static cashback(amount: Money, reason: Sym): Result {
    return ofAll(L.TARGET_CASHBACK, L.TYPE_AMOUNT, amount, reason);
  }

  static cashbackPercent(percent: Percent, reason: Sym): Result {
    return ofAll(L.TARGET_CASHBACK, L.TYPE_PERCENT, partsOf(percent), reason);
  }

  /** Tells the shopper how much is missing to the next step; takes nothing off. */
  static message(missing: Money, reason: Sym): Result {
    return ofAll(L.TARGET_MESSAGE, L.TYPE_AMOUNT, missing, reason);
  }

  /** Both effects, in this order; none and x is x. Neither operand is changed, so each may be used again. */
  and(other: Result): Result {
    if (changetype<usize>(this) == 0) return other;
    if (changetype<usize>(other) == 0) return this;
    const both = newEffect(BOTH, 0, 0, 0);
    both.selection = changetype<usize>(this) as u32;
    both.more = changetype<usize>(other) as u32;
    return both;
  }

  /** Only these lines, for an effect on the order, a gift, points or cashback. */
  on(lines: Lines): Result {
    if (changetype<usize>(this) == 0 || lines.count == 0) return Result.none();
    if (this.target == BOTH) unreachable();
    select(this, L.SELECTS_LINES, changetype<usize>(lines));
    return this;
  }

  /** Only shipping entries of these methods. */
  byMethods(methods: Tags): Result {
    if (changetype<usize>(this) != 0 && this.target != L.TARGET_SHIPPING) unreachable();
    return select(this, L.SELECTS_METHODS, changetype<usize>(methods));
  }

  /** The value holds from this goods total on: the first of its tiers. */
  from(figure: i64): Result {
    return changetype<usize>(this) == 0 ? this : addTier(this, this.type, figure, this.value);
  }

  /** From a higher figure on, this amount or price instead. */
  step(figure: i64, amount: Money): Result {
    return addTier(this, L.TYPE_AMOUNT, figure, amount);
  }

  /** From a higher figure on, this percentage instead. */
  stepPercent(figure: i64, percent: Percent): Result {
    return addTier(this, L.TYPE_PERCENT, figure, partsOf(percent));
  }

  /** Tiers look at the total of the effect's own goods, instead of all goods. */
  byTotal(): Result {
    return setWord(this, L.MORE_TIER_BY, L.TIER_BY_TOTAL, 0);
  }

  /** Tiers look at the units of the effect's goods. */
  byUnits(): Result {
    return setWord(this, L.MORE_TIER_BY, L.TIER_BY_QUANTITY, 0);
  }

  /** Tiers look at each line's total by itself. */
  byLineTotal(): Result {
    return setWord(this, L.MORE_TIER_BY, L.TIER_BY_LINE_TOTAL, 0);
  }

  byLineUnits(): Result {
    return setWord(this, L.MORE_TIER_BY, L.TIER_BY_LINE_QUANTITY, 0);
  }

  /** Each tier's percentage holds only for the part of the effect's goods, or of each line, that lies in it. */
  marginal(): Result {
    return setMarginal(this);
  }

  /**
   * Only complete bundles: so many units of these lines in each, with those of further calls. Amounts and prices of
   * lines and order are those of one bundle. Lines that are not in the cart make it nothing.
   */
  bundle(lines: Lines, quantity: i32 = 1): Result {
    return addSlot(this, lines, quantity);
  }

  /** No more than this amount in all. */
  upTo(amount: Money): Result {
    return setAmount(this, L.MORE_MAX_AMOUNT, amount);
  }

  upToPerLine(amount: Money): Result {
    return setAmount(this, L.MORE_MAX_PER_LINE, amount);
  }

  upToPerUnit(amount: Money): Result {
    return setAmount(this, L.MORE_MAX_PER_UNIT, amount);
  }

  /** A cap is shared out in proportion to the line totals, instead of what each line was to get. */
  cappedByTotals(): Result {
    return setWord(this, L.MORE_CAP_SPLIT, L.CAP_TOTALS, 0);
  }

  /** A cap is used up line by line. */
  cappedInOrder(): Result {
    return setWord(this, L.MORE_CAP_SPLIT, L.CAP_ORDER, 0);
  }

  /** No more units than this in all. */
  maxUnits(units: i32): Result {
    return setWord(this, L.MORE_MAX_UNITS, units, 0);
  }

  maxUnitsPerLine(units: i32): Result {
    return setWord(this, L.MORE_MAX_UNITS_PER_LINE, units, 0);
  }

  /** Takes the cheapest units first: so it is when nothing is said. */
  cheapestFirst(): Result {
    return setWord(this, L.MORE_PICK, L.PICK_CHEAPEST, 0);
  }

  dearestFirst(): Result {
    return setWord(this, L.MORE_PICK, L.PICK_DEAREST, 0);
  }

  /** Takes the units of the largest lines first. */
  largestFirst(): Result {
    return setWord(this, L.MORE_PICK, L.PICK_LARGEST, 0);
  }

  /** Takes units in the order of the lines. */
  inOrder(): Result {
    return setWord(this, L.MORE_PICK, L.PICK_GIVEN, 0);
  }

  /** Only full groups of so many units. */
  groupsOf(units: i32): Result {
    return setWord(this, L.MORE_GROUPS_OF, units, 1);
  }

  /** Leaves out the first `skip` units, then takes the first of every `n`. */
  every(n: i32, skip: i32 = 0): Result {
    setWord(this, L.MORE_SKIP, skip, 0);
    return setWord(this, L.MORE_EVERY, n, 1);
  }

  /** As `every`, counting lines instead of units. */
  everyLine(n: i32, skip: i32 = 0): Result {
    setWord(this, L.MORE_OVER, L.OVER_LINES, 0);
    return this.every(n, skip);
  }

  /** So many units have to be bought, of these lines or of the effect's own, before `get` units count. */
  buy(units: i32, lines: Lines = changetype<Lines>(0)): Result {
    setWord(this, L.MORE_BUY_QUANTITY, units, 1);
    if (changetype<usize>(lines) == 0) return this;
    setFlag(this, L.MORE_BUY_SELECTION);
    return setWord(this, L.MORE_BUY_FILTER, changetype<usize>(lines) as i32, 0);
  }

  /** Counts the cheapest units as bought, instead of the dearest. */
  buyCheapest(): Result {
    return setWord(this, L.MORE_BUY_PICK, L.PICK_CHEAPEST, 0);
  }

  /** Sets bought units aside before those that the effect takes. */
  buyFirst(): Result {
    return setFlag(this, L.MORE_BUY_FIRST);
  }

  /** So many units for each time that enough was bought. */
  get(units: i32): Result {
    return setWord(this, L.MORE_GET_QUANTITY, units, 1);
  }

  /** No more often than this. */
  times(n: i32): Result {
    return setWord(this, L.MORE_MAX_TIMES, n, 0);
  }

  /** Fewer units than `get` asks for will do. */
  partial(): Result {
    return setFlag(this, L.MORE_PARTIAL);
  }

  /** Counts units apart for each product. */
  perProduct(): Result {
    return setWord(this, L.MORE_PER, L.PER_GROUP_PRODUCT, 0);
  }

  perSku(): Result {
    return setWord(this, L.MORE_PER, L.PER_GROUP_SKU, 0);
  }

  perLine(): Result {
    return setWord(this, L.MORE_PER, L.PER_GROUP_LINE, 0);
  }

  /** A percentage or price is of what the goods cost before any promotion, whatever the policy says. */
  ofInitial(): Result {
    return setWord(this, L.MORE_BASE, L.BASE_INITIAL, 0);
  }

  /** A percentage or price is of what is left now. */
  ofCurrent(): Result {
    return setWord(this, L.MORE_BASE, L.BASE_CURRENT, 0);
  }

  /** Splits the amount by what is left of each line. */
  proportionally(): Result {
    return setWord(this, L.MORE_SPLIT, L.SPLIT_PROPORTIONAL, 0);
  }

  /** Splits the amount by units. */
  byQuantity(): Result {
    return setWord(this, L.MORE_SPLIT, L.SPLIT_QUANTITY, 0);
  }

  /** Splits the amount into equal parts. */
  evenly(): Result {
    return setWord(this, L.MORE_SPLIT, L.SPLIT_EVEN, 0);
  }

  /** The amount is off each shipping entry, instead of split over them. */
  each(): Result {
    return setFlag(this, L.MORE_EACH);
  }

  /** So many pieces of a gift for each unit of the lines that it is `on`. */
  perUnit(): Result {
    return setFlag(this, L.MORE_GIFT_PER_UNIT);
  }

  /** Pieces of a gift that are in the cart already are discounted there first. */
  discountPresent(): Result {
    return setFlag(this, L.MORE_DISCOUNT_PRESENT);
  }
}
