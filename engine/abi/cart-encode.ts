// A cart in linear memory. This is the hot half of a browser's keystroke: no allocation but two short arrays,
// no BigInt, i64 as two halves, every value checked before it is written, nothing beyond the region written.

import { type Cart, type CartLine, isSameGoods, orderLines } from "./cart.ts";
import { refuseCart, refuseInteger, refuseString } from "./cart-refuse.ts";
import {
  align,
  checkArray,
  checkRecord,
  findSymbol,
  isText,
  writeAmount,
  writeAttributes,
  writeI64,
  writeSymbols,
} from "./cart-values.ts";
import { findMinorDigits, packCurrency } from "./currency.ts";
import * as L from "./layout.ts";
import { parsePercent } from "./money.ts";
import type { Symbols } from "./symbols.ts";

/** How the records in memory belong to the lines of the cart that was given. */
export type EncodedCart = {
  /** Bytes from CART on that this cart takes. */
  length: number;
  records: number;
  /** Canonical order: positions in `cart.lines`. Merged lines stand side by side. */
  order: number[];
  /** Where each record's lines end in `order`; undefined when no lines were merged. */
  ends: number[] | undefined;
  /** By position in `cart.lines`, kept because the caller may change the cart afterwards. */
  ids: string[];
  /** By position in `cart.lines`; undefined when no lines were merged. */
  quantities: number[] | undefined;
};

const PAIRWISE_IDS = 16;

/**
 * Writes a cart at CART. Lines equal in all but id and quantity become one record; strings that nothing compares
 * with become symbol 0; what no rule reads (`reads`) is neither looked at nor checked.
 *
 * `memory` is the whole memory as 32-bit words; hosts are little endian (checked when the engine is made).
 * Throws CART_* with the JSON path and the value; the memory then holds no valid cart (its magic is cleared first).
 */
