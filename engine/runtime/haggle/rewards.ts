// Effects that give something else than money off this order: gifts, points, cashback.

import { applyToLines } from "./goods";
import * as L from "./layout";
import { measureMargin } from "./margin";
import { percentOf, Rounding } from "./money";
import { leftOf, marginPpm, policy } from "./state";
import { addLine, dropOffer } from "./take";
import { finish, flags, noteOther } from "./tally";
import { choosePresent, chooseUnits, selectedAt, selectedCount } from "./units";
import { startValue } from "./values";

/** Adds pieces; those that are in the cart already are discounted there first. */
export function applyGift(effect: usize, offer: usize): void {
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
  let present: i64 = 0;
  if ((moreFlags & L.MORE_DISCOUNT_PRESENT) != 0 && sku != 0) {
    present = choosePresent(sku, flags, pieces as i32);
    startValue(effect, false);
    if (marginPpm != L.NONE) measureMargin();
    applyToLines(effect, offer, L.TARGET_UNIT, pieces > present);
    pieces -= present;
  } else finish(offer, 0, 0, pieces > 0);
  if (pieces == 0) return;
  // What is taken off added goods is told by the added line, and is no part of what the promotion wanted and got.
  addLine(sku, load<u32>(more, L.MORE_GIFT_PRODUCT), pieces as i32, unitPrice, percentOf(unitPrice * pieces, ppm, rounding));
}

/** Points and cashback: no money off this order. */
export function applyReward(effect: usize, offer: usize): void {
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
  noteOther();
}
