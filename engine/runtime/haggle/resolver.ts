// Turns what a rule wants into what it gets. The simple resolver: promotions by priority, percentages of the
// initial amounts, nothing below zero, order amounts split over the lines.

import { lineAddress, shippingAddress } from "./cart";
import * as L from "./layout";
import { ADDRESSES, COUNT } from "./lines";
import { SPLIT_END, shareOf, splitOverLines } from "./split";
import { fault, MAX_MONEY, percentOf, Rounding } from "./money";
import { Effects, Result } from "./result";

const GROUPS: usize = SPLIT_END; // one byte per group: 1 once a promotion of it took something off
const OFFERS: usize = GROUPS + ((L.MAX_PROMOTIONS + 8) & ~7);
const OFFERS_CAPACITY: usize = (L.SCRATCH as usize) + L.SCRATCH_CAPACITY - OFFERS;
const DECISION_END: usize = L.DECISION + L.DECISION_CAPACITY;

let offerCount: i32 = 0;
let sharesStart: usize = 0;
let sharesEnd: usize = 0;
let goodsLeft: i64 = 0;
let shippingLeft: i64 = 0;
let outcomes: usize = 0;
let wantedSum: i64 = 0;
let grantedSum: i64 = 0;

/** Lays out the decision for this cart and table: header, lines, shipping, outcomes, then shares, then offers. */
export function startDecision(promotions: i32): void {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT) as usize;
  const shipping = load<i32>(L.CART + L.CART_SHIPPING_COUNT) as usize;
  const linesAt: usize = L.DECISION + L.DECISION_HEADER;
  const shippingAt = linesAt + lines * L.DECIDED_STRIDE;
  outcomes = shippingAt + shipping * L.DECIDED_STRIDE;
  sharesStart = outcomes + (promotions as usize) * L.OUTCOME_STRIDE;
  sharesEnd = sharesStart;
  offerCount = 0;
  for (let at = outcomes; at < sharesStart; at += 8) store<i64>(at, 0);
  for (let group = GROUPS, end = GROUPS + load<u32>(L.TABLE + L.TABLE_GROUP_COUNT); group <= end; group++) store<u8>(group, 0);
  goodsLeft = load<i64>(L.CART + L.CART_SUBTOTAL);
  shippingLeft = 0;
  for (let i = 0; i < (shipping as i32); i++) shippingLeft += load<i64>(shippingAddress(i), L.SHIPPING_PRICE);
  store<i64>(L.CART + L.CART_SHIPPING_TOTAL, shippingLeft);
  store<i32>(L.DECISION, L.ABI_MAGIC, L.DECISION_MAGIC);
  store<i32>(L.DECISION, L.ABI_VERSION, L.DECISION_VERSION);
  store<u32>(L.DECISION, load<u32>(L.CART + L.CART_CURRENCY), L.DECISION_CURRENCY);
  store<i64>(L.DECISION, goodsLeft, L.DECISION_SUBTOTAL);
  store<i32>(L.DECISION, lines as i32, L.DECISION_LINE_COUNT);
  store<u32>(L.DECISION, linesAt as u32, L.DECISION_LINES);
  store<i32>(L.DECISION, shipping as i32, L.DECISION_SHIPPING_COUNT);
  store<u32>(L.DECISION, shippingAt as u32, L.DECISION_SHIPPING);
  store<i32>(L.DECISION, promotions, L.DECISION_PROMOTION_COUNT);
  store<u32>(L.DECISION, outcomes as u32, L.DECISION_PROMOTIONS);
}

@inline
export function isTaken(group: usize): bool {
  return load<u8>(GROUPS + group) != 0;
}

@inline
export function takeGroup(group: usize): void {
  store<u8>(GROUPS + group, 1);
}

@inline
export function setStatus(promotion: i32, status: i32, fault: i32): void {
  const outcome = outcomes + (promotion as usize) * L.OUTCOME_STRIDE;
  store<i32>(outcome, status, L.OUTCOME_STATUS);
  store<i32>(outcome, fault, L.OUTCOME_FAULT);
}

