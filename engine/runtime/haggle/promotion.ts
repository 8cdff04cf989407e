// One promotion at its turn: may it run, what does it do, and what became of it.

import { Context } from "./cart";
import { applyEffects, writeUnlock } from "./apply";
import { groupRecord, groupState, STATE_STAMP, STATE_TAKEN_BY, STATE_WINNER } from "./choices";
import { failedCondition, missingTo, unitOfMissing } from "./conditions";
import { listEffects } from "./effects";
import * as L from "./layout";
import { claim, isOverdrawn, limited, startLimits } from "./limits";
import { keepPrices, priceLines } from "./pricing";
import { holds } from "./records";
import { GROUP_STATE, policy, SMALL } from "./state";
import { gaveOther, gotNothing, grantedSum, wantedSum } from "./tally";
import { dropped, keepUses, mark, startCounting, undoTo, unitsTaken } from "./take";

// Fuel: the meter turns these imports into code of its own. Between them the rule may burn one slice, no more.
@external("haggle", "sliceEnter")
declare function sliceEnter(fuel: i32): void;
@external("haggle", "sliceLeave")
declare function sliceLeave(): void;

const MARK_PROMOTION: usize = SMALL + 0x80;

let outcomes: usize = 0;
// Exclusivity and stops reach within the catalog phase, or within all others: the first candidate that applied, the one
// that stands alone, the one behind which nothing follows. 1 + position, 0 none.
let applied: i32 = 0;
let alone: i32 = 0;
let stopper: i32 = 0;
/** The run that groups of mode first keep count for: options of a tree are runs of their own. */
export let run: i32 = 0;

/** What a promotion does: cells of a rule's result (`stop` 0), or records of the table. */
export let effectsFirst: usize = 0;
export let effectsStop: usize = 0;

export function startPromotions(at: usize): void {
  outcomes = at;
  run = 1;
  resetScope();
  for (let group: u32 = 1, n = load<u32>(L.TABLE + L.TABLE_GROUP_COUNT); group <= n; group++) {
    for (let at: usize = 0; at < GROUP_STATE; at += 8) store<i64>(groupState(group) + at, 0);
  }
}

/** Behind the catalog phase, exclusivity and stops start afresh. */
export function resetScope(): void {
  applied = 0;
  alone = 0;
  stopper = 0;
}

@inline
export function setRun(next: i32): void {
  run = next;
}

@inline
export function candidateAt(position: i32): usize {
  const index = load<u32>(L.CANDIDATES + ((position as usize) << 2)) as usize;
  return (load<u32>(L.TABLE + L.TABLE_PROMOTIONS) as usize) + index * L.PROMOTION_STRIDE;
}

export function setStatus(position: i32, status: i32, detail: i32): void {
  const outcome = outcomes + (position as usize) * L.OUTCOME_STRIDE;
  store<i32>(outcome, status, L.OUTCOME_STATUS);
  store<i32>(outcome, detail, L.OUTCOME_DETAIL);
}

export function clearOutcome(position: i32): void {
  const outcome = outcomes + (position as usize) * L.OUTCOME_STRIDE;
  store<i64>(outcome, 0, L.OUTCOME_WANTED);
  store<i64>(outcome, 0, L.OUTCOME_GRANTED);
}

/**
 * Finds out whether a promotion may run and what it does: window, coupon, uses, conditions, then its rule. Leaves its
 * effects in `effectsFirst` and `effectsStop`; false when it does nothing, and its status is set. A pricing rule has
 * none, but prices that wait to be kept. A fault of the rule leaves this function for good: the host goes on with `resume`.
 */