export function encodeCart(cart: Cart, memory: Int32Array, symbols: Symbols, reads: number): EncodedCart {
  const base = L.CART >> 2;
  memory[base] = 0;
  if (typeof cart !== "object" || cart === null)
    throw refuseCart("CART_NOT_OBJECT", "A cart is an object", "", cart);
  const { lines, shipping, coupons, customer, now } = cart;
  if (!Number.isSafeInteger(now) || now < 0) throw refuseInteger(now, 0, Number.MAX_SAFE_INTEGER, "now");
  if (typeof cart.id !== "string") throw refuseString(cart.id, "id");
  const minorDigits = typeof cart.currency === "string" ? findMinorDigits(cart.currency) : undefined;
  if (minorDigits === undefined) {
    throw refuseCart("CART_UNKNOWN_CURRENCY", "The currency is an ISO 4217 code", "currency", cart.currency);
  }
  checkArray(lines, L.MAX_LINES, "lines");
  checkArray(shipping, L.MAX_SHIPPING, "shipping");
  checkArray(coupons, L.MAX_COUPONS, "coupons");
  const ids = checkLines(lines, shipping);
  const order = orderLines(lines);

  const linesAt = base + (L.CART_HEADER >> 2);
  let cursor = linesAt + lines.length * (L.LINE_STRIDE >> 2);
  let records = 0;
  let ends: number[] | undefined;
  let record = linesAt;
  for (let i = 0; i < order.length; i++) {
    const line = lines[order[i]!]!;
    if (i > 0) {
      const before = lines[order[i - 1]!]!;
      if (before.unitPrice === line.unitPrice && before.sku === line.sku && isSameGoods(before, line)) {
        ends ??= Array.from({ length: records }, (_, r) => r + 1);
        ends[records - 1] = i + 1;
        memory[record - (L.LINE_STRIDE >> 2) + (L.LINE_QUANTITY >> 2)]! += line.quantity;
        continue;
      }
    }
    cursor = writeLine(memory, record, cursor, line, records, order[i]!, symbols, reads);
    records++;
    ends?.push(i + 1);
    record += L.LINE_STRIDE >> 2;
  }
  if (reads & L.READS_GROUPS) writeGroups(memory, linesAt, lines, order, ends);

  const shippingAt = align(cursor);
  for (let i = 0; i < shipping.length; i++) writeShipping(memory, shippingAt, shipping[i]!, i, symbols);
  const couponsAt = shippingAt + shipping.length * (L.SHIPPING_STRIDE >> 2);
  cursor = writeSymbols(memory, couponsAt, coupons, "coupons", symbols);
  const couponCount = cursor - couponsAt;

  const allowancesAt = align(cursor);
  cursor =
    cart.allowances === undefined
      ? allowancesAt
      : writeAllowances(memory, allowancesAt, cart.allowances, symbols);
  const allowanceCount = (cursor - allowancesAt) / (L.ALLOWANCE_STRIDE >> 2);

  const segmentsAt = cursor;
  let attributesAt = align(cursor);
  let flags = 0;
  let tier = 0;
  let orders = 0;
  if (customer !== undefined) {
    if (typeof customer !== "object" || customer === null) {
      throw refuseCart("CART_WRONG_TYPE", "A customer is an object", "customer", customer);
    }
    if (typeof customer.id !== "string") throw refuseString(customer.id, "customer.id");
    if (typeof customer.loggedIn !== "boolean") {
      throw refuseCart("CART_WRONG_TYPE", "true or false is needed", "customer.loggedIn", customer.loggedIn);
    }
    orders = customer.orders;
    if (!Number.isInteger(orders) || orders < 0 || orders > L.MAX_QUANTITY) {
      throw refuseInteger(orders, 0, L.MAX_QUANTITY, "customer.orders");
    }
    flags = L.CART_HAS_CUSTOMER | (customer.loggedIn ? L.CART_LOGGED_IN : 0);
    tier = findSymbol(customer.tier, "customer.tier", symbols);
    checkArray(customer.segments, L.MAX_SEGMENTS, "customer.segments");
    if (reads & L.READS_SEGMENTS) {
      cursor = writeSymbols(memory, segmentsAt, customer.segments, "customer.segments", symbols);
      attributesAt = align(cursor);
    }
  }
  const segmentCount = cursor - segmentsAt;
  cursor = attributesAt;
  if (customer?.attributes !== undefined && reads & L.READS_CUSTOMER_ATTRIBUTES) {
    cursor = writeAttributes(memory, attributesAt, customer.attributes, "customer.attributes", symbols);
  }

  const at = (field: number) => base + (field >> 2);
  memory[at(L.CART_VERSION)] = L.ABI_VERSION;
  memory[at(L.CART_LENGTH)] = (cursor - base) << 2;
  memory[at(L.CART_FLAGS)] = flags;
  writeI64(memory, at(L.CART_NOW), now);
  memory[at(L.CART_CURRENCY)] = packCurrency(cart.currency);
  memory[at(L.CART_MINOR_DIGITS)] = minorDigits;
  memory[at(L.CART_CHANNEL)] = findSymbol(cart.channel, "channel", symbols);
  memory[at(L.CART_MARKET)] = findSymbol(cart.market, "market", symbols);
  memory[at(L.CART_TIME_ZONE)] = findSymbol(cart.timeZone, "timeZone", symbols);
  memory[at(L.CART_PAYMENT_METHOD)] = findSymbol(cart.paymentMethod, "paymentMethod", symbols);
  memory[at(L.CART_LINE_COUNT)] = records;
  memory[at(L.CART_LINES)] = linesAt << 2;
  memory[at(L.CART_SHIPPING_COUNT)] = shipping.length;
  memory[at(L.CART_SHIPPING)] = shippingAt << 2;
  memory[at(L.CART_COUPON_COUNT)] = couponCount;
  memory[at(L.CART_COUPONS)] = couponsAt << 2;
  memory[at(L.CART_ALLOWANCE_COUNT)] = allowanceCount;
  memory[at(L.CART_ALLOWANCES)] = allowancesAt << 2;
  memory[at(L.CART_SEGMENT_COUNT)] = segmentCount;
  memory[at(L.CART_SEGMENTS)] = segmentsAt << 2;
  memory[at(L.CART_TIER)] = tier;
  memory[at(L.CART_ORDERS)] = orders;
  memory[at(L.CART_ATTRIBUTE_COUNT)] = (cursor - attributesAt) / (L.ATTRIBUTE_STRIDE >> 2);
  memory[at(L.CART_ATTRIBUTES)] = attributesAt << 2;
  writeI64(memory, at(L.CART_SUBTOTAL), 0);
  writeI64(memory, at(L.CART_SHIPPING_TOTAL), 0);
  writeI64(memory, at(L.CART_QUANTITY), 0);
  memory[base] = L.ABI_MAGIC;
  const quantities = ends && lines.map((line) => line.quantity);
  return { length: (cursor - base) << 2, records, order, ends, ids, quantities };
}