/** Grants what a rule returned, as far as something is left. Returns whether anything was taken off. */
export function applyEffects(promotion: i32, first: Effects): bool {
  wantedSum = 0;
  grantedSum = 0;
  let cell = first;
  do {
    applyEffect(promotion, changetype<Result>(cell.effect as usize));
    cell = changetype<Effects>(cell.next as usize);
  } while (changetype<usize>(cell) != 0);
  if (wantedSum == 0) return false; // nothing but messages
  const outcome = outcomes + (promotion as usize) * L.OUTCOME_STRIDE;
  store<i32>(outcome, grantedSum == wantedSum ? L.STATUS_APPLIED : L.STATUS_CAPPED, L.OUTCOME_STATUS);
  store<i64>(outcome, wantedSum, L.OUTCOME_WANTED);
  store<i64>(outcome, grantedSum, L.OUTCOME_GRANTED);
  return grantedSum > 0;
}

function applyEffect(promotion: i32, result: Result): void {
  const value = result.value;
  const offer = startOffer(promotion, result);
  switch (result.kind) {
    case L.KIND_ORDER_AMOUNT:
      finishOffer(offer, value, takeFromOrder(value));
      break;
    case L.KIND_ORDER_PERCENT: {
      const wanted = percentOf(load<i64>(L.CART + L.CART_SUBTOTAL), value as i32, Rounding.HalfUp);
      finishOffer(offer, wanted, takeFromOrder(wanted));
      break;
    }
    case L.KIND_LINE_AMOUNT:
      finishOffer(offer, value, takeFromLine(result.target, value));
      break;
    case L.KIND_LINE_PERCENT: {
      const wanted = percentOf(load<i64>(result.target, L.LINE_TOTAL), value as i32, Rounding.HalfUp);
      finishOffer(offer, wanted, takeFromLine(result.target, wanted));
      break;
    }
    case L.KIND_LINES_PERCENT:
      takePercentFromLines(offer, result.target, value as i32);
      break;
    case L.KIND_SHIPPING_AMOUNT:
      finishOffer(offer, value, takeFromShipping(value));
      break;
    case L.KIND_SHIPPING_PERCENT: {
      const wanted = percentOf(load<i64>(L.CART + L.CART_SHIPPING_TOTAL), value as i32, Rounding.HalfUp);
      finishOffer(offer, wanted, takeFromShipping(wanted));
      break;
    }
    default:
      store<i64>(offer, value, L.OFFER_WANTED);
  }
}

function startOffer(promotion: i32, result: Result): usize {
  const used = (offerCount as usize) * L.OFFER_STRIDE;
  if (used + L.OFFER_STRIDE > OFFERS_CAPACITY) fault(L.FAULT_CAPACITY);
  const offer = OFFERS + used;
  offerCount++;
  const onLine = result.kind == L.KIND_LINE_AMOUNT || result.kind == L.KIND_LINE_PERCENT;
  store<i32>(offer, promotion, L.OFFER_PROMOTION);
  store<i32>(offer, result.kind, L.OFFER_KIND);
  store<u32>(offer, result.reason, L.OFFER_REASON);
  store<i32>(offer, onLine ? load<i32>(result.target, L.LINE_INDEX) : L.NONE, L.OFFER_TARGET);
  store<i64>(offer, 0, L.OFFER_WANTED);
  store<i64>(offer, 0, L.OFFER_GRANTED);
  return offer;
}

@inline
function finishOffer(offer: usize, wanted: i64, granted: i64): void {
  store<i64>(offer, wanted, L.OFFER_WANTED);
  store<i64>(offer, granted, L.OFFER_GRANTED);
  // A rule may want more than there is money, many times over: the sum stays a number that hosts can hold.
  wantedSum = wantedSum + wanted < MAX_MONEY ? wantedSum + wanted : MAX_MONEY;
  grantedSum += granted;
}

function writeShare(target: i32, amount: i64): void {
  if (sharesEnd + L.SHARE_STRIDE > DECISION_END) fault(L.FAULT_CAPACITY);
  store<i32>(sharesEnd, offerCount - 1, L.SHARE_OFFER);
  store<i32>(sharesEnd, target, L.SHARE_TARGET);
  store<i64>(sharesEnd, amount, L.SHARE_AMOUNT);
  sharesEnd += L.SHARE_STRIDE;
}

function takeFromLine(line: usize, wanted: i64): i64 {
  const discount = load<i64>(line, L.LINE_DISCOUNT);
  const left = load<i64>(line, L.LINE_TOTAL) - discount;
  const granted = wanted < left ? wanted : left;
  if (granted == 0) return 0;
  store<i64>(line, discount + granted, L.LINE_DISCOUNT);
  goodsLeft -= granted;
  writeShare(load<i32>(line, L.LINE_INDEX), granted);
  return granted;
}

