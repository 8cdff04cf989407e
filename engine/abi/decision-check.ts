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

/** What one promotion takes off one record; `units` where it is off so many units of a line. */
export type NamedShare = { promotion: string; amount: number; reason: string; units?: number };

/** Where shares are listed while they are read, and what their numbers are called. */
export type ShareLists = {
  /** By record, lines first and shipping entries behind them; undefined where nothing is off. */
  byRecord: (NamedShare[] | undefined)[];
  /** The id of a promotion, by its position among the candidates. */
  id(candidate: number): string;
  /** The string of a symbol. */
  text(symbol: number): string;
};

/** What is off each record and not told by a share yet; belongs to the running check. */
const untold = new Float64Array(L.MAX_LINES + L.MAX_SHIPPING);

/**
 * Checks header, layout, every number that stands for a record or a symbol, and every amount, in one pass. With `asked`
 * also that the amounts are those of the cart: each record costs what it says, shares add up to what is off a
 * record, and the totals are sums. With `lists` the shares are in them behind it. Throws ENGINE_DECISION_INVALID with the
 * byte offset.
 */
export function checkDecision(
  words: Int32Array,
  counts: DecisionCounts,
  asked?: Asked,
  lists?: ShareLists,
): void {
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
  at = endOf(words, L.DECISION_SHARE_COUNT, at, L.SHARE_STRIDE);
  for (const end = endOf(words, L.DECISION_OFFER_COUNT, at, L.OFFER_STRIDE); at < end; at += L.OFFER_STRIDE) {
    const promotion = words[(at + L.OFFER_PROMOTION) >> 2]!;
    const reason = words[(at + L.OFFER_REASON) >> 2]!;
    const wanted = words[(at + L.OFFER_WANTED + 4) >> 2]!;
    const granted = words[(at + L.OFFER_GRANTED + 4) >> 2]!;
    const isOut = promotion | (promotions - 1 - promotion) | reason | (symbols - reason);
    if ((isOut | outOfAmounts(wanted) | outOfAmounts(granted)) < 0) throw invalid(at, promotion);
  }
  // Behind the offers, whose names they are listed by.
  readShareLists(words, lists, asked?.quantities);
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
 * Most records are shares. Checks them, whose place the header was found to say truly, and takes them from what is `untold` of
 * their records; with `lists` they are listed in the same pass, since a second one over as many records cost a tenth of an
 * evaluation. In words, and with `| 0` for numbers that are integers anyway: a JIT then has enough registers and asks for no
 * overflow.
 */
export function readShareLists(words: Int32Array, lists?: ShareLists, quantities?: Int32Array): void {
  const start = words[L.DECISION_SHARES >> 2]! - L.DECISION;
  const end = words[L.DECISION_OFFERS >> 2]! - L.DECISION;
  const offers = words[L.DECISION_OFFER_COUNT >> 2]!;
  const lines = words[L.DECISION_LINE_COUNT >> 2]!;
  const open = untold;
  const byRecord = lists?.byRecord;
  let known = L.NONE;
  let base = 0;
  // No target is below it: an offer of -1 is not known either.
  let last = -1;
  let promotion = "";
  let reason = "";
  for (let at = start >> 2; at < end >> 2; at += L.SHARE_STRIDE >> 2) {
    const offer = words[(at + (L.SHARE_OFFER >> 2)) | 0]!;
    const target = words[(at + (L.SHARE_TARGET >> 2)) | 0]!;
    const low = words[(at + (L.SHARE_AMOUNT >> 2)) | 0]!;
    const high = words[(at + (L.SHARE_AMOUNT >> 2) + 1) | 0]!;
    const units = words[(at + (L.SHARE_UNITS >> 2)) | 0]!;
    const first = words[(at + (L.SHARE_FIRST >> 2)) | 0]!;
    // The shares of one offer lie side by side, mostly.
    if (offer !== known) {
      if (!(offer >= 0 && offer < offers)) throw invalid(at << 2, offer);
      known = offer;
      const offerAt = end + offer * L.OFFER_STRIDE;
      const isShipping = words[(offerAt + L.OFFER_TARGET) >> 2] === L.TARGET_SHIPPING;
      base = isShipping ? lines : 0;
      last = ((isShipping ? words[L.DECISION_SHIPPING_COUNT >> 2]! : lines) - 1) | 0;
      if (lists !== undefined) {
        promotion = lists.id(words[(offerAt + L.OFFER_PROMOTION) >> 2]!);
        reason = lists.text(words[(offerAt + L.OFFER_REASON) >> 2]!);
      }
    }
    if ((target | (last - target)) < 0) throw invalid(at << 2, target);
    const record = (base + target) | 0;
    const room = quantities === undefined ? L.MAX_I32 : quantities[record]!;
    if ((units | first | (room - units) | (room - units - first)) < 0) throw invalid(at << 2, units);
    const amount = high === 0 && low >= 0 ? low : amountAt(words, (at << 2) + L.SHARE_AMOUNT);
    open[record]! -= amount;
    if (byRecord === undefined) continue;
    const share = units === 0 ? { promotion, amount, reason } : { promotion, amount, reason, units };
    // Engines have several kinds of arrays, and an empty one is of another kind than one of objects: pushing to it
    // threw away optimized code again and again.
    const list = byRecord[record];
    if (list === undefined) byRecord[record] = [share];
    else list.push(share);
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
