// What an effect wants: engine/cli/PRICING.md section 5. Values of tiers, bases of chosen units, amounts of one line.

import { nextMatch } from "./filter";
import * as L from "./layout";
import { MAX_MONEY, mulDiv, percentOf, Rounding, roundsAway } from "./money";
import { lineAddress } from "./records";
import { baseOr, leftOf, policy } from "./state";
import { selectedAt, selectedCount } from "./units";

// The effect at hand, as far as it is the same for all its lines.
export let value: i64 = 0;
export let type: i32 = 0;
/** Whether the value is that of a tier, and has to be looked up for each line. */
let tiersByLine: bool = false;
let marginal: bool = false;
let tiers: usize = 0;
let tiersEnd: usize = 0;
let tierBy: i32 = 0;
let initial: bool = false;
let amountRounding: Rounding = Rounding.HalfUp;
let roundPerUnit: bool = false;
let maxPerLine: i64 = L.NONE;
let maxPerUnit: i64 = L.NONE;

/** Reads value, base, tiers and caps of an effect whose units are chosen. False when it wants nothing. */
export function startValue(effect: usize, catalog: bool): bool {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  value = load<i64>(effect, L.EFFECT_VALUE);
  type = load<i32>(effect, L.EFFECT_TYPE);
  amountRounding = load<i32>(policy, L.POLICY_ROUND_AMOUNT) as Rounding;
  roundPerUnit = load<i32>(policy, L.POLICY_ROUND_PER) != 0;
  initial = !catalog && baseOr(more == 0 ? L.BASE_POLICY : load<i32>(more, L.MORE_BASE), L.POLICY_PERCENT_BASE) == L.BASE_INITIAL;
  tiersByLine = false;
  marginal = false;
  tiers = 0;
  maxPerLine = L.NONE;
  maxPerUnit = L.NONE;
  if (more == 0) return true;
  maxPerLine = load<i64>(more, L.MORE_MAX_PER_LINE);
  maxPerUnit = load<i64>(more, L.MORE_MAX_PER_UNIT);
  const priceOf: usize = load<u32>(more, L.MORE_PRICE_OF);
  if (priceOf != 0) {
    value = lowestPrice(priceOf);
    if (value < 0) return false;
  }
  return load<i32>(more, L.MORE_TIER_COUNT) == 0 || startTiers(more);
}

function lowestPrice(filter: usize): i64 {
  let lowest: i64 = L.NONE;
  for (let line = nextMatch(lineAddress(0), filter); line != 0; line = nextMatch(line + L.LINE_STRIDE, filter)) {
    const price = load<i64>(line, L.LINE_UNIT_PRICE);
    if (lowest < 0 || price < lowest) lowest = price;
  }
  return lowest;
}

function startTiers(more: usize): bool {
  tiers = load<u32>(more, L.MORE_TIERS);
  tiersEnd = tiers + (load<u32>(more, L.MORE_TIER_COUNT) as usize) * L.TIER_STRIDE;
  marginal = load<i32>(more, L.MORE_TIER_MODE) == L.TIER_MARGINAL;
  tierBy = load<i32>(more, L.MORE_TIER_BY);
  tiersByLine = tierBy == L.TIER_BY_LINE_TOTAL || tierBy == L.TIER_BY_LINE_QUANTITY;
  if (tiersByLine || marginal) return true;
  value = reached(measureTiers());
  return value >= 0;
}

/** The figure that tiers of the whole selection compare with. */
function measureTiers(): i64 {
  if (tierBy == L.TIER_BY_GOODS) return load<i64>(L.CART + L.CART_GOODS);
  let sum: i64 = 0;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    sum += tierBy == L.TIER_BY_QUANTITY ? (load<i32>(line, L.LINE_CHOSEN) as i64) : baseOf(line);
  }
  return sum;
}

/** The value of the highest tier that a figure reaches; NONE when it reaches none. */
function reached(figure: i64): i64 {
  let found: i64 = L.NONE;
  for (let tier = tiers; tier < tiersEnd && load<i64>(tier, L.TIER_FROM) <= figure; tier += L.TIER_STRIDE) {
    found = load<i64>(tier, L.TIER_VALUE);
  }
  return found;
}

/** Each tier's percentage of what lies in it, summed exactly and rounded once. */
function percentByParts(amount: i64): i64 {
  let sum: i64 = 0;
  let rests: i64 = 0;
  for (let tier = tiers; tier < tiersEnd; tier += L.TIER_STRIDE) {
    const from = load<i64>(tier, L.TIER_FROM);
    if (from >= amount) break;
    const until = tier + L.TIER_STRIDE < tiersEnd ? min(load<i64>(tier + L.TIER_STRIDE, L.TIER_FROM), amount) : amount;
    const part = until - from;
    const ppm = load<i64>(tier, L.TIER_VALUE);
    const whole = mulDiv(part, ppm, L.PPM, Rounding.Down);
    sum += whole;
    // Modulo 2^64 this is exact, because a remainder is below a million.
    rests += part * ppm - whole * L.PPM;
  }
  sum += rests / L.PPM;
  const rest = rests % L.PPM;
  return rest != 0 && roundsAway(sum, rest, L.PPM, amountRounding) ? sum + 1 : sum;
}

