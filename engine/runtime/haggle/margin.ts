// The margin floor: how much may be taken off the goods before their margin falls below what the policy keeps.

import * as L from "./layout";
import { mulDiv, Rounding } from "./money";
import { lineAddress } from "./records";
import { leftOf, marginPpm, policy } from "./state";

/** What may still be taken off lines that count. */
export let marginRoom: i64 = 0;
/** Whether the floor has held something back in this evaluation. */
export let marginHeld: bool = false;

export function startMargin(): void {
  marginHeld = false;
}

/** Lines without a known cost do not count, where the policy says so. */
@inline
export function countsForMargin(line: usize): bool {
  return (load<u32>(line, L.LINE_FLAGS) & L.LINE_HAS_COST) != 0 || load<i32>(policy, L.POLICY_UNKNOWN_COST) == L.COST_REFUSE;
}

@inline
export function moveMargin(amount: i64): void {
  marginRoom -= amount;
}

@inline
export function holdMargin(): void {
  marginHeld = true;
}

/** Forgets what an option that is only compared has held back. */
@inline
export function restoreMargin(held: bool): void {
  marginHeld = held;
}

/**
 * What may be taken off now. With revenue R and cost C of the goods and a floor m, a discount D keeps
 * (R - D - C) / (R - D) >= m as long as D <= R - C / (1 - m). Gross prices fall by more than the revenue in them, so
 * this errs to the shop's side.
 */
export function measureMargin(): void {
  let revenue: i64 = 0;
  let cost: i64 = 0;
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    if ((load<u32>(line, L.LINE_FLAGS) & L.LINE_HAS_COST) == 0) {
      if (load<i32>(policy, L.POLICY_UNKNOWN_COST) == L.COST_IGNORE_LINE) continue;
      marginRoom = 0;
      return;
    }
    revenue += netDown(leftOf(line), load<i32>(line, L.LINE_TAX_RATE));
    cost += mulDiv(load<i64>(line, L.LINE_UNIT_COST), load<i32>(line, L.LINE_QUANTITY) as i64, 1, Rounding.Down);
  }
  const kept = L.PPM - marginPpm;
  const least = kept <= 0 ? revenue : mulDiv(cost, L.PPM, kept as i64, Rounding.Up);
  marginRoom = max(0, revenue - least);
}

/** Net revenue in an amount, rounded down. */
function netDown(amount: i64, rate: i32): i64 {
  if (load<i32>(policy, L.POLICY_PRICES) != L.PRICES_GROSS || rate == 0) return amount;
  return mulDiv(amount, L.PPM, (L.PPM + rate) as i64, Rounding.Down);
}
