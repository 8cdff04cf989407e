// What a promotion draws from allowances of the cart: how much is left when its turn comes, and what it claims.

import * as L from "./layout";
import { fault, MAX_MONEY } from "./money";
import { CLAIMS, MAX_CLAIMS, policy } from "./state";

/** More units than this are in no cart. */
const MAX_UNITS: i64 = (L.MAX_LINES as i64) * L.MAX_QUANTITY;

/** What is left of money and units for the promotion at hand, and what is done when it does not suffice. */
export let moneyLeft: i64 = MAX_MONEY;
export let unitsLeft: i64 = MAX_MONEY;
export let limited: bool = false;
let unitsLimited: bool = false;
export let short: i32 = 0;
export let claimCount: i32 = 0;

export function startClaims(): void {
  claimCount = 0;
  let entry: usize = load<u32>(L.CART + L.CART_ALLOWANCES);
  for (let i = load<i32>(L.CART + L.CART_ALLOWANCE_COUNT); i > 0; i--, entry += L.ALLOWANCE_STRIDE) {
    store<i64>(entry, 0, L.ALLOWANCE_CLAIMED);
  }
}

/** The cart's entry of an allowance; 0 when the cart does not state it, and it is unlimited. */
function findAllowance(symbol: u32): usize {
  let entry: usize = load<u32>(L.CART + L.CART_ALLOWANCES);
  for (let i = load<i32>(L.CART + L.CART_ALLOWANCE_COUNT); i > 0; i--, entry += L.ALLOWANCE_STRIDE) {
    if (load<u32>(entry, L.ALLOWANCE_KEY) == symbol) return entry;
  }
  return 0;
}

/** Looks up what the limits of a promotion, if it has any, leave to it. False when it has no use left. */
@inline
export function startLimits(promotion: usize): bool {
  limited = false;
  unitsLimited = false;
  return load<i32>(promotion, L.PROMOTION_LIMIT_COUNT) == 0 || readLimits(promotion);
}

function readLimits(promotion: usize): bool {
  moneyLeft = MAX_MONEY;
  unitsLeft = MAX_MONEY;
  const count = load<i32>(promotion, L.PROMOTION_LIMIT_COUNT);
  short = load<i32>(policy, L.POLICY_SHORT);
  let limit: usize = load<u32>(promotion, L.PROMOTION_LIMITS);
  for (let i = 0; i < count; i++, limit += L.LIMIT_STRIDE) {
    const entry = findAllowance(load<u32>(limit, L.LIMIT_ALLOWANCE));
    if (entry == 0) continue;
    const left = load<i64>(entry, L.ALLOWANCE_REMAINING) - load<i64>(entry, L.ALLOWANCE_CLAIMED);
    const counts = load<i32>(limit, L.LIMIT_COUNTS);
    if (counts == L.COUNTS_USES) {
      if (left <= 0) return false;
      continue;
    }
    limited = true;
    if (counts == L.COUNTS_MONEY) moneyLeft = min(moneyLeft, left);
    else {
      unitsLeft = min(unitsLeft, left);
      unitsLimited = true;
    }
  }
  return true;
}

/** The most that an effect may get of money, where the policy grants in part. */
@inline
export function moneyCap(): i64 {
  return limited && short == L.SHORT_PARTIAL ? moneyLeft : MAX_MONEY;
}

/** The most units that an effect may take, where the policy grants in part; NONE for any number. */
@inline
export function unitCap(): i32 {
  return unitsLimited && short == L.SHORT_PARTIAL ? (min(max(unitsLeft, 0), MAX_UNITS) as i32) : L.NONE;
}

@inline
export function drawMoney(amount: i64): void {
  moneyLeft -= amount;
}

@inline
export function drawUnits(units: i64): void {
  unitsLeft -= units;
}

/** Whether a share fits what is left, where the policy drops the shares that do not. */
@inline
export function fits(amount: i64, units: i64): bool {
  return !limited || short != L.SHORT_DROP_SHARE || (amount <= moneyLeft && units <= unitsLeft);
}

/** Whether more was granted than there was, where the policy drops the promotion for it. */
@inline
export function isOverdrawn(): bool {
  return limited && short == L.SHORT_DROP && (moneyLeft < 0 || unitsLeft < 0);
}

/** Writes what the promotion at a position among the candidates has drawn. */
export function claim(position: i32, promotion: usize, money: i64, units: i64): void {
  const count = load<i32>(promotion, L.PROMOTION_LIMIT_COUNT);
  let limit: usize = load<u32>(promotion, L.PROMOTION_LIMITS);
  for (let i = 0; i < count; i++, limit += L.LIMIT_STRIDE) {
    const counts = load<i32>(limit, L.LIMIT_COUNTS);
    const amount = counts == L.COUNTS_MONEY ? money : counts == L.COUNTS_UNITS ? units : 1;
    if (amount == 0) continue;
    if (claimCount == MAX_CLAIMS) fault(L.FAULT_CAPACITY);
    const symbol = load<u32>(limit, L.LIMIT_ALLOWANCE);
    const at = CLAIMS + (claimCount as usize) * L.CLAIM_STRIDE;
    store<i32>(at, position, L.CLAIM_PROMOTION);
    store<u32>(at, symbol, L.CLAIM_ALLOWANCE);
    store<i64>(at, amount, L.CLAIM_AMOUNT);
    claimCount++;
    addClaimed(symbol, amount);
  }
}

function addClaimed(symbol: u32, amount: i64): void {
  const entry = findAllowance(symbol);
  if (entry != 0) store<i64>(entry, load<i64>(entry, L.ALLOWANCE_CLAIMED) + amount, L.ALLOWANCE_CLAIMED);
}

/** Gives back all claims but the first `count`. */
export function undoClaims(count: i32): void {
  for (; claimCount > count; claimCount--) {
    const at = CLAIMS + ((claimCount - 1) as usize) * L.CLAIM_STRIDE;
    addClaimed(load<u32>(at, L.CLAIM_ALLOWANCE), -load<i64>(at, L.CLAIM_AMOUNT));
  }
}