function takePercentFromLines(offer: usize, selection: usize, ppm: i32): void {
  let wanted: i64 = 0;
  let granted: i64 = 0;
  let address: usize = load<u32>(selection, ADDRESSES);
  const end = address + ((load<u32>(selection, COUNT) as usize) << 2);
  for (; address < end; address += 4) {
    const line: usize = load<u32>(address);
    const part = percentOf(load<i64>(line, L.LINE_TOTAL), ppm, Rounding.HalfUp);
    wanted += part;
    granted += takeFromLine(line, part);
  }
  finishOffer(offer, wanted, granted);
}

function takeFromOrder(wanted: i64): i64 {
  const granted = wanted < goodsLeft ? wanted : goodsLeft;
  if (granted == 0) return 0;
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  splitOverLines(granted, goodsLeft, count);
  for (let i = 0; i < count; i++) {
    const share = shareOf(i);
    if (share == 0) continue;
    const line = lineAddress(i);
    store<i64>(line, load<i64>(line, L.LINE_DISCOUNT) + share, L.LINE_DISCOUNT);
    writeShare(i, share);
  }
  goodsLeft -= granted;
  return granted;
}

/** Takes from the shipping entries in their order, each until nothing is left of it. */
function takeFromShipping(wanted: i64): i64 {
  const granted = wanted < shippingLeft ? wanted : shippingLeft;
  let open = granted;
  const count = load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  for (let i = 0; i < count && open > 0; i++) {
    const entry = shippingAddress(i);
    const discount = load<i64>(entry, L.SHIPPING_DISCOUNT);
    const left = load<i64>(entry, L.SHIPPING_PRICE) - discount;
    const part = open < left ? open : left;
    if (part == 0) continue;
    store<i64>(entry, discount + part, L.SHIPPING_DISCOUNT);
    writeShare(i, part);
    open -= part;
  }
  shippingLeft -= granted;
  return granted;
}

/** Writes the sums, and the offers behind the shares. */
export function finishDecision(): void {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  let decided: usize = load<u32>(L.DECISION + L.DECISION_LINES);
  let line = lineAddress(0);
  for (let i = 0; i < lines; i++) {
    const discount = load<i64>(line, L.LINE_DISCOUNT);
    store<i64>(decided, discount, L.DECIDED_DISCOUNT);
    store<i64>(decided, load<i64>(line, L.LINE_TOTAL) - discount, L.DECIDED_TOTAL);
    decided += L.DECIDED_STRIDE;
    line += L.LINE_STRIDE;
  }
  const shipping = load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  for (let i = 0; i < shipping; i++) {
    const entry = shippingAddress(i);
    const discount = load<i64>(entry, L.SHIPPING_DISCOUNT);
    store<i64>(decided, discount, L.DECIDED_DISCOUNT);
    store<i64>(decided, load<i64>(entry, L.SHIPPING_PRICE) - discount, L.DECIDED_TOTAL);
    decided += L.DECIDED_STRIDE;
  }
  const subtotal = load<i64>(L.CART + L.CART_SUBTOTAL);
  const shippingTotal = load<i64>(L.CART + L.CART_SHIPPING_TOTAL);
  const size = (offerCount as usize) * L.OFFER_STRIDE;
  if (sharesEnd + size > DECISION_END) fault(L.FAULT_CAPACITY);
  for (let at: usize = 0; at < size; at += 8) store<i64>(sharesEnd + at, load<i64>(OFFERS + at));
  store<i64>(L.DECISION, subtotal + shippingTotal - goodsLeft - shippingLeft, L.DECISION_DISCOUNT_TOTAL);
  store<i64>(L.DECISION, shippingLeft, L.DECISION_SHIPPING_TOTAL);
  store<i64>(L.DECISION, goodsLeft + shippingLeft, L.DECISION_TOTAL);
  store<i32>(L.DECISION, ((sharesEnd - sharesStart) / L.SHARE_STRIDE) as i32, L.DECISION_SHARE_COUNT);
  store<u32>(L.DECISION, sharesStart as u32, L.DECISION_SHARES);
  store<i32>(L.DECISION, offerCount, L.DECISION_OFFER_COUNT);
  store<u32>(L.DECISION, sharesEnd as u32, L.DECISION_OFFERS);
  store<u32>(L.DECISION, (sharesEnd + size - L.DECISION) as u32, L.DECISION_LENGTH);
}
