// The pricing phase: rules say what lines shall cost per unit, before any promotion takes something off.

import { Context, Line } from "./cart";
import { startSums } from "./decision";
import { matchesFilter } from "./filter";
import * as L from "./layout";
import { indexLines } from "./lines";
import { checkMoney, fault, MAX_MONEY, mulDiv, Rounding } from "./money";
import { resetOrders } from "./orders";
import { lineAddress } from "./records";
import { setGoods, sumRoom } from "./state";

/** Whether a rule has changed unit prices in this evaluation. */
export let priced: bool = false;

export function startPricing(): void {
  priced = false;
}

/**
 * Asks the rule for the price of every line that the filter means, and keeps the answers beside the lines: a fault on
 * the last of them leaves all prices as they were. Returns how many lines are to cost something else.
 */
export function priceLines(promotion: usize): i32 {
  const rule = load<i32>(promotion, L.PROMOTION_RULE);
  const filter: usize = load<u32>(promotion, L.PROMOTION_FILTER);
  const parameters: usize = load<u32>(promotion, L.PROMOTION_PARAMETERS);
  let changed = 0;
  let total = load<i64>(L.CART + L.CART_SHIPPING_TOTAL);
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    const before = load<i64>(line, L.LINE_UNIT_PRICE);
    let price = before;
    if (matchesFilter(line, filter)) {
      price = __callPricing(rule, changetype<Context>(L.CART), changetype<Line>(line), parameters);
      if (price < 0 || price > MAX_MONEY) fault(L.FAULT_MONEY);
      price = max(price, leastPrice(line, before));
      if (price != before) changed++;
    }
    store<i64>(line, price, L.LINE_WANTED);
    total = checkMoney(total + mulDiv(price, load<i32>(line, L.LINE_QUANTITY) as i64, 1, Rounding.Down));
  }
  return changed;
}

/** The floor of the line; what costs less already may stay where it is. */
@inline
function leastPrice(line: usize, before: i64): i64 {
  if ((load<u32>(line, L.LINE_FLAGS) & L.LINE_HAS_MIN) == 0) return 0;
  return min(before, load<i64>(line, L.LINE_MIN_UNIT_PRICE));
}

/** What `priceLines` found becomes the price that everything behind it sees. */
export function keepPrices(): void {
  priced = true;
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    store<i64>(line, load<i64>(line, L.LINE_WANTED), L.LINE_UNIT_PRICE);
  }
  indexLines();
  resetOrders(true);
  setGoods(load<i64>(L.CART + L.CART_SUBTOTAL));
  sumRoom();
  startSums();
}