export function gather(position: i32, promotion: usize): bool {
  clearOutcome(position);
  if (!isActive(promotion)) {
    setStatus(position, L.STATUS_INACTIVE, L.NONE);
    return false;
  }
  if (!hasTurn(position, promotion)) return false;
  if (!startLimits(promotion)) {
    setStatus(position, L.STATUS_EXHAUSTED, L.NONE);
    return false;
  }
  if (load<i32>(promotion, L.PROMOTION_CONDITION_COUNT) != 0) {
    const failed = failedCondition(promotion, 0, false);
    if (failed != L.NONE) {
      setStatus(position, L.STATUS_NOT_ELIGIBLE, failed);
      if ((load<u32>(promotion, L.PROMOTION_FLAGS) & L.PROMOTION_UNLOCK) != 0) {
        const missing = missingTo(promotion, failed);
        if (missing > 0) writeUnlock(position, missing, unitOfMissing(promotion, failed));
      }
      return false;
    }
  }
  const rule = load<i32>(promotion, L.PROMOTION_RULE);
  if (rule == L.NONE) {
    effectsFirst = load<u32>(promotion, L.PROMOTION_EFFECTS);
    effectsStop = effectsFirst + (load<u32>(promotion, L.PROMOTION_EFFECT_COUNT) as usize) * L.EFFECT_STRIDE;
  } else {
    store<i32>(L.CONTROL + L.CONTROL_CURRENT, position);
    store<i32>(L.CONTROL + L.CONTROL_RUN, L.RUN_RULE);
    const isPricing = load<i32>(promotion, L.PROMOTION_PHASE) == L.PHASE_PRICING;
    sliceEnter(isPricing ? pricingSlice() : load<i32>(L.CONTROL + L.CONTROL_SLICE));
    if (isPricing) effectsFirst = priceLines(promotion) as usize;
    else {
      const result = __callRule(rule, changetype<Context>(L.CART), load<u32>(promotion, L.PROMOTION_PARAMETERS));
      effectsFirst = changetype<usize>(listEffects(result));
    }
    sliceLeave();
    store<i32>(L.CONTROL + L.CONTROL_RUN, L.RUN_RESOLVER);
    effectsStop = 0;
  }
  if (effectsFirst != effectsStop) return true;
  setStatus(position, L.STATUS_NOT_ELIGIBLE, L.NONE);
  return false;
}

/** Inside its window, its coupon entered, and nothing in it that only the server knows. */
function isActive(promotion: usize): bool {
  const flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  const now = load<i64>(L.CART + L.CART_NOW);
  if (now < load<i64>(promotion, L.PROMOTION_FROM) || now >= load<i64>(promotion, L.PROMOTION_UNTIL)) return false;
  if ((flags & L.PROMOTION_SERVER_ONLY) != 0 && load<i32>(L.CONTROL + L.CONTROL_SERVER) == 0) return false;
  if ((flags & L.PROMOTION_HAS_COUPON) == 0) return true;
  return holds(load<u32>(L.CART + L.CART_COUPONS), load<i32>(L.CART + L.CART_COUPON_COUNT), load<u32>(promotion, L.PROMOTION_COUPON));
}

/**
 * Whether those before it leave a promotion its turn: an exclusive one, the winner of its group, one behind which
 * nothing follows. Sets its status when they do not.
 */
export function hasTurn(position: i32, promotion: usize): bool {
  const group = load<u32>(promotion, L.PROMOTION_GROUP);
  if (group == 0 && (applied == 0 || (alone | stopper | (load<i32>(promotion, L.PROMOTION_FLAGS) & L.PROMOTION_EXCLUSIVE)) == 0)) return true;
  const winner = loses(promotion) ? applied - 1 : alone != 0 ? alone - 1 : takenBy(position, group);
  if (winner != L.NONE) setStatus(position, L.STATUS_LOST, winner);
  else if (stopper != 0) setStatus(position, L.STATUS_STOPPED, stopper - 1);
  return winner == L.NONE && stopper == 0;
}

/** An exclusive promotion loses to whatever applied before it, unless the policy lets exclusive ones go first. */
@inline
function loses(promotion: usize): bool {
  return alone == 0 && applied != 0 && (load<u32>(promotion, L.PROMOTION_FLAGS) & L.PROMOTION_EXCLUSIVE) != 0 && (load<u32>(policy, L.POLICY_FLAGS) & L.POLICY_EXCLUSIVE_FIRST) == 0;
}

/** Remembers that a promotion gave something, for those behind it. */
export function noteApplied(position: i32, promotion: usize): void {
  const flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  if (applied == 0) applied = position + 1;
  if ((flags & L.PROMOTION_EXCLUSIVE) != 0 && alone == 0) alone = position + 1;
  if ((flags & L.PROMOTION_STOP_AFTER) != 0 && stopper == 0) stopper = position + 1;
}

/** A member of a group: its promotion as 1 + position, a group inside it as its negated id. */
@inline
function memberOf(position: i32): i32 {
  return position + 1;
}

