// Gives a promotion's effects what they want, as far as there is room: engine/cli/PRICING.md section 6. Effects that say
// nothing of units, caps and tiers go a short way, which stands here; goods.ts, shipping.ts and rewards.ts have the long ones.

import { masked } from "./choices";
import { Effects } from "./effects";
import { applyToLines, applyTogether } from "./goods";
import * as L from "./layout";
import { unitCap } from "./limits";
import { ADDRESSES, COUNT } from "./lines";
import { measureMargin } from "./margin";
import { percentOf, Rounding } from "./money";
import { lineAddress } from "./records";
import { applyGift, applyReward } from "./rewards";
import { applyShipping } from "./shipping";
import { setWeight, shareAt, split, splitFreely } from "./split";
import { goodsLeft, goodsRoom, leftOf, marginPpm, moveGoods, policy, roomOf } from "./state";
import { newOffer, startOffer, takeFitting, takePlain } from "./take";
import { catalog, finish, flags, position, startTally } from "./tally";
import { chooseUnits } from "./units";
import { startValue } from "./values";

/** No limits, masks, floors of margin or used units to look after. */
let plain: bool = false;
/** Plain order amounts are split the way that most policies split them. */
let plainSplit: bool = false;

/** Whether order amounts go the short way under this policy. */
export function startApplying(): void {
  plainSplit =
    load<i32>(policy, L.POLICY_SPLIT) == L.SPLIT_PROPORTIONAL &&
    load<i32>(policy, L.POLICY_SPLIT_BASE) == L.BASE_CURRENT &&
    load<i32>(policy, L.POLICY_SPLIT_GROSS) == 0 &&
    load<i32>(policy, L.POLICY_REMAINDER) == L.REMAINDER_LARGEST &&
    load<i32>(policy, L.POLICY_RESPREAD) != 0;
}

/** Applies effects in their order: cells of a rule's result, or records of the table up to `stop`. */
export function applyEffects(at: i32, promotion: usize, first: usize, stop: usize): void {
  startTally(at, promotion);
  plain = load<i32>(promotion, L.PROMOTION_LIMIT_COUNT) == 0 && !masked && !catalog && marginPpm == L.NONE && (flags & (L.PROMOTION_UNITS_ONCE | L.PROMOTION_UNDISCOUNTED)) == 0;
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
    else if (catalog || target <= L.TARGET_LINE) applyToLines(effect, offer, target);
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
  moveGoods(granted);
  finish(offer, wanted, granted);
}

function takeFromAll(amount: i64): i64 {
  if (amount <= 0) return 0;
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  let line = lineAddress(0);
  // Without floors each line's room is its weight, and no share of an amount that fits is more than that.
  if (goodsRoom == goodsLeft) splitFreely(amount, goodsLeft, count);
  else {
    for (let i = 0; i < count; i++, line += L.LINE_STRIDE) setWeight(i, leftOf(line), roomOf(line));
    split(amount, count, Rounding.Down, L.REMAINDER_LARGEST, true);
    line = lineAddress(0);
  }
  for (let i = 0; i < count; i++, line += L.LINE_STRIDE) {
    const share = shareAt(i);
    if (share != 0) takeFitting(line, share);
  }
  moveGoods(amount);
  return amount;
}

/** What is missing to a threshold, as a message without a reason. */
export function writeUnlock(at: i32, missing: i64, unit: i32): void {
  store<i64>(newOffer(at, L.TARGET_MESSAGE, unit), missing, L.OFFER_WANTED);
}