/** Checks what ordering, merging and summing rely on, and returns the ids. */
function checkLines(lines: readonly CartLine[], shipping: Cart["shipping"]): string[] {
  const count = lines.length;
  const ids = new Array<string>(count);
  let subtotal = 0;
  for (let i = 0; i < count; i++) {
    const line = lines[i]!;
    if (typeof line !== "object" || line === null) {
      throw refuseCart("CART_WRONG_TYPE", "A line is an object", `lines[${i}]`, line);
    }
    const { id, sku, productId, quantity, unitPrice } = line;
    if (!isText(id)) throw refuseString(id, `lines[${i}].id`);
    if (!isText(sku)) throw refuseString(sku, `lines[${i}].sku`);
    if (!isText(productId)) throw refuseString(productId, `lines[${i}].productId`);
    if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > L.MAX_QUANTITY) {
      throw refuseInteger(quantity, 1, L.MAX_QUANTITY, `lines[${i}].quantity`);
    }
    if (!Number.isSafeInteger(unitPrice) || unitPrice < 0) {
      throw refuseInteger(unitPrice, 0, Number.MAX_SAFE_INTEGER, `lines[${i}].unitPrice`);
    }
    if (!Array.isArray(line.categories) || line.categories.length > L.MAX_CATEGORIES) {
      checkArray(line.categories, L.MAX_CATEGORIES, `lines[${i}].categories`);
    }
    subtotal += quantity * unitPrice;
    ids[i] = id;
  }
  let total = subtotal;
  for (let i = 0; i < shipping.length; i++) {
    const price = shipping[i]?.price;
    if (Number.isSafeInteger(price)) total += price!; // what is none is refused when its turn comes
  }
  // Terms are not negative, so a sum that ever left the exact integers cannot come back into them.
  if (total > Number.MAX_SAFE_INTEGER) {
    throw refuseCart("CART_SUM_OVERFLOW", "The total leaves the exact integers (2^53 - 1)", "lines", total);
  }
  checkUnique(ids);
  return ids;
}

function checkUnique(ids: readonly string[]): void {
  let duplicate = -1;
  if (ids.length > PAIRWISE_IDS) {
    const seen = new Set<string>();
    duplicate = ids.findIndex((id) => seen.size === seen.add(id).size);
  } else {
    for (let i = 1; i < ids.length; i++) {
      for (let k = 0; k < i; k++) if (ids[i] === ids[k]) duplicate = i;
    }
  }
  if (duplicate >= 0) {
    const at = `lines[${duplicate}].id`;
    throw refuseCart("CART_DUPLICATE_LINE", "Line ids are unique in a cart", at, ids[duplicate]);
  }
}

/** Writes one line record and its lists behind `cursor`; returns the new cursor, in words. */
function writeLine(
  memory: Int32Array,
  record: number,
  cursor: number,
  line: CartLine,
  index: number,
  position: number,
  symbols: Symbols,
  reads: number,
): number {
  const { unitPrice, unitCost, minUnitPrice, taxRate, subscription, attributes } = line;
  let flags = 0;
  writeI64(memory, record + (L.LINE_UNIT_PRICE >> 2), unitPrice);
  if (unitCost === undefined) writeI64(memory, record + (L.LINE_UNIT_COST >> 2), 0);
  else {
    flags |= L.LINE_HAS_COST;
    writeAmount(memory, record + (L.LINE_UNIT_COST >> 2), unitCost, position, "unitCost");
  }
  if (minUnitPrice === undefined) writeI64(memory, record + (L.LINE_MIN_UNIT_PRICE >> 2), 0);
  else {
    flags |= L.LINE_HAS_MIN;
    writeAmount(memory, record + (L.LINE_MIN_UNIT_PRICE >> 2), minUnitPrice, position, "minUnitPrice");
  }
  let taxPpm = 0;
  if (taxRate !== undefined) {
    flags |= L.LINE_HAS_TAX;
    taxPpm = parsePercent(taxRate, `lines[${position}].taxRate`);
  }
  if (subscription !== undefined) {
    if (typeof subscription !== "boolean") {
      const at = `lines[${position}].subscription`;
      throw refuseCart("CART_WRONG_TYPE", "true or false is needed", at, subscription);
    }
    if (subscription) flags |= L.LINE_SUBSCRIPTION;
  }
  memory[record + (L.LINE_TOTAL >> 2)] = 0;
  memory[record + (L.LINE_TOTAL >> 2) + 1] = 0;
  memory[record + (L.LINE_DISCOUNT >> 2)] = 0;
  memory[record + (L.LINE_DISCOUNT >> 2) + 1] = 0;
  memory[record + (L.LINE_QUANTITY >> 2)] = line.quantity;
  memory[record + (L.LINE_FLAGS >> 2)] = flags;
  memory[record + (L.LINE_SKU >> 2)] = reads & L.READS_SKU ? symbols.find(line.sku) : 0;
  memory[record + (L.LINE_PRODUCT >> 2)] = reads & L.READS_PRODUCT ? symbols.find(line.productId) : 0;
  memory[record + (L.LINE_SKU_GROUP >> 2)] = 0;
  memory[record + (L.LINE_PRODUCT_GROUP >> 2)] = 0;
  memory[record + (L.LINE_TAX_RATE >> 2)] = taxPpm;
  memory[record + (L.LINE_CATEGORIES >> 2)] = cursor << 2;
  let end = cursor;
  if (reads & L.READS_CATEGORIES) {
    const { categories } = line;
    for (let i = 0; i < categories.length; i++) {
      const category = categories[i]!;
      if (!isText(category)) throw refuseString(category, `lines[${position}].categories[${i}]`);
      const symbol = symbols.find(category);
      if (symbol !== 0 && !includes(memory, cursor, end, symbol)) memory[end++] = symbol;
    }
  }
  memory[record + (L.LINE_CATEGORY_COUNT >> 2)] = end - cursor;
  const attributesAt = align(end);
  end = attributesAt;
  if (attributes !== undefined && reads & L.READS_LINE_ATTRIBUTES) {
    end = writeAttributes(memory, attributesAt, attributes, `lines[${position}].attributes`, symbols);
  }
  memory[record + (L.LINE_ATTRIBUTE_COUNT >> 2)] = (end - attributesAt) / (L.ATTRIBUTE_STRIDE >> 2);
  memory[record + (L.LINE_ATTRIBUTES >> 2)] = attributesAt << 2;
  memory[record + (L.LINE_INDEX >> 2)] = index;
  return end;
}

