// Whether a decision is one. A module is trusted with prices, but not with addresses or sums: everything that it wrote is
// checked before any of it is used, so that reading a decision cannot fail.

import { type DecisionCounts, readI64, STATUSES } from "./decision.ts";
import { type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";

/** What cart and policy ask of a decision. */
export type Asked = {
  /** As `packCurrency` makes it. */
  currency: number;
  /** By record, lines first and shipping entries behind them: what it costs, and how many units it has. */
  prices: Float64Array;
  quantities: Int32Array;
  /** Tax comes on top of the prices. */
  isNet: boolean;
  /** Cash rounding moves the total by less than this, in minor units; 1 where there is none. */
  cashStep: number;
};

/** What is off each record and not told by a share yet; belongs to the running check. */
const untold = new Float64Array(L.MAX_LINES + L.MAX_SHIPPING);

/**
 * Checks header, layout, every number that stands for a record or a symbol, and every amount, in one pass. With `asked`
 * also that the amounts are those of the cart: each record costs what it says, shares add up to what is off a
 * record, and the totals are sums. Throws ENGINE_DECISION_INVALID with the byte offset.
 */
export function checkDecision(words: Int32Array, counts: DecisionCounts, asked?: Asked): void {
  const { lines, shipping, promotions, symbols } = counts;
  const records = lines + shipping;
  expectWord(words, L.DECISION_MAGIC, L.ABI_MAGIC);
  expectWord(words, L.DECISION_VERSION, L.ABI_VERSION);
  expectWord(words, L.DECISION_LENGTH, words.byteLength);
  expectWord(words, L.DECISION_LINE_COUNT, lines);
  expectWord(words, L.DECISION_SHIPPING_COUNT, shipping);
  expectWord(words, L.DECISION_PROMOTION_COUNT, promotions);
  const isPriced = words[L.DECISION_FLAGS >> 2]! & L.DECISION_PRICED;
  let subtotal = 0;
  let off = 0;
  let shippingTotal = 0;
  let total = 0;
  let tax = 0;
  // The lists lie behind the header and one another, in the order in which they are read here and without gaps. Plain
  // loops: there are hundreds of shares, and a call for each cost as much as the rules.
  let at = L.DECISION_HEADER;
  const shippingAt = endOf(words, L.DECISION_LINE_COUNT, at, L.DECIDED_STRIDE);
  endOf(words, L.DECISION_SHIPPING_COUNT, shippingAt, L.DECIDED_STRIDE);
  for (let record = 0; record < records; record++, at += L.DECIDED_STRIDE) {
    const discount = amountAt(words, at + L.DECIDED_DISCOUNT);
    const left = amountAt(words, at + L.DECIDED_TOTAL);
    const price = discount + left;
    const isLine = record < lines;
    untold[record] = discount;
    off += discount;
    total += left;
    tax += amountAt(words, at + L.DECIDED_TAX);
    if (isLine) subtotal += price;
    else shippingTotal += left;
    if (!asked) continue;
    // Pricing rules give lines other prices, but whole ones.
    const odd = isPriced !== 0 && isLine ? price % asked.quantities[record]! : price - asked.prices[record]!;
    if (odd !== 0) throw invalid(at, price);
  }
  // The lists with most records. A number below zero has its sign bit set, so what must not be negative is joined by `|` and
  // asked once; `limit - 1 - index` is negative where an index is too large.
  for (
    const end = endOf(words, L.DECISION_PROMOTION_COUNT, at, L.OUTCOME_STRIDE);
    at < end;
    at += L.OUTCOME_STRIDE
  ) {
    const status = words[(at + L.OUTCOME_STATUS) >> 2]!;
    const detail = words[(at + L.OUTCOME_DETAIL) >> 2]!;
    const wanted = words[(at + L.OUTCOME_WANTED + 4) >> 2]!;
    const granted = words[(at + L.OUTCOME_GRANTED + 4) >> 2]!;
    if ((status | (STATUSES.length - 1 - status) | outOfAmounts(wanted) | outOfAmounts(granted)) < 0) {
      throw invalid(at, status);
    }
    if (detail === L.NONE) continue;
    if (status === L.STATUS_NOT_ELIGIBLE) indexAt(words, at + L.OUTCOME_DETAIL, L.MAX_CONDITIONS);
    if (status === L.STATUS_LOST || status === L.STATUS_STOPPED) {
      indexAt(words, at + L.OUTCOME_DETAIL, promotions);
    }
  }
  const offers = indexAt(words, L.DECISION_OFFER_COUNT, L.DECISION_CAPACITY);
  const sharesEnd = endOf(words, L.DECISION_SHARE_COUNT, at, L.SHARE_STRIDE);
  checkShares(words, at, sharesEnd, offers, lines, shipping, asked?.quantities);
  at = sharesEnd;
  for (const end = endOf(words, L.DECISION_OFFER_COUNT, at, L.OFFER_STRIDE); at < end; at += L.OFFER_STRIDE) {
    const promotion = words[(at + L.OFFER_PROMOTION) >> 2]!;
    const reason = words[(at + L.OFFER_REASON) >> 2]!;
    const wanted = words[(at + L.OFFER_WANTED + 4) >> 2]!;
    const granted = words[(at + L.OFFER_GRANTED + 4) >> 2]!;
    const isOut = promotion | (promotions - 1 - promotion) | reason | (symbols - reason);
    if ((isOut | outOfAmounts(wanted) | outOfAmounts(granted)) < 0) throw invalid(at, promotion);
  }
  for (const end = endOf(words, L.DECISION_ADDED_COUNT, at, L.ADDED_STRIDE); at < end; at += L.ADDED_STRIDE) {
    indexAt(words, at + L.ADDED_OFFER, offers);
    indexAt(words, at + L.ADDED_SKU, symbols + 1);
    indexAt(words, at + L.ADDED_PRODUCT, symbols + 1);
    const price = amountAt(words, at + L.ADDED_UNIT_PRICE) * indexAt(words, at + L.ADDED_QUANTITY, L.MAX_I32);
    const discount = amountAt(words, at + L.ADDED_DISCOUNT);
    if (asked && discount > price) throw invalid(at, discount);
    subtotal += price;
    off += discount;
    total += price - discount;
  }
  for (const end = endOf(words, L.DECISION_CLAIM_COUNT, at, L.CLAIM_STRIDE); at < end; at += L.CLAIM_STRIDE) {
    indexAt(words, at + L.CLAIM_PROMOTION, promotions);
    indexAt(words, at + L.CLAIM_ALLOWANCE, symbols + 1);
    amountAt(words, at + L.CLAIM_AMOUNT);
  }
  expectWord(words, L.DECISION_LENGTH, at);

  if (!asked) return;
  for (let record = 0; record < records; record++) {
    if (untold[record] !== 0) throw invalid(L.DECISION_SHARES, untold[record]);
  }
  expectWord(words, L.DECISION_CURRENCY, asked.currency);
  const cash = amountAt(words, L.DECISION_CASH, -L.HIGH_2_53);
  if (Math.abs(cash) >= asked.cashStep) throw invalid(L.DECISION_CASH, cash);
  expectSum(words, L.DECISION_SUBTOTAL, subtotal);
  expectSum(words, L.DECISION_DISCOUNT_TOTAL, off);
  expectSum(words, L.DECISION_SHIPPING_TOTAL, shippingTotal);
  expectSum(words, L.DECISION_TAX_TOTAL, tax);
  expectSum(words, L.DECISION_TOTAL, total + cash + (asked.isNet ? tax : 0));
}

/**
 * Most records are shares. What is off each record is taken from `untold` by them. In words, in a function of its own, and
 * with `| 0` for numbers that are integers anyway: a JIT then has enough registers and asks for no overflow.
 */
function checkShares(
  words: Int32Array,
  start: number,
  end: number,
  offers: number,
  lines: number,
  shipping: number,
  quantities: Int32Array | undefined,
): void {
  const open = untold;
  const lastOffer = (offers - 1) | 0;
  let known = L.NONE;
  let base = 0;
  let last = 0;
  for (let at = start >> 2; at < end >> 2; at += L.SHARE_STRIDE >> 2) {
    const offer = words[(at + (L.SHARE_OFFER >> 2)) | 0]!;
    const target = words[(at + (L.SHARE_TARGET >> 2)) | 0]!;
    const low = words[(at + (L.SHARE_AMOUNT >> 2)) | 0]!;
    const high = words[(at + (L.SHARE_AMOUNT >> 2) + 1) | 0]!;
    const units = words[(at + (L.SHARE_UNITS >> 2)) | 0]!;
    const first = words[(at + (L.SHARE_FIRST >> 2)) | 0]!;
    if ((offer | (lastOffer - offer)) < 0) throw invalid(at << 2, offer);
    if (offer !== known) {
      // The shares of one offer lie side by side, mostly.
      known = offer;
      const isShipping = words[(end + offer * L.OFFER_STRIDE + L.OFFER_TARGET) >> 2] === L.TARGET_SHIPPING;
      base = isShipping ? lines : 0;
      last = ((isShipping ? shipping : lines) - 1) | 0;
    }
    if ((target | (last - target)) < 0) throw invalid(at << 2, target);
    const record = (base + target) | 0;
    const room = quantities === undefined ? L.MAX_I32 : quantities[record]!;
    if ((units | first | (room - units) | (room - units - first)) < 0) throw invalid(at << 2, units);
    open[record]! -= high === 0 && low >= 0 ? low : amountAt(words, (at << 2) + L.SHARE_AMOUNT);
  }
}

// Not closures: those would keep the sums of the loops above in memory instead of registers.

function expectWord(words: Int32Array, at: number, value: number): void {
  if (words[at >> 2] !== value) throw invalid(at, words[at >> 2]);
}

function expectSum(words: Int32Array, at: number, sum: number): void {
  if (amountAt(words, at) !== sum) throw invalid(at, sum);
}

/** A whole number below `limit`. Behind the end there is none. */
function indexAt(words: Int32Array, at: number, limit: number): number {
  const value = words[at >> 2]!;
  if (!(value >= 0 && value < limit)) throw invalid(at, value);
  return value;
}

/** An exact amount, not negative unless `least` says so. */
function amountAt(words: Int32Array, at: number, least = 0): number {
  const high = words[(at >> 2) + 1]!;
  if (!(high >= least && high < L.HIGH_2_53)) throw invalid(at, readI64(words, at));
  return readI64(words, at);
}

/** Where the list ends that has to begin at `at`, and to end before the decision does. */
function endOf(words: Int32Array, field: number, at: number, stride: number): number {
  expectWord(words, field + 4, L.DECISION + at);
  const count = indexAt(words, field, L.DECISION_CAPACITY);
  const end = at + count * stride;
  if (end > words.byteLength) throw invalid(field, count);
  return end;
}

/** Below zero when this high word of an amount is beyond the exact integers on either side. */
function outOfAmounts(high: number): number {
  return (high + L.HIGH_2_53) | (L.HIGH_2_53 - 1 - high);
}

function invalid(at: number, value?: number): HaggleError {
  return refuse("ENGINE_DECISION_INVALID", at, value);
}
