// Effects on goods, the long way: chosen units, caps, tiers, allowances, floors. engine/cli/PRICING.md sections 4 to 6.

import { moneyCap } from "./limits";
import * as L from "./layout";
import { countsForMargin, holdMargin, marginRoom } from "./margin";
import { lineAddress } from "./records";
import { setWeight, shareAt, splitByPolicy } from "./split";
import { addWanted, BOUGHT_UNITS, leftOf, marginPpm, policy } from "./state";
import { roomOfChosen, takeChosen, useUnits } from "./take";
import { catalog, finish, flags } from "./tally";
import { grossOf } from "./tax";
import { selectedAt, selectedCount, times } from "./units";
import { baseOf, wantedOf, wantedOfCatalog, wantedTogether } from "./values";

/** Off each chosen unit or line. In the catalog phase lines are taken whole. */
export function applyToLines(effect: usize, offer: usize, target: i32, gave: bool = false): void {
  let wanted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    if (catalog) store<i32>(line, load<i32>(line, L.LINE_QUANTITY), L.LINE_CHOSEN);
    const part = catalog ? wantedOfCatalog(line) : wantedOf(line, target);
    store<i64>(line, part, L.LINE_WANTED);
    wanted = addWanted(wanted, part);
  }
  takeFromChosen(effect, offer, wanted, gave);
}

/** Takes what each line wants, within the effect's cap and what allowances leave. */
function takeFromChosen(effect: usize, offer: usize, wanted: i64, gave: bool): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  if (more != 0 && load<i64>(more, L.MORE_MAX_AMOUNT) >= 0) wanted = capLines(more, wanted, load<i64>(more, L.MORE_MAX_AMOUNT));
  capLines(more, wanted, moneyCap());
  let granted: i64 = 0;
  for (let i = 0; i < selectedCount; i++) granted += takeWanted(selectedAt(i));
  finish(offer, wanted, granted, gave);
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
export function applyTogether(effect: usize, offer: usize): void {
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
