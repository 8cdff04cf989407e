// The decision's frame: laid out before the promotions run, closed when they have.

import { greedy } from "./groups";
import * as L from "./layout";
import { claimCount } from "./limits";
import { marginHeld } from "./margin";
import { priced } from "./pricing";
import { fault, mulDiv, Rounding } from "./money";
import { lineAddress, shippingAddress } from "./records";
import { ADDED, CLAIMS, goodsLeft, leftOf, OFFERS, policy, shippingLeft } from "./state";
import { addedCount, addedDiscount, addedTotal, offerCount, sharesEnd, sharesStart, startTaking } from "./take";
import { writeTaxes } from "./tax";

const DECISION_END: usize = L.DECISION + L.DECISION_CAPACITY;

/** What the goods cost before the catalog phase. */
let subtotal: i64 = 0;
let end: usize = 0;

/** Header, lines, shipping, outcomes; shares follow while promotions run. Returns where the outcomes lie. */
export function startDecision(candidates: i32): usize {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  const shipping = load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  const linesAt: usize = L.DECISION + L.DECISION_HEADER;
  const shippingAt = linesAt + (lines as usize) * L.DECIDED_STRIDE;
  const outcomes = shippingAt + (shipping as usize) * L.DECIDED_STRIDE;
  const shares = outcomes + (candidates as usize) * L.OUTCOME_STRIDE;
  startTaking(shares);
  startSums();
  store<i32>(L.DECISION, L.ABI_MAGIC, L.DECISION_MAGIC);
  store<i32>(L.DECISION, L.ABI_VERSION, L.DECISION_VERSION);
  store<u32>(L.DECISION, load<u32>(L.CART + L.CART_CURRENCY), L.DECISION_CURRENCY);
  writeList(L.DECISION_LINE_COUNT, lines, linesAt);
  writeList(L.DECISION_SHIPPING_COUNT, shipping, shippingAt);
  writeList(L.DECISION_PROMOTION_COUNT, candidates, outcomes);
  return outcomes;
}

/** From here on, what the goods cost now is what they cost before discounts. */
export function startSums(): void {
  subtotal = load<i64>(L.CART + L.CART_SUBTOTAL);
}

/** A count and an address behind it, as all lists of the header have them. */
@inline
function writeList(field: usize, count: i32, address: usize): void {
  store<i32>(L.DECISION + field, count);
  store<u32>(L.DECISION + field + 4, address as u32);
}

/** Writes lines, sums and taxes, and moves what waits in the scratch area behind the shares. Returns the length. */
export function finishDecision(): i32 {
  writeDecided();
  const shippingTotal = load<i64>(L.CART + L.CART_SHIPPING_TOTAL);
  const tax = writeTaxes();
  let total = goodsLeft + addedTotal - addedDiscount + shippingLeft;
  if (load<i32>(policy, L.POLICY_PRICES) == L.PRICES_NET) total += tax;
  const rounded = roundCash(total);
  store<i64>(L.DECISION, subtotal + addedTotal, L.DECISION_SUBTOTAL);
  store<i64>(L.DECISION, subtotal - goodsLeft + addedDiscount + shippingTotal - shippingLeft, L.DECISION_DISCOUNT_TOTAL);
  store<i64>(L.DECISION, shippingLeft, L.DECISION_SHIPPING_TOTAL);
  store<i64>(L.DECISION, rounded, L.DECISION_TOTAL);
  store<i64>(L.DECISION, tax, L.DECISION_TAX_TOTAL);
  store<i64>(L.DECISION, rounded - total, L.DECISION_CASH);
  store<i32>(L.DECISION, (greedy ? L.DECISION_GREEDY : 0) | (marginHeld ? L.DECISION_MARGIN : 0) | (priced ? L.DECISION_PRICED : 0), L.DECISION_FLAGS);
  writeList(L.DECISION_SHARE_COUNT, ((sharesEnd - sharesStart) / L.SHARE_STRIDE) as i32, sharesStart);
  end = sharesEnd;
  append(L.DECISION_OFFER_COUNT, offerCount, OFFERS, L.OFFER_STRIDE);
  append(L.DECISION_ADDED_COUNT, addedCount, ADDED, L.ADDED_STRIDE);
  append(L.DECISION_CLAIM_COUNT, claimCount, CLAIMS, L.CLAIM_STRIDE);
  store<u32>(L.DECISION, (end - L.DECISION) as u32, L.DECISION_LENGTH);
  return (end - L.DECISION) as i32;
}

function writeDecided(): void {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  let decided: usize = load<u32>(L.DECISION + L.DECISION_LINES);
  let line = lineAddress(0);
  for (let i = 0; i < lines; i++, line += L.LINE_STRIDE, decided += L.DECIDED_STRIDE) {
    store<i64>(decided, load<i64>(line, L.LINE_CATALOG) + load<i64>(line, L.LINE_DISCOUNT), L.DECIDED_DISCOUNT);
    store<i64>(decided, leftOf(line), L.DECIDED_TOTAL);
    store<i64>(decided, 0, L.DECIDED_TAX);
  }
  const shipping = load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  for (let i = 0; i < shipping; i++, decided += L.DECIDED_STRIDE) {
    const entry = shippingAddress(i);
    const discount = load<i64>(entry, L.SHIPPING_DISCOUNT);
    store<i64>(decided, discount, L.DECIDED_DISCOUNT);
    store<i64>(decided, load<i64>(entry, L.SHIPPING_PRICE) - discount, L.DECIDED_TOTAL);
    store<i64>(decided, 0, L.DECIDED_TAX);
  }
}

function roundCash(total: i64): i64 {
  const step = load<i32>(policy, L.POLICY_CASH_STEP) as i64;
  if (step <= 1) return total;
  return mulDiv(total, 1, step, load<i32>(policy, L.POLICY_CASH_ROUNDING) as Rounding) * step;
}

function append(field: usize, count: i32, from: usize, stride: usize): void {
  const size = (count as usize) * stride;
  if (end + size > DECISION_END) fault(L.FAULT_CAPACITY);
  // All of these have strides of a multiple of 16.
  for (let at: usize = 0; at < size; at += 16) {
    store<i64>(end + at, load<i64>(from + at));
    store<i64>(end + at, load<i64>(from + at, 8), 8);
  }
  writeList(field, count, end);
  end += size;
}
