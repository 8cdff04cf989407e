// Effects on shipping entries.

import * as L from "./layout";
import { moneyCap } from "./limits";
import { shippingAddress } from "./records";
import { setWeight, shareAt, splitByPolicy } from "./split";
import { takeShipping } from "./take";
import { finish } from "./tally";
import { onInitial, startValue, type, value, wantedOfEntry } from "./values";

export function applyShipping(effect: usize, offer: usize): void {
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
