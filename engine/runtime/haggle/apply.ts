// Gives a promotion's effects what they want, as far as there is room: engine/PRICING.md section 6.

import { Effects } from "./effects";
import { isDiscounted } from "./filter";
import * as L from "./layout";
import { moneyCap, unitCap } from "./limits";
import { ADDRESSES, COUNT } from "./lines";
import { countsForMargin, holdMargin, marginRoom, measureMargin } from "./margin";
import { masked } from "./choices";
import { percentOf, Rounding } from "./money";
import { orderOf } from "./orders";
import { lineAddress, shippingAddress } from "./records";
import { setWeight, shareAt, split, splitByPolicy } from "./split";
import { addWanted, BOUGHT_UNITS, goodsLeft, goodsRoom, leftOf, marginPpm, policy, roomOf } from "./state";
import { addLine, dropOffer, newOffer, roomOfChosen, setTaking, startOffer, takeChosen, takePlain, takeShipping, useUnits } from "./take";
import { grossOf } from "./tax";
import { chooseUnits, selectedAt, selectedCount, times, unitsOf } from "./units";
import { baseOf, onInitial, startValue, type, value, wantedOf, wantedOfCatalog, wantedOfEntry, wantedTogether } from "./values";

/** Money that the promotion at hand wanted and got, and whether it gave something else: a gift, points, cashback. */
export let wantedSum: i64 = 0;
export let grantedSum: i64 = 0;
export let gaveOther: bool = false;
/** Whether an effect that moves money, or adds a gift, got nothing. */
export let gotNothing: bool = false;

let position: i32 = 0;
let flags: u32 = 0;
let catalog: bool = false;
/** No limits, masks, floors of margin or used units to look after. */
let plain: bool = false;
/** Plain order amounts are split the way that most policies split them. */
let plainSplit: bool = false;

/** Applies effects in their order: cells of a rule's result, or records of the table up to `stop`. */
export function applyEffects(at: i32, promotion: usize, first: usize, stop: usize): void {
  position = at;
  flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  catalog = load<i32>(promotion, L.PROMOTION_PHASE) == L.PHASE_CATALOG;
  plain = load<i32>(promotion, L.PROMOTION_LIMIT_COUNT) == 0 && !masked && !catalog && marginPpm == L.NONE && (flags & (L.PROMOTION_UNITS_ONCE | L.PROMOTION_UNDISCOUNTED)) == 0;
  setTaking(catalog, (flags & L.PROMOTION_UNITS_ONCE) != 0);
  wantedSum = 0;
  grantedSum = 0;
  gaveOther = false;
  gotNothing = false;
  while (first != stop) {
    if (stop != 0) {
      applyEffect(first);
      first += L.EFFECT_STRIDE;
    } else {
      applyEffect(changetype<Effects>(first).effect as usize);
      first = changetype<Effects>(first).next as usize;
    }
  }
}

function applyEffect(effect: usize): void {
  const target = load<i32>(effect, L.EFFECT_TARGET);
  const offer = startOffer(position, effect);
  if (target <= L.TARGET_ORDER) {
    if (plain && load<u32>(effect, L.EFFECT_MORE) == 0 && applyPlain(effect, offer, target)) return;
    if (marginPpm != L.NONE) measureMargin();
    chooseUnits(effect, flags, unitCap());
    if (!startValue(effect, catalog)) finish(offer, 0, 0);
    else if (catalog) applyCatalog(effect, offer);
    else if (target <= L.TARGET_LINE) applyToLines(effect, offer, target);
    else applyTogether(effect, offer);
    return;
  }
  switch (target) {
    case L.TARGET_SHIPPING:
      applyShipping(effect, offer);
      break;
    case L.TARGET_GIFT:
      applyGift(effect, offer);
      break;
    case L.TARGET_MESSAGE:
      store<i64>(offer, load<i64>(effect, L.EFFECT_VALUE), L.OFFER_WANTED);
      break;
    default:
      applyReward(effect, offer);
  }
}

function finish(offer: usize, wanted: i64, granted: i64, gave: bool = false): void {
  store<i64>(offer, wanted, L.OFFER_WANTED);
  store<i64>(offer, granted, L.OFFER_GRANTED);
  wantedSum = addWanted(wantedSum, wanted);
  grantedSum += granted;
  if (granted == 0 && !gave) gotNothing = true;
}

/**
 * The short way of effects that say nothing of units, caps and tiers: percentages and amounts off lines, and off the
 * order. False when this effect has to go the long way.
 */