/** What the chosen units of a line cost, before or after what was taken off so far. */
export function baseOf(line: usize): i64 {
  const chosen = load<i32>(line, L.LINE_CHOSEN);
  const full = load<i64>(line, L.LINE_UNIT_PRICE) * (chosen as i64);
  if (initial) return full;
  if (chosen >= load<i32>(line, L.LINE_QUANTITY)) return leftOf(line);
  if ((load<u32>(policy, L.POLICY_FLAGS) & L.POLICY_PART_REDUCED) == 0) return min(leftOf(line), full);
  return max(0, full - load<i64>(line, L.LINE_DISCOUNT));
}

/** What an effect on the chosen units of one line wants off it. */
export function wantedOf(line: usize, target: i32): i64 {
  const chosen = load<i32>(line, L.LINE_CHOSEN) as i64;
  if (tiersByLine && !marginal) {
    value = reached(tierBy == L.TIER_BY_LINE_QUANTITY ? chosen : baseOf(line));
    if (value < 0) return 0;
  }
  let wanted = target == L.TARGET_UNIT ? wantedOfUnits(line, chosen) : wantedOfLine(line);
  if (maxPerUnit >= 0) wanted = min(wanted, times(maxPerUnit, chosen));
  return maxPerLine >= 0 ? min(wanted, maxPerLine) : wanted;
}

function wantedOfUnits(line: usize, chosen: i64): i64 {
  const price = load<i64>(line, L.LINE_UNIT_PRICE);
  if (type == L.TYPE_AMOUNT) return min(value, price) * chosen;
  if (type == L.TYPE_PRICE) return max(0, price - value) * chosen;
  if (marginal) return percentByParts(baseOf(line));
  if (roundPerUnit && initial) {
    let off = percentOf(price, value as i32, amountRounding);
    if (maxPerUnit >= 0) off = min(off, maxPerUnit);
    return off * chosen;
  }
  return percentOf(baseOf(line), value as i32, amountRounding);
}

function wantedOfLine(line: usize): i64 {
  const base = baseOf(line);
  if (marginal) return percentByParts(base);
  if (type == L.TYPE_PERCENT) return percentOf(base, value as i32, amountRounding);
  return type == L.TYPE_AMOUNT ? min(value, base) : max(0, base - value);
}

/** What an effect on chosen lines together wants off `base`, their sum; `count` is how many bundles there are. */
export function wantedTogether(base: i64, count: i64): i64 {
  if (marginal) return percentByParts(base);
  if (type == L.TYPE_PERCENT) return percentOf(base, value as i32, amountRounding);
  const stated = times(value, count);
  return type == L.TYPE_AMOUNT ? min(stated, base) : max(0, base - stated);
}

/** Of shipping, whose bases are entries. */
export function wantedOfEntry(base: i64): i64 {
  if (type == L.TYPE_PERCENT) return percentOf(base, value as i32, amountRounding);
  return type == L.TYPE_AMOUNT ? min(value, base) : max(0, base - value);
}

@inline
export function onInitial(): bool {
  return initial;
}

/** A product that stays an amount: more than all there is cannot be wanted. */
@inline
function times(amount: i64, count: i64): i64 {
  if (count <= 1) return count == 1 ? amount : 0;
  return amount > MAX_MONEY / count ? MAX_MONEY : amount * count;
}

/** What a catalog promotion wants off a whole line: the same whole number off each unit, since it becomes the price. */
export function wantedOfCatalog(line: usize): i64 {
  const quantity = load<i32>(line, L.LINE_QUANTITY) as i64;
  if (tiersByLine && !marginal) {
    value = reached(tierBy == L.TIER_BY_LINE_QUANTITY ? quantity : leftOf(line));
    if (value < 0) return 0;
  }
  const price = leftOf(line) / quantity;
  let off = offUnit(price, leftOf(line), quantity);
  if (maxPerUnit >= 0) off = min(off, maxPerUnit);
  return maxPerLine >= 0 ? min(off * quantity, maxPerLine) : off * quantity;
}

function offUnit(price: i64, left: i64, quantity: i64): i64 {
  if (type == L.TYPE_AMOUNT) return min(value, price);
  if (type == L.TYPE_PRICE) return max(0, price - value);
  if (marginal) return percentByParts(left) / quantity;
  return min(price, percentOf(price, value as i32, load<i32>(policy, L.POLICY_ROUND_CATALOG) as Rounding));
}
