// What is taken off lines and shipping: offers, their shares, and the way back. Whatever a promotion does is written
// here, so that all of it can be undone: options of a group are compared by applying them.

import { ADDED, MAX_ADDED, MAX_OFFERS, MAX_USES, OFFERS, USES, moveLine, moveShipping, roomOf, marginPpm } from "./state";
import { isAllowed, masked } from "./choices";
import { claimCount, drawMoney, drawUnits, fits, undoClaims } from "./limits";
import { countsForMargin, holdMargin, marginRoom, moveMargin } from "./margin";
import * as L from "./layout";
import { fault } from "./money";
import { lineAddress, shippingAddress } from "./records";

const DECISION_END: usize = L.DECISION + L.DECISION_CAPACITY;

export let offerCount: i32 = 0;
export let sharesStart: usize = 0;
export let sharesEnd: usize = 0;
export let addedCount: i32 = 0;
/** Value and discount of all added lines. */
export let addedTotal: i64 = 0;
export let addedDiscount: i64 = 0;
/** Units that the shares of the promotion at hand discount. */
export let unitsTaken: i64 = 0;
/** Whether a share was left out because it did not fit an allowance. */
export let dropped: bool = false;
let useCount: i32 = 0;
let usesKept: i32 = 0;

export function startTaking(shares: usize): void {
  offerCount = 0;
  sharesStart = shares;
  sharesEnd = shares;
  addedCount = 0;
  addedTotal = 0;
  addedDiscount = 0;
  useCount = 0;
  usesKept = 0;
}

@inline
export function startCounting(): void {
  unitsTaken = 0;
  dropped = false;
}

/** A new offer of the promotion at a position among the candidates; its amounts are set when they are known. */
export function startOffer(position: i32, effect: usize): usize {
  const offer = newOffer(position, load<i32>(effect, L.EFFECT_TARGET), load<i32>(effect, L.EFFECT_TYPE));
  store<u32>(offer, load<u32>(effect, L.EFFECT_REASON), L.OFFER_REASON);
  return offer;
}

export function newOffer(position: i32, target: i32, type: i32): usize {
  if (offerCount == MAX_OFFERS) fault(L.FAULT_CAPACITY);
  const offer = OFFERS + (offerCount as usize) * L.OFFER_STRIDE;
  offerCount++;
  store<i32>(offer, position, L.OFFER_PROMOTION);
  store<i32>(offer, target, L.OFFER_TARGET);
  store<u32>(offer, 0, L.OFFER_REASON);
  store<i32>(offer, type, L.OFFER_TYPE);
  store<i64>(offer, 0, L.OFFER_WANTED);
  store<i64>(offer, 0, L.OFFER_GRANTED);
  return offer;
}

/** The last offer was nothing after all. */
@inline
export function dropOffer(): void {
  offerCount--;
}

function writeShare(target: i32, amount: i64, units: i32, first: i32): void {
  const share = sharesEnd;
  if (share + L.SHARE_STRIDE > DECISION_END) fault(L.FAULT_CAPACITY);
  store<i32>(share, offerCount - 1, L.SHARE_OFFER);
  store<i32>(share, target, L.SHARE_TARGET);
  store<i64>(share, amount, L.SHARE_AMOUNT);
  store<i32>(share, units, L.SHARE_UNITS);
  store<i32>(share, first, L.SHARE_FIRST);
  sharesEnd = share + L.SHARE_STRIDE;
}

/** Takes an amount off a whole line: the way of plain effects. The caller tells `moveGoods` of all lines at once. */
@inline
export function takePlain(line: usize, wanted: i64): i64 {
  const room = roomOf(line);
  const granted = wanted < room ? wanted : room;
  if (granted <= 0) return 0;
  takeFitting(line, granted);
  return granted;
}

/** The same for an amount for which there is room. */
@inline
export function takeFitting(line: usize, amount: i64): void {
  store<i64>(line, load<i64>(line, L.LINE_DISCOUNT) + amount, L.LINE_DISCOUNT);
  writeShare(load<i32>(line, L.LINE_INDEX), amount, load<i32>(line, L.LINE_QUANTITY), 0);
}

/** The room of the chosen units of a line. */
export function roomOfChosen(line: usize): i64 {
  const room = roomOf(line);
  const chosen = load<i32>(line, L.LINE_CHOSEN);
  if (chosen >= load<i32>(line, L.LINE_QUANTITY)) return room;
  const above = load<i64>(line, L.LINE_UNIT_PRICE) - ((load<u32>(line, L.LINE_FLAGS) & L.LINE_HAS_MIN) != 0 ? load<i64>(line, L.LINE_MIN_UNIT_PRICE) : 0);
  return above <= 0 ? 0 : min(room, above * (chosen as i64));
}

/** What becomes the price is the same whole number for every unit. */
let wholeUnits: bool = false;
/** The units that the promotion at hand takes serve no other that says so. */
let unitsOnce: bool = false;

@inline
export function setTaking(whole: bool, once: bool): void {
  wholeUnits = whole;
  unitsOnce = once;
}

