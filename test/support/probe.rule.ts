// Stands in for the runtime's engine in tests: one export that does what the host asks for, so that tests reach the
// runtime's own code inside WebAssembly without running a promotion. Compiled by asc with the runtime library.

import { Cart, Context, Line, Lines, Shipping } from "./cart";
import { Customer } from "./customer";
import * as L from "./layout";
import { indexLines } from "./lines";
import { checkedAdd, checkedMul, checkedSub, mulDiv, Percent, percentOf, Rounding } from "./money";
import { lineAddress } from "./records";
import { setWeight, shareAt, split } from "./split";
import { startState } from "./state";
import { Sym, Tags, __sym } from "./symbol";

// The letter box, between the control block and the table: what to do, five arguments, one result.
const OPERATION: usize = 0x800;
const ARGUMENTS: usize = 0x808;
const RESULT: usize = 0x830;
// Where lists of results go: the scratch area belongs to the runtime, the first KiB of the decision to its header.
const OUT: usize = L.DECISION + 0x400;

let out: usize = OUT;

function put(value: i64): void {
  store<i64>(out, value);
  out += 8;
}

function putSymbol(symbol: Sym): void {
  put(changetype<usize>(symbol) as i64);
}

function argument(index: usize): i64 {
  return load<i64>(ARGUMENTS + (index << 3));
}

/** Does one operation; returns how many results lie in OUT. */
export function evaluate(): i32 {
  out = OUT;
  __arenaReset();
  switch (load<i32>(OPERATION)) {
    case 1:
      store<i64>(RESULT, mulDiv(argument(0), argument(1), argument(2), argument(3) as i32));
      break;
    case 2:
      store<i64>(RESULT, checkedAdd(argument(0), argument(1)));
      break;
    case 3:
      store<i64>(RESULT, checkedSub(argument(0), argument(1)));
      break;
    case 4:
      store<i64>(RESULT, checkedMul(argument(0), argument(1)));
      break;
    case 5:
      store<i64>(RESULT, percentOf(argument(0), argument(1) as i32, argument(2) as i32));
      break;
    case 6:
      splitOverLines(argument(0), argument(1) as i32);
      break;
    case 7:
      readCart(argument(0) as u32);
      break;
    case 8:
      readParameters(argument(0) as usize, argument(1) as u32);
      break;
    case 9:
      readPromotions();
      break;
    case 10:
      readDecision();
      break;
    default:
      unreachable();
  }
  return ((out - OUT) >> 3) as i32;
}

export function resume(): i32 {
  return 0;
}

/** In proportion to what is left of the lines, as an amount off the order is split when the policy says nothing else. */
function splitOverLines(amount: i64, count: i32): void {
  for (let i = 0; i < count; i++) {
    const left = changetype<Line>(lineAddress(i)).left;
    setWeight(i, left, left);
  }
  split(amount, count, Rounding.Down, L.REMAINDER_LARGEST, true);
  for (let i = 0; i < count; i++) put(shareAt(i));
}

/** Everything that a rule can read of the cart, asked with every symbol there is. */
function readCart(symbols: u32): void {
  indexLines();
  startState();
  const context = changetype<Context>(L.CART);
  const cart = context.cart;
  put(context.now);
  put(cart.total);
  put(cart.quantity as i64);
  put(cart.lineCount as i64);
  put(cart.minorDigits as i64);
  put(cart.shippingTotal);
  put(cart.shippingCount as i64);
  putSymbol(cart.channel);
  putSymbol(cart.market);
  putSymbol(cart.timeZone);
  putSymbol(cart.paymentMethod);
  for (let i = 0; i < cart.lineCount; i++) readLine(cart.line(i), symbols);
  for (let i = 0; i < cart.shippingCount; i++) readShipping(cart.shippingAt(i));
  readCustomer(context.customer, symbols);
  for (let symbol: u32 = 0; symbol <= symbols; symbol++) {
    const name = __sym(symbol);
    put(cart.hasCoupon(name) as i64);
    put(cart.allowance(name, -99));
    readLines(cart.inCategory(name));
    readLines(cart.ofSku(name));
    readLines(cart.ofProduct(name));
    __arenaReset();
  }
  readLines(cart.lines);
  // What is not there reads as zeros.
  readLine(cart.line(cart.lineCount), symbols);
  readLine(cart.lines.at(-1), symbols);
  readShipping(cart.shippingAt(cart.shippingCount));
}