/** A category named twice counts once, so that the index never sees a line twice. */
function includes(memory: Int32Array, from: number, to: number, symbol: number): boolean {
  for (let i = from; i < to; i++) if (memory[i] === symbol) return true;
  return false;
}

/** Numbers skus and products of this cart from 1 in canonical order, for rules that group by them. */
function writeGroups(
  memory: Int32Array,
  linesAt: number,
  lines: readonly CartLine[],
  order: readonly number[],
  ends: readonly number[] | undefined,
): void {
  const skus = new Map<string, number>();
  const products = new Map<string, number>();
  const records = ends?.length ?? order.length;
  for (let r = 0; r < records; r++) {
    const { sku, productId } = lines[order[(ends ? ends[r]! : r + 1) - 1]!]!;
    if (!skus.has(sku)) skus.set(sku, skus.size + 1);
    if (!products.has(productId)) products.set(productId, products.size + 1);
    const record = linesAt + r * (L.LINE_STRIDE >> 2);
    memory[record + (L.LINE_SKU_GROUP >> 2)] = skus.get(sku)!;
    memory[record + (L.LINE_PRODUCT_GROUP >> 2)] = products.get(productId)!;
  }
}

function writeShipping(
  memory: Int32Array,
  start: number,
  entry: Cart["shipping"][number],
  i: number,
  symbols: Symbols,
) {
  if (typeof entry !== "object" || entry === null) {
    throw refuseCart("CART_WRONG_TYPE", "A shipping entry is an object", `shipping[${i}]`, entry);
  }
  if (!isText(entry.id)) throw refuseString(entry.id, `shipping[${i}].id`);
  if (!isText(entry.method)) throw refuseString(entry.method, `shipping[${i}].method`);
  if (!Number.isSafeInteger(entry.price) || entry.price < 0) {
    throw refuseInteger(entry.price, 0, Number.MAX_SAFE_INTEGER, `shipping[${i}].price`);
  }
  const record = start + i * (L.SHIPPING_STRIDE >> 2);
  const taxed = entry.taxRate !== undefined;
  writeI64(memory, record + (L.SHIPPING_PRICE >> 2), entry.price);
  writeI64(memory, record + (L.SHIPPING_DISCOUNT >> 2), 0);
  memory[record + (L.SHIPPING_METHOD >> 2)] = symbols.find(entry.method);
  memory[record + (L.SHIPPING_TAX_RATE >> 2)] = taxed
    ? parsePercent(entry.taxRate, `shipping[${i}].taxRate`)
    : 0;
  memory[record + (L.SHIPPING_FLAGS >> 2)] = taxed ? L.SHIPPING_HAS_TAX : 0;
  memory[record + (L.SHIPPING_FLAGS >> 2) + 1] = 0;
}

function writeAllowances(memory: Int32Array, start: number, allowances: unknown, symbols: Symbols): number {
  let end = start;
  for (const [key, remaining] of checkRecord(allowances, L.MAX_ALLOWANCES, "allowances")) {
    if (!Number.isSafeInteger(remaining) || (remaining as number) < 0) {
      throw refuseInteger(remaining, 0, Number.MAX_SAFE_INTEGER, `allowances.${key}`);
    }
    const symbol = symbols.find(key);
    if (symbol === 0) continue;
    memory[end + (L.ALLOWANCE_KEY >> 2)] = symbol;
    memory[end + (L.ALLOWANCE_KEY >> 2) + 1] = 0;
    writeI64(memory, end + (L.ALLOWANCE_REMAINING >> 2), remaining as number);
    end += L.ALLOWANCE_STRIDE >> 2;
  }
  return end;
}
