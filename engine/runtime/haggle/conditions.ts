// Conditions of the promotion table, tested on what the order is when a promotion's turn comes.

import { minuteOfDay, weekday } from "./clock";
import { isAmong, matchesFilter, meets, nextMatch, onlyCategory } from "./filter";
import * as L from "./layout";
import { selectCategory, COUNT, QUANTITY, TOTAL } from "./lines";
import { findCustomerNumber, findCustomerSymbol, lineAddress, shippingAddress } from "./records";
import { baseOr, goodsLeft, inCatalog, leftOf, shippingLeft } from "./state";
import { grossOf, netOf } from "./tax";

/** The figure that the last tested condition was about: what is missing is told from it. */
export let figure: i64 = 0;

/**
 * The first condition of a promotion that does not hold, from `from` on; NONE when all do. `behind`: tests those that
 * are to hold after the discount; otherwise these are passed over.
 */
export function failedCondition(promotion: usize, from: i32, behind: bool): i32 {
  const count = load<i32>(promotion, L.PROMOTION_CONDITION_COUNT);
  let condition = (load<u32>(promotion, L.PROMOTION_CONDITIONS) as usize) + (from as usize) * L.CONDITION_STRIDE;
  for (let i = from; i < count; i++, condition += L.CONDITION_STRIDE) {
    if ((load<i32>(condition, L.CONDITION_BASE) == L.BASE_AFTER) != behind) continue;
    if (!holdsNow(condition)) return i;
  }
  return L.NONE;
}

function holdsNow(condition: usize): bool {
  const negated = (load<u32>(condition, L.CONDITION_FLAGS) & L.CONDITION_NOT) != 0;
  const kind = load<i32>(condition, L.CONDITION_KIND);
  if (kind == L.CONDITION_TIME_OF_DAY || kind == L.CONDITION_WEEKDAY) {
    const time = kind == L.CONDITION_WEEKDAY ? weekday() : minuteOfDay();
    // Where the local time is not known, neither the condition nor its opposite holds.
    return time >= 0 && isLocalTime(condition, kind, time) != negated;
  }
  // Of no lines there is no cheapest and no dearest, and nothing is true of it.
  if ((kind == L.CONDITION_CHEAPEST || kind == L.CONDITION_DEAREST) && nextMatch(lineAddress(0), load<u32>(condition, L.CONDITION_FILTER)) == 0) return false;
  return test(condition, kind) != negated;
}

function test(condition: usize, kind: i32): bool {
  if (kind <= L.CONDITION_DEAREST) return compare(condition, measure(condition, kind));
  const tags: usize = load<u32>(condition, L.CONDITION_TAGS);
  const mode = load<i32>(condition, L.CONDITION_MODE);
  switch (kind) {
    case L.CONDITION_SEGMENTS:
      return meets(load<u32>(L.CART + L.CART_SEGMENTS), load<i32>(L.CART + L.CART_SEGMENT_COUNT), tags, mode);
    case L.CONDITION_TIER:
      return isAmong(load<u32>(L.CART + L.CART_TIER), tags, mode);
    case L.CONDITION_LOGGED_IN:
      return (load<u32>(L.CART + L.CART_FLAGS) & L.CART_LOGGED_IN) != 0;
    case L.CONDITION_ORDERS:
      return compare(condition, load<i32>(L.CART + L.CART_ORDERS) as i64);
    case L.CONDITION_COUNTER:
      return compare(condition, findCustomerNumber(load<u32>(condition, L.CONDITION_KEY), 0));
    case L.CONDITION_CUSTOMER:
      return isAmong(changetype<usize>(findCustomerSymbol(load<u32>(condition, L.CONDITION_KEY))) as u32, tags, mode);
    case L.CONDITION_CHANNEL:
      return isAmong(load<u32>(L.CART + L.CART_CHANNEL), tags, mode);
    case L.CONDITION_MARKET:
      return isAmong(load<u32>(L.CART + L.CART_MARKET), tags, mode);
    case L.CONDITION_PAYMENT:
      return isAmong(load<u32>(L.CART + L.CART_PAYMENT_METHOD), tags, mode);
    case L.CONDITION_SHIPPING_METHOD:
      return meetsMethods(tags, mode);
    case L.CONDITION_COUPON:
      return meets(load<u32>(L.CART + L.CART_COUPONS), load<i32>(L.CART + L.CART_COUPON_COUNT), tags, mode);
    // CONDITION_PERIOD.
    default: {
      const now = load<i64>(L.CART + L.CART_NOW);
      return now >= load<i64>(condition, L.CONDITION_VALUE) && now < load<i64>(condition, L.CONDITION_UNTIL);
    }
  }
}