function readLine(line: Line, symbols: u32): void {
  put(line.unitPrice);
  put(line.total);
  put(line.quantity as i64);
  putSymbol(line.sku);
  putSymbol(line.product);
  put(line.skuGroup as i64);
  put(line.productGroup as i64);
  put(line.subscription as i64);
  for (let symbol: u32 = 0; symbol <= symbols; symbol++) {
    const name = __sym(symbol);
    put(line.hasCategory(name) as i64);
    put(line.hasAttribute(name) as i64);
    putSymbol(line.attribute(name));
    put(line.attributeNumber(name, -77));
  }
}

function readShipping(entry: Shipping): void {
  put(entry.price);
  putSymbol(entry.method);
}

function readCustomer(customer: Customer, symbols: u32): void {
  put(customer.loggedIn as i64);
  put(customer.orders as i64);
  putSymbol(customer.tier);
  for (let symbol: u32 = 0; symbol <= symbols; symbol++) {
    const name = __sym(symbol);
    put(customer.inSegment(name) as i64);
    putSymbol(customer.attribute(name));
    put(customer.attributeNumber(name, -77));
  }
}

function readLines(lines: Lines): void {
  put(lines.count as i64);
  put(lines.quantity as i64);
  put(lines.total);
  put(lines.cheapest.unitPrice);
  put(lines.dearest.unitPrice);
  for (let i = 0; i < lines.count; i++) put((changetype<usize>(lines.at(i)) - lineAddress(0)) / L.LINE_STRIDE);
}

/** A parameter class with every type, in an order that needs padding. */
@unmanaged
class Parameters {
  first: bool;
  amount: i64;
  second: bool;
  percent: Percent;
  count: i32;
  name: Sym;
  third: bool;
  some: Tags;
  any: Tags;
}

function readParameters(block: usize, symbols: u32): void {
  const parameters = changetype<Parameters>(block);
  put(parameters.first as i64);
  put(parameters.amount);
  put(parameters.second as i64);
  put(parameters.percent.partsPerMillion as i64);
  put(parameters.count as i64);
  putSymbol(parameters.name);
  put(parameters.third as i64);
  readTags(parameters.some, symbols);
  readTags(parameters.any, symbols);
}

function readTags(tags: Tags, symbols: u32): void {
  put(tags.isAny as i64);
  put(tags.length as i64);
  for (let i = 0; i < tags.length; i++) putSymbol(tags.at(i));
  for (let symbol: u32 = 0; symbol <= symbols; symbol++) put(tags.has(__sym(symbol)) as i64);
}

/** The table as the engine reads it. */
function readPromotions(): void {
  let promotion: usize = load<u32>(L.TABLE + L.TABLE_PROMOTIONS);
  const groups: usize = load<u32>(L.TABLE + L.TABLE_GROUPS);
  const count = load<i32>(L.TABLE + L.TABLE_COUNT);
  put(count as i64);
  for (let i = 0; i < count; i++, promotion += L.PROMOTION_STRIDE) {
    const group = load<u32>(promotion, L.PROMOTION_GROUP);
    const mode = group == 0 ? L.GROUP_STACK : load<i32>(groups + (group - 1) * L.GROUP_STRIDE, L.GROUP_MODE);
    const flags = load<u32>(promotion, L.PROMOTION_FLAGS);
    put(load<i32>(promotion, L.PROMOTION_RULE) as i64);
    put(load<i32>(promotion, L.PROMOTION_PRIORITY) as i64);
    put(group as i64);
    put(mode as i64);
    put(((flags & L.PROMOTION_SERVER_ONLY) != 0) as i64);
    put(((flags & L.PROMOTION_HAS_COUPON) != 0) as i64);
    put(load<u32>(promotion, L.PROMOTION_COUPON) as i64);
    put(load<u32>(promotion, L.PROMOTION_CONDITION_COUNT) as i64);
    put(load<u32>(promotion, L.PROMOTION_EFFECT_COUNT) as i64);
    put(load<u32>(promotion, L.PROMOTION_LIMIT_COUNT) as i64);
    put(load<i64>(promotion, L.PROMOTION_FROM));
    put(load<i64>(promotion, L.PROMOTION_UNTIL));
    put(load<u32>(promotion, L.PROMOTION_PARAMETERS) as i64);
  }
}