/** Takes an amount off the chosen units of a line, as far as there is room. Returns what was granted. */
export function takeChosen(line: usize, wanted: i64): i64 {
  let granted = min(wanted, roomOfChosen(line));
  const counted = marginPpm != L.NONE && countsForMargin(line);
  if (counted && marginRoom < granted) {
    granted = marginRoom;
    holdMargin();
  }
  if (wholeUnits) granted -= granted % (load<i32>(line, L.LINE_QUANTITY) as i64);
  if (granted <= 0 || (masked && !isAllowed(line))) return 0;
  const chosen = load<i32>(line, L.LINE_CHOSEN);
  if (!fits(granted, chosen as i64)) {
    dropped = true;
    return 0;
  }
  if (counted) moveMargin(granted);
  moveLine(line, granted);
  drawMoney(granted);
  drawUnits(chosen as i64);
  unitsTaken += chosen as i64;
  if (unitsOnce) useUnits(line, chosen);
  // Units that are used up already stand first, as long as there are others.
  writeShare(load<i32>(line, L.LINE_INDEX), granted, chosen, min(load<i32>(line, L.LINE_USED), load<i32>(line, L.LINE_QUANTITY) - chosen));
  return granted;
}

/** Takes an amount off a shipping entry, as far as something is left of it. */
export function takeShipping(index: i32, wanted: i64): i64 {
  const entry = shippingAddress(index);
  const granted = min(wanted, load<i64>(entry, L.SHIPPING_PRICE) - load<i64>(entry, L.SHIPPING_DISCOUNT));
  if (granted <= 0) return 0;
  if (!fits(granted, 0)) {
    dropped = true;
    return 0;
  }
  moveShipping(entry, granted);
  drawMoney(granted);
  writeShare(index, granted, 0, 0);
  return granted;
}

/** Adds a line to the order; the offer at hand is its reason. */
export function addLine(sku: u32, product: u32, quantity: i32, unitPrice: i64, discount: i64): void {
  if (addedCount == MAX_ADDED) fault(L.FAULT_CAPACITY);
  const at = ADDED + (addedCount as usize) * L.ADDED_STRIDE;
  addedCount++;
  store<i32>(at, offerCount - 1, L.ADDED_OFFER);
  store<u32>(at, sku, L.ADDED_SKU);
  store<u32>(at, product, L.ADDED_PRODUCT);
  store<i32>(at, quantity, L.ADDED_QUANTITY);
  store<i64>(at, unitPrice, L.ADDED_UNIT_PRICE);
  store<i64>(at, discount, L.ADDED_DISCOUNT);
  addedTotal += unitPrice * (quantity as i64);
  addedDiscount += discount;
}

/** Notes that units of a line serve no other promotion that uses each unit once, from the next promotion on. */
export function useUnits(line: usize, units: i32): void {
  if (units == 0) return;
  if (useCount == MAX_USES) fault(L.FAULT_CAPACITY);
  const at = USES + ((useCount as usize) << 3);
  useCount++;
  store<u32>(at, line as u32);
  store<i32>(at + 4, units);
}

/** The promotion at hand stands: what it noted is used up. */
export function keepUses(): void {
  for (; usesKept < useCount; usesKept++) {
    const at = USES + ((usesKept as usize) << 3);
    const line: usize = load<u32>(at);
    const units = min(load<i32>(at + 4), load<i32>(line, L.LINE_QUANTITY) - load<i32>(line, L.LINE_USED));
    store<i32>(at + 4, units);
    store<i32>(line, load<i32>(line, L.LINE_USED) + units, L.LINE_USED);
  }
}

// ---- A mark, and the way back to it. Marks nest: a promotion is undone within an option, an option within a tree.

/** Everything taken behind a mark is given back. A mark is five numbers at an address. */
export const MARK: usize = 40;

export function mark(at: usize): void {
  store<i64>(at, sharesEnd as i64);
  store<i32>(at + 8, offerCount);
  store<i32>(at + 12, addedCount);
  store<i32>(at + 16, claimCount);
  store<i32>(at + 20, useCount);
  store<i64>(at + 24, addedTotal);
  store<i64>(at + 32, addedDiscount);
}

export function undoTo(at: usize): void {
  const shares = load<i64>(at) as usize;
  while (sharesEnd > shares) {
    sharesEnd -= L.SHARE_STRIDE;
    const amount = load<i64>(sharesEnd, L.SHARE_AMOUNT);
    const target = load<i32>(sharesEnd, L.SHARE_TARGET);
    const offer = OFFERS + (load<u32>(sharesEnd, L.SHARE_OFFER) as usize) * L.OFFER_STRIDE;
    if (load<i32>(offer, L.OFFER_TARGET) == L.TARGET_SHIPPING) moveShipping(shippingAddress(target), -amount);
    else moveLine(lineAddress(target), -amount);
  }
  offerCount = load<i32>(at + 8);
  addedCount = load<i32>(at + 12);
  undoClaims(load<i32>(at + 16));
  for (const uses = load<i32>(at + 20); useCount > uses; useCount--) {
    if (useCount > usesKept) continue;
    usesKept--;
    const use = USES + (((useCount - 1) as usize) << 3);
    const line: usize = load<u32>(use);
    store<i32>(line, load<i32>(line, L.LINE_USED) - load<i32>(use + 4), L.LINE_USED);
  }
  addedTotal = load<i64>(at + 24);
  addedDiscount = load<i64>(at + 32);
}
