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
  quantities: Float64Array;
  /** Tax comes on top of the prices. */
  isNet: boolean;
  /** Cash rounding moves the total by less than this, in minor units; 1 where there is none. */
  cashStep: number;
};

/** What is off each record and not told by a share yet; belongs to the running check. */
const untold = new Float64Array(L.MAX_LINES + L.MAX_SHIPPING);
/** Where the cart is not known: lines that are priced as one may have more than MAX_QUANTITY together. */
const MAX_UNITS = 2 ** 31 - 1;
/** The high word of 2^53. */
const HIGH = 0x200000;

/**
 * Checks header, layout, every number that stands for a record or a symbol, and every amount, in one pass. With `asked`
 * also that the amounts are those of the cart: each record costs what it says, shares add up to what is off a
 * record, and the totals are sums. Throws ENGINE_DECISION_INVALID with the byte offset.
 */
export function checkDecision(words: Int32Array, counts: DecisionCounts, asked?: Asked): void {
  const { lines, shipping, promotions, symbols } = counts;
  const records = lines + shipping;
  const expect = (field: number, value: number) => {
    if (words[field >> 2] !== value) throw invalid(field, words[field >> 2]);
  };
  /** A whole number below `limit`. Behind the end there is none. */
  const index = (at: number, limit: number) => {
    const value = words[at >> 2]!;
    if (!(value >= 0 && value < limit)) throw invalid(at, value);
    return value;
  };
  const symbol = (at: number) => index(at, symbols + 1);
  /** An exact amount, not negative unless `least` says so. */
  const amount = (at: number, least = 0) => {
    const high = words[(at >> 2) + 1]!;
    if (!(high >= least && high < HIGH)) throw invalid(at, readI64(words, at));
    return readI64(words, at);
  };
  /** The length of the list that has to begin here. */
  const begin = (field: number, at: number) => {
    expect(field + 4, L.DECISION + at);
    return index(field, L.DECISION_CAPACITY);
  };

  expect(L.DECISION_MAGIC, L.ABI_MAGIC);
  expect(L.DECISION_VERSION, L.ABI_VERSION);
  expect(L.DECISION_LENGTH, words.byteLength);
  expect(L.DECISION_LINE_COUNT, lines);
  expect(L.DECISION_SHIPPING_COUNT, shipping);
  expect(L.DECISION_PROMOTION_COUNT, promotions);
  const isPriced = words[L.DECISION_FLAGS >> 2]! & L.DECISION_PRICED;
  let subtotal = 0;
  let off = 0;
  let shippingTotal = 0;
  let total = 0;
  let tax = 0;
  // The lists lie behind the header and one another, in the order in which they are read here and without gaps. Plain
  // loops: there are hundreds of shares, and a call for each cost as much as the rules.
  let at = L.DECISION_HEADER;
  begin(L.DECISION_LINE_COUNT, at);
  begin(L.DECISION_SHIPPING_COUNT, at + lines * L.DECIDED_STRIDE);
  for (let record = 0; record < records; record++, at += L.DECIDED_STRIDE) {
    const discount = amount(at + L.DECIDED_DISCOUNT);
    const left = amount(at + L.DECIDED_TOTAL);
    const price = discount + left;
    const isLine = record < lines;
    untold[record] = discount;
    off += discount;
    total += left;
    tax += amount(at + L.DECIDED_TAX);
    if (isLine) subtotal += price;
    else shippingTotal += left;
    if (!asked) continue;
    // Pricing rules give lines other prices, but whole ones.
    const odd = isPriced !== 0 && isLine ? price % asked.quantities[record]! : price - asked.prices[record]!;
    if (odd !== 0) throw invalid(at, price);
  }
  for (let i = begin(L.DECISION_PROMOTION_COUNT, at); i > 0; i--, at += L.OUTCOME_STRIDE) {
    const status = index(at + L.OUTCOME_STATUS, STATUSES.length);
    amount(at + L.OUTCOME_WANTED, -HIGH);
    amount(at + L.OUTCOME_GRANTED, -HIGH);
    if (words[(at + L.OUTCOME_DETAIL) >> 2] === L.NONE) continue;
    if (status === L.STATUS_NOT_ELIGIBLE) index(at + L.OUTCOME_DETAIL, L.MAX_CONDITIONS);
    if (status === L.STATUS_LOST || status === L.STATUS_STOPPED) index(at + L.OUTCOME_DETAIL, promotions);
  }
  const offers = index(L.DECISION_OFFER_COUNT, L.DECISION_CAPACITY);
  const offersAt = words[L.DECISION_OFFERS >> 2]! - L.DECISION;
  for (let i = begin(L.DECISION_SHARE_COUNT, at); i > 0; i--, at += L.SHARE_STRIDE) {
    // Written out: most records are shares.
    const offer = words[(at + L.SHARE_OFFER) >> 2]!;
    const target = words[(at + L.SHARE_TARGET) >> 2]!;
    const units = words[(at + L.SHARE_UNITS) >> 2]!;
    const first = words[(at + L.SHARE_FIRST) >> 2]!;
    const high = words[(at + L.SHARE_AMOUNT + 4) >> 2]!;
    if (!(offer >= 0 && offer < offers && target >= 0 && units >= 0 && first >= 0)) throw invalid(at, offer);
    const isShipping = words[(offersAt + offer * L.OFFER_STRIDE + L.OFFER_TARGET) >> 2] === L.TARGET_SHIPPING;
    const record = isShipping ? lines + target : target;
    const room = asked ? asked.quantities[record]! : MAX_UNITS;
    if (record >= (isShipping ? records : lines) || !(units + first <= room)) throw invalid(at, target);
    if (high < 0 || high >= HIGH) throw invalid(at, high);
    untold[record]! -= readI64(words, at + L.SHARE_AMOUNT);
  }
  for (let i = begin(L.DECISION_OFFER_COUNT, at); i > 0; i--, at += L.OFFER_STRIDE) {
    index(at + L.OFFER_PROMOTION, promotions);
    symbol(at + L.OFFER_REASON);
    amount(at + L.OFFER_WANTED, -HIGH);
    amount(at + L.OFFER_GRANTED, -HIGH);
  }
  for (let i = begin(L.DECISION_ADDED_COUNT, at); i > 0; i--, at += L.ADDED_STRIDE) {
    index(at + L.ADDED_OFFER, offers);
    symbol(at + L.ADDED_SKU);
    symbol(at + L.ADDED_PRODUCT);
    const price = amount(at + L.ADDED_UNIT_PRICE) * index(at + L.ADDED_QUANTITY, MAX_UNITS);
    const discount = amount(at + L.ADDED_DISCOUNT);
    if (asked && discount > price) throw invalid(at, discount);
    subtotal += price;
    off += discount;
    total += price - discount;
  }
  for (let i = begin(L.DECISION_CLAIM_COUNT, at); i > 0; i--, at += L.CLAIM_STRIDE) {
    index(at + L.CLAIM_PROMOTION, promotions);
    symbol(at + L.CLAIM_ALLOWANCE);
    amount(at + L.CLAIM_AMOUNT);
  }
  expect(L.DECISION_LENGTH, at);

  if (!asked) return;
  const odd = untold.subarray(0, records).findIndex((rest) => rest !== 0);
  if (odd >= 0) throw invalid(L.DECISION_SHARES, untold[odd]);
  expect(L.DECISION_CURRENCY, asked.currency);
  const cash = amount(L.DECISION_CASH, -HIGH);
  if (Math.abs(cash) >= asked.cashStep) throw invalid(L.DECISION_CASH, cash);
  const equal = (field: number, sum: number) => {
    if (amount(field) !== sum) throw invalid(field, sum);
  };
  equal(L.DECISION_SUBTOTAL, subtotal);
  equal(L.DECISION_DISCOUNT_TOTAL, off);
  equal(L.DECISION_SHIPPING_TOTAL, shippingTotal);
  equal(L.DECISION_TAX_TOTAL, tax);
  equal(L.DECISION_TOTAL, total + cash + (asked.isNet ? tax : 0));
}

function invalid(at: number, value?: number): HaggleError {
  return refuse("ENGINE_DECISION_INVALID", at, value);
}