function applyPlain(effect: usize, offer: usize, target: i32): bool {
  const kind = load<i32>(effect, L.EFFECT_TYPE);
  const selects = load<i32>(effect, L.EFFECT_SELECTS);
  if (target == L.TARGET_ORDER) {
    if (!plainSplit || selects != L.SELECTS_ALL || kind == L.TYPE_PRICE) return false;
    const base = load<i32>(policy, L.POLICY_PERCENT_BASE) == L.BASE_INITIAL ? load<i64>(L.CART + L.CART_SUBTOTAL) : goodsLeft;
    const stated = load<i64>(effect, L.EFFECT_VALUE);
    const wanted = kind == L.TYPE_PERCENT ? percentOf(base, stated as i32, load<i32>(policy, L.POLICY_ROUND_AMOUNT) as Rounding) : min(stated, base);
    finish(offer, wanted, takeFromAll(min(wanted, goodsRoom)));
    return true;
  }
  if (target != L.TARGET_LINE) return false;
  if (selects == L.SELECTS_LINE) takeFromLines(effect, offer, effect + L.EFFECT_SELECTION, 1);
  else if (selects == L.SELECTS_LINES) {
    const selection: usize = load<u32>(effect, L.EFFECT_SELECTION);
    takeFromLines(effect, offer, load<u32>(selection, ADDRESSES), load<i32>(selection, COUNT));
  } else return false;
  return true;
}

/** Off each of some lines, whose addresses lie one behind another. */
function takeFromLines(effect: usize, offer: usize, address: usize, count: i32): void {
  const initial = load<i32>(policy, L.POLICY_PERCENT_BASE) == L.BASE_INITIAL;
  const rounding = load<i32>(policy, L.POLICY_ROUND_AMOUNT) as Rounding;
  const kind = load<i32>(effect, L.EFFECT_TYPE);
  const stated = load<i64>(effect, L.EFFECT_VALUE);
  let wanted: i64 = 0;
  let granted: i64 = 0;
  for (const end = address + ((count as usize) << 2); address < end; address += 4) {
    const line: usize = load<u32>(address);
    const base = initial ? load<i64>(line, L.LINE_TOTAL) : leftOf(line);
    const part = kind == L.TYPE_PERCENT ? percentOf(base, stated as i32, rounding) : kind == L.TYPE_AMOUNT ? min(stated, base) : max(0, base - stated);
    wanted += part;
    granted += takePlain(line, part);
  }
  finish(offer, wanted, granted);
}

function takeFromAll(amount: i64): i64 {
  if (amount <= 0) return 0;
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  let line = lineAddress(0);
  for (let i = 0; i < count; i++, line += L.LINE_STRIDE) setWeight(i, leftOf(line), roomOf(line));
  split(amount, count, Rounding.Down, L.REMAINDER_LARGEST, true);
  line = lineAddress(0);
  for (let i = 0; i < count; i++, line += L.LINE_STRIDE) {
    const share = shareAt(i);
    if (share != 0) takePlain(line, share);
  }
  return amount;
}

/** Whether order amounts go the short way under this policy. */
export function startApplying(): void {
  plainSplit =
    load<i32>(policy, L.POLICY_SPLIT) == L.SPLIT_PROPORTIONAL &&
    load<i32>(policy, L.POLICY_SPLIT_BASE) == L.BASE_CURRENT &&
    load<i32>(policy, L.POLICY_SPLIT_GROSS) == 0 &&
    load<i32>(policy, L.POLICY_REMAINDER) == L.REMAINDER_LARGEST &&
    load<i32>(policy, L.POLICY_RESPREAD) != 0;
}

function applyCatalog(effect: usize, offer: usize): void {
  let wanted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    const quantity = load<i32>(line, L.LINE_QUANTITY);
    store<i32>(line, quantity, L.LINE_CHOSEN);
    const part = wantedOfCatalog(line);
    store<i64>(line, part, L.LINE_WANTED);
    wanted = addWanted(wanted, part);
  }
  takeFromChosen(effect, offer, wanted);
}

function applyToLines(effect: usize, offer: usize, target: i32): void {
  let wanted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    const part = wantedOf(line, target);
    store<i64>(line, part, L.LINE_WANTED);
    wanted = addWanted(wanted, part);
  }
  takeFromChosen(effect, offer, wanted);
}

/** Takes what each line wants, within the effect's cap and what allowances leave. */
function takeFromChosen(effect: usize, offer: usize, wanted: i64): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  if (more != 0 && load<i64>(more, L.MORE_MAX_AMOUNT) >= 0) wanted = capLines(more, wanted, load<i64>(more, L.MORE_MAX_AMOUNT));
  capLines(more, wanted, moneyCap());
  let granted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) granted += takeWanted(selectedAt(i));
  finish(offer, wanted, granted);
  if (granted > 0) useBought(effect);
}

@inline
function takeWanted(line: usize): i64 {
  return takeChosen(line, load<i64>(line, L.LINE_WANTED));
}