/** Whether the methods of all shipping entries, taken as one list, meet the tags. */
function meetsMethods(tags: usize, mode: i32): bool {
  const wanted = load<i32>(tags, L.TAGS_COUNT);
  for (let k = 0; k < wanted; k++) {
    const held = hasMethod(load<u32>(tags + ((k as usize) << 2), L.TAGS_SYMBOLS));
    if (held && mode != L.MODE_EVERY) return mode == L.MODE_ANY;
    if (!held && mode == L.MODE_EVERY) return false;
  }
  return mode != L.MODE_ANY;
}

function hasMethod(symbol: u32): bool {
  for (let i = 0, n = load<i32>(L.CART + L.CART_SHIPPING_COUNT); i < n; i++) {
    if (symbol != 0 && load<u32>(shippingAddress(i), L.SHIPPING_METHOD) == symbol) return true;
  }
  return false;
}

function compare(condition: usize, value: i64): bool {
  figure = value;
  const against = load<i64>(condition, L.CONDITION_VALUE);
  switch (load<i32>(condition, L.CONDITION_OPERATOR)) {
    case L.AT_LEAST:
      return value >= against;
    case L.AT_MOST:
      return value <= against;
    case L.EQUAL_TO:
      return value == against;
    case L.MORE_THAN:
      return value > against;
    default:
      return value < against;
  }
}

function isLocalTime(condition: usize, kind: i32, time: i32): bool {
  const from = load<i64>(condition, L.CONDITION_VALUE) as i32;
  if (kind == L.CONDITION_WEEKDAY) return ((from >> (time - 1)) & 1) != 0;
  const until = load<i64>(condition, L.CONDITION_UNTIL) as i32;
  return from < until ? time >= from && time < until : time >= from || time < until;
}

/** The figure of the goods or the order that a condition is about. */
function measure(condition: usize, kind: i32): i64 {
  const filter: usize = load<u32>(condition, L.CONDITION_FILTER);
  const base = baseOr(load<i32>(condition, L.CONDITION_BASE), L.POLICY_THRESHOLD_BASE);
  const initial = base == L.BASE_INITIAL && !inCatalog;
  const taxed = (load<u32>(condition, L.CONDITION_FLAGS) & (L.CONDITION_GROSS | L.CONDITION_NET)) != 0;
  if (!taxed) {
    if (kind == L.CONDITION_ORDER_TOTAL) return goods(initial) + shipping(initial);
    if (kind == L.CONDITION_SHIPPING_TOTAL) return shipping(initial);
    if (filter == 0 && kind == L.CONDITION_GOODS_TOTAL) return goods(initial);
  }
  if (filter == 0 && kind == L.CONDITION_QUANTITY) return load<i64>(L.CART + L.CART_QUANTITY);
  if (filter == 0 && kind == L.CONDITION_LINES) return load<i32>(L.CART + L.CART_LINE_COUNT) as i64;
  const category = filter == 0 ? 0 : onlyCategory(filter);
  if (category != 0 && !taxed) {
    const selection = selectCategory(category);
    if (kind == L.CONDITION_QUANTITY) return load<i64>(selection, QUANTITY);
    if (kind == L.CONDITION_LINES) return load<i32>(selection, COUNT) as i64;
    if (kind == L.CONDITION_GOODS_TOTAL && initial) return load<i64>(selection, TOTAL);
  }
  if (kind == L.CONDITION_SHIPPING_TOTAL) return taxedShipping(condition, initial);
  const sum = sumLines(condition, kind, filter, initial, taxed);
  return kind == L.CONDITION_ORDER_TOTAL ? sum + taxedShipping(condition, initial) : sum;
}