/** The decision's records. The letter box is far from them, but OUT is not: what is read goes behind them. */
function readDecision(): void {
  const d: usize = L.DECISION;
  out = d + ((load<u32>(d, L.DECISION_LENGTH) as usize + 7) & ~7);
  const start = out;
  put(load<u32>(d, L.DECISION_CURRENCY) as i64);
  put(load<i64>(d, L.DECISION_SUBTOTAL));
  put(load<i64>(d, L.DECISION_DISCOUNT_TOTAL));
  put(load<i64>(d, L.DECISION_SHIPPING_TOTAL));
  put(load<i64>(d, L.DECISION_TOTAL));
  put(load<i64>(d, L.DECISION_TAX_TOTAL));
  put(load<i64>(d, L.DECISION_CASH));
  put(load<u32>(d, L.DECISION_FLAGS) as i64);
  readDecided(load<u32>(d, L.DECISION_LINES), load<i32>(d, L.DECISION_LINE_COUNT));
  readDecided(load<u32>(d, L.DECISION_SHIPPING), load<i32>(d, L.DECISION_SHIPPING_COUNT));
  let at: usize = load<u32>(d, L.DECISION_PROMOTIONS);
  for (let i = load<i32>(d, L.DECISION_PROMOTION_COUNT); i > 0; i--, at += L.OUTCOME_STRIDE) {
    put(load<i32>(at, L.OUTCOME_STATUS) as i64);
    put(load<i32>(at, L.OUTCOME_DETAIL) as i64);
    put(load<i64>(at, L.OUTCOME_WANTED));
    put(load<i64>(at, L.OUTCOME_GRANTED));
  }
  at = load<u32>(d, L.DECISION_OFFERS);
  for (let i = load<i32>(d, L.DECISION_OFFER_COUNT); i > 0; i--, at += L.OFFER_STRIDE) {
    put(load<i32>(at, L.OFFER_PROMOTION) as i64);
    put(load<i32>(at, L.OFFER_TARGET) as i64);
    put(load<i32>(at, L.OFFER_TYPE) as i64);
    put(load<u32>(at, L.OFFER_REASON) as i64);
    put(load<i64>(at, L.OFFER_WANTED));
    put(load<i64>(at, L.OFFER_GRANTED));
  }
  at = load<u32>(d, L.DECISION_SHARES);
  for (let i = load<i32>(d, L.DECISION_SHARE_COUNT); i > 0; i--, at += L.SHARE_STRIDE) {
    put(load<i32>(at, L.SHARE_OFFER) as i64);
    put(load<i32>(at, L.SHARE_TARGET) as i64);
    put(load<i64>(at, L.SHARE_AMOUNT));
    put(load<i32>(at, L.SHARE_UNITS) as i64);
    put(load<i32>(at, L.SHARE_FIRST) as i64);
  }
  at = load<u32>(d, L.DECISION_ADDED);
  for (let i = load<i32>(d, L.DECISION_ADDED_COUNT); i > 0; i--, at += L.ADDED_STRIDE) {
    put(load<i32>(at, L.ADDED_OFFER) as i64);
    put(load<u32>(at, L.ADDED_SKU) as i64);
    put(load<u32>(at, L.ADDED_PRODUCT) as i64);
    put(load<i32>(at, L.ADDED_QUANTITY) as i64);
    put(load<i64>(at, L.ADDED_UNIT_PRICE));
    put(load<i64>(at, L.ADDED_DISCOUNT));
  }
  at = load<u32>(d, L.DECISION_CLAIMS);
  for (let i = load<i32>(d, L.DECISION_CLAIM_COUNT); i > 0; i--, at += L.CLAIM_STRIDE) {
    put(load<i32>(at, L.CLAIM_PROMOTION) as i64);
    put(load<u32>(at, L.CLAIM_ALLOWANCE) as i64);
    put(load<i64>(at, L.CLAIM_AMOUNT));
  }
  store<i64>(RESULT, start as i64);
  out = OUT + (out - start);
}

function readDecided(address: usize, count: i32): void {
  for (let i = 0; i < count; i++, address += L.DECIDED_STRIDE) {
    put(load<i64>(address, L.DECIDED_DISCOUNT));
    put(load<i64>(address, L.DECIDED_TOTAL));
    put(load<i64>(address, L.DECIDED_TAX));
  }
}