/** The position of the promotion that has won a group of mode first above this one; NONE when it is free. */
export function takenBy(position: i32, group: u32): i32 {
  let member = memberOf(position);
  while (group != 0) {
    const record = groupRecord(group);
    const state = groupState(group);
    if (load<i32>(record, L.GROUP_MODE) == L.GROUP_FIRST && load<i32>(state, STATE_STAMP) == run && load<i32>(state, STATE_TAKEN_BY) != member) {
      return load<i32>(state, STATE_WINNER);
    }
    member = -(group as i32);
    group = load<u32>(record, L.GROUP_PARENT);
  }
  return L.NONE;
}

/** Takes all groups of mode first above a promotion that gave something. */
export function takeGroups(position: i32, group: u32): void {
  let member = memberOf(position);
  while (group != 0) {
    const record = groupRecord(group);
    const state = groupState(group);
    if (load<i32>(record, L.GROUP_MODE) == L.GROUP_FIRST && load<i32>(state, STATE_STAMP) != run) {
      store<i32>(state, run, STATE_STAMP);
      store<i32>(state, member, STATE_TAKEN_BY);
      store<i32>(state, position, STATE_WINNER);
    }
    member = -(group as i32);
    group = load<u32>(record, L.GROUP_PARENT);
  }
}

/**
 * Applies effects that were gathered, or undoes them when the promotion must not stand: linked effects of which one got
 * nothing, a condition that fails behind the discount, an overdrawn allowance. Returns whether it gave something, and
 * sets its status.
 */
export function apply(position: i32, promotion: usize, first: usize, stop: usize): bool {
  if (!startLimits(promotion)) {
    setStatus(position, L.STATUS_EXHAUSTED, L.NONE);
    return false;
  }
  const flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  // Nothing else is ever withdrawn.
  if (limited || (flags & (L.PROMOTION_LINKED | L.PROMOTION_AFTER)) != 0) mark(MARK_PROMOTION);
  startCounting();
  applyEffects(position, promotion, first, stop);
  const outcome = outcomes + (position as usize) * L.OUTCOME_STRIDE;
  store<i64>(outcome, wantedSum, L.OUTCOME_WANTED);
  store<i64>(outcome, grantedSum, L.OUTCOME_GRANTED);
  if (isOverdrawn() || (dropped && grantedSum == 0 && !gaveOther)) return withdraw(position, L.STATUS_EXHAUSTED, L.NONE);
  if ((flags & L.PROMOTION_LINKED) != 0 && gotNothing) return withdraw(position, L.STATUS_NOT_ELIGIBLE, L.NONE);
  if ((flags & L.PROMOTION_AFTER) != 0) {
    const failed = failedCondition(promotion, 0, true);
    if (failed != L.NONE) return withdraw(position, L.STATUS_NOT_ELIGIBLE, failed);
  }
  if (wantedSum == 0 && !gaveOther) {
    // Nothing but messages, which stay.
    setStatus(position, L.STATUS_NOT_ELIGIBLE, L.NONE);
    return false;
  }
  keepUses();
  setStatus(position, grantedSum == wantedSum ? L.STATUS_APPLIED : L.STATUS_CAPPED, L.NONE);
  if (grantedSum == 0 && !gaveOther) return false;
  if (load<i32>(promotion, L.PROMOTION_LIMIT_COUNT) != 0) claim(position, promotion, grantedSum, unitsTaken);
  return true;
}

function withdraw(position: i32, status: i32, detail: i32): bool {
  undoTo(MARK_PROMOTION);
  clearOutcome(position);
  setStatus(position, status, detail);
  return false;
}

/** Fuel for all lines that a pricing rule is asked about. The host has put as much in; no counter holds more. */
function pricingSlice(): i32 {
  const slices = 1 + (load<i32>(L.CART + L.CART_LINE_COUNT) >> L.PRICING_LINES);
  return min((load<i32>(L.CONTROL + L.CONTROL_SLICE) as i64) * (slices as i64), i32.MAX_VALUE as i64) as i32;
}

/** A promotion of the pricing phase. */
export function runPricing(position: i32, promotion: usize): void {
  __arenaReset();
  if (!gather(position, promotion)) return;
  keepPrices();
  setStatus(position, L.STATUS_APPLIED, L.NONE);
}

/** One promotion outside of trees, from gates to outcome. */
export function runPromotion(position: i32, promotion: usize): void {
  const group = load<u32>(promotion, L.PROMOTION_GROUP);
  __arenaReset();
  if (!gather(position, promotion)) return;
  if (!apply(position, promotion, effectsFirst, effectsStop)) return;
  if (group != 0) takeGroups(position, group);
  noteApplied(position, promotion);
}
