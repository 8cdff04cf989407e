// Tax on what is left of lines and shipping, by the policy: in the prices or on top of them.

import { lineAddress, shippingAddress } from "./records";
import * as L from "./layout";
import { mulDiv, Rounding } from "./money";
import { leftOf, policy, RESTS, SHARES } from "./state";

/** The tax of an amount, in it or on top of it. */
export function taxOf(amount: i64, rate: i32): i64 {
  const rounding = load<i32>(policy, L.POLICY_ROUND_TAX) as Rounding;
  const whole = load<i32>(policy, L.POLICY_PRICES) == L.PRICES_GROSS ? L.PPM + rate : L.PPM;
  return rate == 0 ? 0 : mulDiv(amount, rate as i64, whole as i64, rounding);
}

/** An amount of this shop with tax. */
export function grossOf(amount: i64, rate: i32): i64 {
  return load<i32>(policy, L.POLICY_PRICES) == L.PRICES_NET ? amount + taxOf(amount, rate) : amount;
}

/** An amount of this shop without tax. */
export function netOf(amount: i64, rate: i32): i64 {
  return load<i32>(policy, L.POLICY_PRICES) == L.PRICES_GROSS ? amount - taxOf(amount, rate) : amount;
}

/** Writes the tax of every line and shipping entry into the decision; returns the sum. */
export function writeTaxes(): i64 {
  if (load<i32>(policy, L.POLICY_PRICES) == L.PRICES_UNTAXED) return 0;
  const per = load<i32>(policy, L.POLICY_TAX_PER);
  if (per == L.TAX_PER_RATE) return writeTaxesByRate();
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  let decided: usize = load<u32>(L.DECISION + L.DECISION_LINES);
  let sum: i64 = 0;
  for (let i = 0; i < lines; i++, decided += L.DECIDED_STRIDE) {
    const line = lineAddress(i);
    const rate = load<i32>(line, L.LINE_TAX_RATE);
    const tax = per == L.TAX_PER_UNIT ? taxByUnit(leftOf(line), load<i32>(line, L.LINE_QUANTITY) as i64, rate) : taxOf(leftOf(line), rate);
    store<i64>(decided, tax, L.DECIDED_TAX);
    sum += tax;
  }
  for (let i = 0, n = load<i32>(L.CART + L.CART_SHIPPING_COUNT); i < n; i++, decided += L.DECIDED_STRIDE) {
    const tax = taxOf(load<i64>(decided, L.DECIDED_TOTAL), load<i32>(shippingAddress(i), L.SHIPPING_TAX_RATE));
    store<i64>(decided, tax, L.DECIDED_TAX);
    sum += tax;
  }
  return sum;
}

function taxByUnit(amount: i64, quantity: i64, rate: i32): i64 {
  const unit = amount / quantity;
  const odd = amount % quantity;
  return taxOf(unit, rate) * (quantity - odd) + (odd == 0 ? 0 : taxOf(unit + 1, rate) * odd);
}

/** One tax for all that has one rate; each entry's own tax is its share of it, the largest fractions first. */
function writeTaxesByRate(): i64 {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  const count = lines + load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  const first: usize = load<u32>(L.DECISION + L.DECISION_LINES);
  let sum: i64 = 0;
  for (let i = 0; i < count; i++) store<i64>(first + (i as usize) * L.DECIDED_STRIDE, L.NONE, L.DECIDED_TAX);
  for (let i = 0; i < count; i++) {
    if (load<i64>(first + (i as usize) * L.DECIDED_STRIDE, L.DECIDED_TAX) != L.NONE) continue;
    const rate = rateOf(i, lines);
    let amount: i64 = 0;
    for (let k = i; k < count; k++) {
      if (rateOf(k, lines) == rate) amount += load<i64>(first + (k as usize) * L.DECIDED_STRIDE, L.DECIDED_TOTAL);
    }
    const tax = taxOf(amount, rate);
    shareTax(first, i, count, lines, rate, amount, tax);
    sum += tax;
  }
  return sum;
}

function shareTax(first: usize, from: i32, count: i32, lines: i32, rate: i32, amount: i64, tax: i64): void {
  let open = tax;
  for (let k = from; k < count; k++) {
    if (rateOf(k, lines) != rate) continue;
    const decided = first + (k as usize) * L.DECIDED_STRIDE;
    const total = load<i64>(decided, L.DECIDED_TOTAL);
    const share = amount == 0 ? 0 : mulDiv(tax, total, amount, Rounding.Down);
    store<i64>(decided, share, L.DECIDED_TAX);
    // Modulo 2^64 this is exact, because the remainder is below 2^54.
    store<i64>(REST_OF + ((k as usize) << 3), tax * total - share * amount);
    open -= share;
  }
  for (; open > 0; open--) {
    let best: i32 = L.NONE;
    for (let k = from; k < count; k++) {
      if (rateOf(k, lines) != rate) continue;
      if (best == L.NONE || load<i64>(REST_OF + ((k as usize) << 3)) > load<i64>(REST_OF + ((best as usize) << 3))) best = k;
    }
    const decided = first + (best as usize) * L.DECIDED_STRIDE;
    store<i64>(decided, load<i64>(decided, L.DECIDED_TAX) + 1, L.DECIDED_TAX);
    store<i64>(REST_OF + ((best as usize) << 3), L.NONE);
  }
}

// Lines and shipping may be more than MAX_LINES together; shares and rests of splits, done by now, lie side by side.
const REST_OF: usize = SHARES;

function rateOf(index: i32, lines: i32): i32 {
  return index < lines ? load<i32>(lineAddress(index), L.LINE_TAX_RATE) : load<i32>(shippingAddress(index - lines), L.SHIPPING_TAX_RATE);
}