/** Shares a cap out over what the lines want, when they want more. Returns what they want then. */
function capLines(more: usize, wanted: i64, cap: i64): i64 {
  if (wanted <= cap) return wanted;
  const way = more == 0 ? L.CAP_WANTED : load<i32>(more, L.MORE_CAP_SPLIT);
  if (way == L.CAP_ORDER) {
    let open = max(cap, 0);
    for (let i = 0; i < selectedCount; i++) {
      const line = selectedAt(i);
      const part = min(load<i64>(line, L.LINE_WANTED), open);
      store<i64>(line, part, L.LINE_WANTED);
      open -= part;
    }
    return max(cap, 0);
  }
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    const part = load<i64>(line, L.LINE_WANTED);
    setWeight(i, way == L.CAP_TOTALS ? leftOf(line) : part, part);
  }
  splitByPolicy(max(cap, 0), selectedCount, true);
  let sum: i64 = 0;
  for (let i = 0; i < selectedCount; i++) {
    store<i64>(selectedAt(i), shareAt(i), L.LINE_WANTED);
    sum += shareAt(i);
  }
  return sum;
}

/** One amount off the chosen lines together, split over them. */
function applyTogether(effect: usize, offer: usize): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  let base: i64 = 0;
  let room: i64 = 0;
  let counted = false;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    base += baseOf(line);
    room += roomOfChosen(line);
    if (marginPpm != L.NONE && countsForMargin(line)) counted = true;
  }
  let wanted = min(base, wantedTogether(base, times));
  if (more != 0 && load<i64>(more, L.MORE_MAX_AMOUNT) >= 0) wanted = min(wanted, load<i64>(more, L.MORE_MAX_AMOUNT));
  let amount = min(min(wanted, room), max(moneyCap(), 0));
  if (counted && marginRoom < amount) {
    amount = marginRoom;
    holdMargin();
  }
  if (amount <= 0) {
    finish(offer, wanted, 0);
    return;
  }
  const stated = more == 0 ? L.SPLIT_POLICY : load<i32>(more, L.MORE_SPLIT);
  const way = stated == L.SPLIT_POLICY ? load<i32>(policy, L.POLICY_SPLIT) : stated;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    setWeight(i, weightOf(line, way), roomOfChosen(line));
  }
  splitByPolicy(amount, selectedCount, load<i32>(policy, L.POLICY_RESPREAD) != 0);
  let granted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) store<i64>(selectedAt(i), shareAt(i), L.LINE_WANTED);
  for (let i = 0; i < selectedCount; i++) granted += takeWanted(selectedAt(i));
  finish(offer, wanted, granted);
  if (granted > 0) useBought(effect);
}

function weightOf(line: usize, way: i32): i64 {
  if (way == L.SPLIT_EVEN) return 1;
  if (way == L.SPLIT_QUANTITY) return load<i32>(line, L.LINE_CHOSEN) as i64;
  const amount = load<i32>(policy, L.POLICY_SPLIT_BASE) == L.BASE_INITIAL ? load<i64>(line, L.LINE_TOTAL) : leftOf(line);
  return load<i32>(policy, L.POLICY_SPLIT_GROSS) != 0 ? grossOf(amount, load<i32>(line, L.LINE_TAX_RATE)) : amount;
}

/** Units that the effect counted as bought are used up as well, for promotions that use each unit once. */
function useBought(effect: usize): void {
  if ((flags & L.PROMOTION_UNITS_ONCE) == 0) return;
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  if (more == 0 || load<i32>(more, L.MORE_BUY_QUANTITY) == 0) return;
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++) useUnits(lineAddress(i), load<i32>(BOUGHT_UNITS + ((i as usize) << 2)));
}

function applyShipping(effect: usize, offer: usize): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  const count = load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  const each = more != 0 && (load<u32>(more, L.MORE_FLAGS) & L.MORE_EACH) != 0;
  startValue(effect, false);
  let base: i64 = 0;
  let wanted: i64 = 0;
  for (let i = 0; i < count; i++) {
    const entry = shippingAddress(i);
    let part: i64 = 0;
    if (isSelectedMethod(effect, load<u32>(entry, L.SHIPPING_METHOD))) {
      part = load<i64>(entry, L.SHIPPING_PRICE) - (onInitial() ? 0 : load<i64>(entry, L.SHIPPING_DISCOUNT));
      base += part;
      if (each || type != L.TYPE_AMOUNT) part = wantedOfEntry(part);
    }
    store<i64>(entry, part, L.SHIPPING_WANTED);
    wanted += part;
  }
  if (!each && type == L.TYPE_AMOUNT) wanted = capEntries(count, base, min(value, base));
  if (more != 0 && load<i64>(more, L.MORE_MAX_AMOUNT) >= 0) wanted = capEntries(count, wanted, load<i64>(more, L.MORE_MAX_AMOUNT));
  capEntries(count, wanted, moneyCap());
  let granted: i64 = 0;
  for (let i = 0; i < count; i++) granted += takeShipping(i, load<i64>(shippingAddress(i), L.SHIPPING_WANTED));
  finish(offer, wanted, granted);
}

