// The promotion engine: runs the rules of the table in order and resolves what they return. It is part of every
// bundle, so an order can be priced again years later with the bytes that priced it.

import { Context, holds } from "./cart";
import * as L from "./layout";
import { indexLines } from "./lines";
import { applyEffects, finishDecision, isTaken, setStatus, startDecision, takeGroup } from "./resolver";
import { listEffects } from "./result";

// Fuel: the meter turns these imports into code of its own. Between them the rule may burn one slice, no more.
@external("haggle", "sliceEnter")
declare function sliceEnter(fuel: i32): void;
@external("haggle", "sliceLeave")
declare function sliceLeave(): void;

/** Prices the cart at CART with the table at TABLE into DECISION. Returns the decision's length in bytes. */
export function evaluate(): i32 {
  if (load<i32>(L.CART + L.CART_MAGIC) != L.ABI_MAGIC || load<i32>(L.CART + L.CART_VERSION) != L.ABI_VERSION) unreachable();
  if (load<i32>(L.TABLE + L.TABLE_MAGIC) != L.ABI_MAGIC || load<i32>(L.TABLE + L.TABLE_VERSION) != L.ABI_VERSION) unreachable();
  store<i32>(L.CONTROL + L.CONTROL_PHASE, L.PHASE_RESOLVER);
  store<i32>(L.CONTROL + L.CONTROL_FAULT, L.FAULT_NONE);
  const count = load<i32>(L.TABLE + L.TABLE_COUNT);
  indexLines();
  startDecision(count);
  return run(0, count);
}

/** Goes on behind the rule that trapped or ran dry: the host has written why into the control block. */
export function resume(): i32 {
  const current = load<i32>(L.CONTROL + L.CONTROL_CURRENT);
  setStatus(current, L.STATUS_FAILED, load<i32>(L.CONTROL + L.CONTROL_FAULT));
  store<i32>(L.CONTROL + L.CONTROL_PHASE, L.PHASE_RESOLVER);
  store<i32>(L.CONTROL + L.CONTROL_FAULT, L.FAULT_NONE);
  return run(current + 1, load<i32>(L.TABLE + L.TABLE_COUNT));
}

function run(from: i32, count: i32): i32 {
  const slice = load<i32>(L.CONTROL + L.CONTROL_SLICE);
  const context = changetype<Context>(L.CART);
  let promotion: usize = (load<u32>(L.TABLE + L.TABLE_PROMOTIONS) as usize) + (from as usize) * L.PROMOTION_STRIDE;
  for (let i = from; i < count; i++, promotion += L.PROMOTION_STRIDE) {
    if (!isActive(promotion, i)) {
      setStatus(i, L.STATUS_INACTIVE, L.FAULT_NONE);
      continue;
    }
    const group: usize = load<u32>(promotion, L.PROMOTION_GROUP);
    const first = load<u32>(promotion, L.PROMOTION_GROUP_MODE) == L.GROUP_FIRST;
    if (first && isTaken(group)) {
      setStatus(i, L.STATUS_LOST, L.FAULT_NONE);
      continue;
    }
    __arenaReset();
    store<i32>(L.CONTROL + L.CONTROL_CURRENT, i);
    store<i32>(L.CONTROL + L.CONTROL_PHASE, L.PHASE_RULE);
    sliceEnter(slice);
    const result = __callRule(load<u32>(promotion, L.PROMOTION_RULE), context, load<u32>(promotion, L.PROMOTION_PARAMETERS));
    const effects = listEffects(result);
    sliceLeave();
    store<i32>(L.CONTROL + L.CONTROL_PHASE, L.PHASE_RESOLVER);
    if (changetype<usize>(effects) == 0) continue;
    if (applyEffects(i, effects) && first) takeGroup(group);
  }
  finishDecision();
  store<i32>(L.CONTROL + L.CONTROL_PHASE, L.PHASE_DONE);
  return load<i32>(L.DECISION + L.DECISION_LENGTH);
}

/** Inside its window, its coupon entered, not switched off, and nothing in it that only the server knows. */
function isActive(promotion: usize, index: i32): bool {
  const flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  const now = load<i64>(L.CART + L.CART_NOW);
  if (now < load<i64>(promotion, L.PROMOTION_FROM) || now >= load<i64>(promotion, L.PROMOTION_UNTIL)) return false;
  const off: usize = load<u32>(L.CONTROL + L.CONTROL_OFF);
  if (off != 0 && load<u8>(off + (index as usize)) != 0) return false;
  if ((flags & L.PROMOTION_SERVER_ONLY) != 0 && load<i32>(L.CONTROL + L.CONTROL_SERVER) == 0) return false;
  if ((flags & L.PROMOTION_HAS_COUPON) == 0) return true;
  return holds(load<u32>(L.CART + L.CART_COUPONS), load<i32>(L.CART + L.CART_COUPON_COUNT), load<u32>(promotion, L.PROMOTION_COUPON));
}