@inline
function goods(initial: bool): i64 {
  return initial ? load<i64>(L.CART + L.CART_SUBTOTAL) : goodsLeft;
}

@inline
function shipping(initial: bool): i64 {
  return initial ? load<i64>(L.CART + L.CART_SHIPPING_TOTAL) : shippingLeft;
}

function sumLines(condition: usize, kind: i32, filter: usize, initial: bool, taxed: bool): i64 {
  let value: i64 = 0;
  let first = true;
  for (let line = nextMatch(lineAddress(0), filter); line != 0; line = nextMatch(line + L.LINE_STRIDE, filter)) {
    switch (kind) {
      case L.CONDITION_QUANTITY:
        value += load<i32>(line, L.LINE_QUANTITY) as i64;
        break;
      case L.CONDITION_LINES:
        value++;
        break;
      case L.CONDITION_LINE_QUANTITY:
        value = max(value, load<i32>(line, L.LINE_QUANTITY) as i64);
        break;
      case L.CONDITION_CHEAPEST:
        value = first ? unitPrice(condition, line) : min(value, unitPrice(condition, line));
        break;
      case L.CONDITION_DEAREST:
        value = max(value, unitPrice(condition, line));
        break;
      default: {
        const amount = initial ? load<i64>(line, L.LINE_TOTAL) : leftOf(line);
        value += taxed ? convert(condition, amount, load<i32>(line, L.LINE_TAX_RATE)) : amount;
      }
    }
    first = false;
  }
  return value;
}

@inline
function unitPrice(condition: usize, line: usize): i64 {
  const price = load<i64>(line, L.LINE_UNIT_PRICE);
  const taxed = (load<u32>(condition, L.CONDITION_FLAGS) & (L.CONDITION_GROSS | L.CONDITION_NET)) != 0;
  return taxed ? convert(condition, price, load<i32>(line, L.LINE_TAX_RATE)) : price;
}

function taxedShipping(condition: usize, initial: bool): i64 {
  let sum: i64 = 0;
  for (let i = 0, n = load<i32>(L.CART + L.CART_SHIPPING_COUNT); i < n; i++) {
    const entry = shippingAddress(i);
    const amount = load<i64>(entry, L.SHIPPING_PRICE) - (initial ? 0 : load<i64>(entry, L.SHIPPING_DISCOUNT));
    sum += convert(condition, amount, load<i32>(entry, L.SHIPPING_TAX_RATE));
  }
  return sum;
}

@inline
function convert(condition: usize, amount: i64, rate: i32): i64 {
  return (load<u32>(condition, L.CONDITION_FLAGS) & L.CONDITION_GROSS) != 0 ? grossOf(amount, rate) : netOf(amount, rate);
}

/** What is missing to a threshold that failed, when that is all that is missing; 0 otherwise. */
export function missingTo(promotion: usize, index: i32): i64 {
  const condition = (load<u32>(promotion, L.PROMOTION_CONDITIONS) as usize) + (index as usize) * L.CONDITION_STRIDE;
  const kind = load<i32>(condition, L.CONDITION_KIND);
  const operator = load<i32>(condition, L.CONDITION_OPERATOR);
  const threshold = kind == L.CONDITION_GOODS_TOTAL || kind == L.CONDITION_ORDER_TOTAL || kind == L.CONDITION_QUANTITY;
  if (!threshold || (load<u32>(condition, L.CONDITION_FLAGS) & L.CONDITION_NOT) != 0) return 0;
  if (operator != L.AT_LEAST && operator != L.MORE_THAN) return 0;
  const missing = load<i64>(condition, L.CONDITION_VALUE) - figure + (operator == L.MORE_THAN ? 1 : 0);
  return failedCondition(promotion, index + 1, false) == L.NONE ? missing : 0;
}

@inline
export function unitOfMissing(promotion: usize, index: i32): i32 {
  const condition = (load<u32>(promotion, L.PROMOTION_CONDITIONS) as usize) + (index as usize) * L.CONDITION_STRIDE;
  return load<i32>(condition, L.CONDITION_KIND) == L.CONDITION_QUANTITY ? L.TYPE_UNITS : L.TYPE_AMOUNT;
}