/** Splits an amount over entries in proportion to what they want, when they want more. Returns what they want then. */
function capEntries(count: i32, wanted: i64, cap: i64): i64 {
  if (wanted <= cap) return wanted;
  for (let i = 0; i < count; i++) {
    const entry = shippingAddress(i);
    const part = load<i64>(entry, L.SHIPPING_WANTED);
    setWeight(i, part, min(part, load<i64>(entry, L.SHIPPING_PRICE) - load<i64>(entry, L.SHIPPING_DISCOUNT)));
  }
  splitByPolicy(max(cap, 0), count, true);
  for (let i = 0; i < count; i++) store<i64>(shippingAddress(i), shareAt(i), L.SHIPPING_WANTED);
  return max(cap, 0);
}

function isSelectedMethod(effect: usize, method: u32): bool {
  if (load<i32>(effect, L.EFFECT_SELECTS) != L.SELECTS_METHODS) return true;
  const tags: usize = load<u32>(effect, L.EFFECT_SELECTION);
  const count = load<i32>(tags, L.TAGS_COUNT);
  for (let i = 0; i < count; i++) {
    if (method != 0 && load<u32>(tags + ((i as usize) << 2), L.TAGS_SYMBOLS) == method) return true;
  }
  return count == L.TAGS_ANY;
}

/** Adds pieces; those that are in the cart already are discounted there first. */
function applyGift(effect: usize, offer: usize): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  const moreFlags = load<u32>(more, L.MORE_FLAGS);
  const sku = load<u32>(more, L.MORE_GIFT_SKU);
  const unitPrice = load<i64>(more, L.MORE_GIFT_PRICE);
  const ppm = load<i64>(effect, L.EFFECT_VALUE) as i32;
  const rounding = load<i32>(policy, L.POLICY_ROUND_AMOUNT) as Rounding;
  let pieces = load<i32>(more, L.MORE_GIFT_QUANTITY) as i64;
  if ((moreFlags & L.MORE_GIFT_PER_UNIT) != 0) {
    chooseUnits(effect, flags, L.NONE);
    let units: i64 = 0;
    for (let i = 0; i < selectedCount; i++) units += load<i32>(selectedAt(i), L.LINE_CHOSEN) as i64;
    pieces *= units;
  }
  if (pieces > (L.MAX_QUANTITY as i64)) pieces = L.MAX_QUANTITY as i64;
  let wanted: i64 = 0;
  let granted: i64 = 0;
  startValue(effect, false);
  if ((moreFlags & L.MORE_DISCOUNT_PRESENT) != 0 && sku != 0) {
    let address = orderOf(L.PICK_CHEAPEST);
    for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n && pieces > 0; i++, address += 4) {
      const line: usize = load<u32>(address);
      if (load<u32>(line, L.LINE_SKU) != sku || ((flags & L.PROMOTION_UNDISCOUNTED) != 0 && isDiscounted(line))) continue;
      const units = min(pieces, max(unitsOf(line, flags), 0) as i64);
      if (units == 0) continue;
      store<i32>(line, units as i32, L.LINE_CHOSEN);
      const part = wantedOf(line, L.TARGET_UNIT);
      wanted += part;
      granted += takeChosen(line, part);
      pieces -= units;
    }
  }
  finish(offer, wanted, granted, pieces > 0);
  if (pieces == 0) return;
  // What is taken off added goods is told by the added line, and is no part of what the promotion wanted and got.
  addLine(sku, load<u32>(more, L.MORE_GIFT_PRODUCT), pieces as i32, unitPrice, percentOf(unitPrice * pieces, ppm, rounding));
  gaveOther = true;
}

/** Points and cashback: no money off this order. */
function applyReward(effect: usize, offer: usize): void {
  let amount = load<i64>(effect, L.EFFECT_VALUE);
  if (load<i32>(effect, L.EFFECT_TYPE) == L.TYPE_PERCENT) {
    chooseUnits(effect, flags, L.NONE);
    let total: i64 = 0;
    for (let i = 0; i < selectedCount; i++) total += leftOf(selectedAt(i));
    amount = percentOf(total, amount as i32, Rounding.Down);
  }
  if (amount == 0) {
    dropOffer();
    return;
  }
  store<i64>(offer, amount, L.OFFER_WANTED);
  store<i64>(offer, amount, L.OFFER_GRANTED);
  gaveOther = true;
}

/** What is missing to a threshold, as a message without a reason. */
export function writeUnlock(at: i32, missing: i64, unit: i32): void {
  store<i64>(newOffer(at, L.TARGET_MESSAGE, unit), missing, L.OFFER_WANTED);
}
