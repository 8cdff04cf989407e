// A cart in linear memory. This is the hot half of a browser's keystroke: no allocation but two short arrays,
// no BigInt, i64 as two halves, every value checked before it is written, nothing beyond the region written.

import { type Cart, type CartLine, isSameGoods, type LineMode, orderLines } from "./cart.ts";
import { checkArray, checkBoolean, checkInteger, checkObject, checkText, placeOf } from "./cart-refuse.ts";
import {
  align,
  entriesOf,
  findSymbol,
  writeAmount,
  writeAttributes,
  writeI64,
  writeSymbols,
} from "./cart-values.ts";
import { findMinorDigits, packCurrency } from "./currency.ts";
import { refuse } from "./errors.ts";
import * as L from "./layout.ts";
import { parsePercent } from "./money.ts";
import type { Symbols } from "./symbols.ts";

/** How the records in memory belong to the lines of the cart that was given. */
export type EncodedCart = {
  /** Bytes from CART on that this cart takes. */
  length: number;
  records: number;
  /** The order of the records: positions in `cart.lines`. Merged lines stand side by side. */
  order: number[];
  /** Where each record's lines end in `order`; undefined when no lines were merged. */
  ends: number[] | undefined;
  /** By position in `cart.lines`, kept because the caller may change the cart afterwards. */
  ids: string[];
  /** By position in `cart.lines`; undefined when no lines were merged. */
  quantities: number[] | undefined;
};

const PAIRWISE_IDS = 16;
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

/**
 * Writes a cart at CART. Lines equal in all but id and quantity become one record, unless the policy wants them as
 * given; strings that nothing compares with become symbol 0; what nothing reads (`reads`) is neither looked at nor
 * checked.
 *
 * `memory` is the whole memory as 32-bit words; hosts are little endian (checked when the engine is made).
 * Throws CART_* with the JSON path and the value; the memory then holds no valid cart (its magic is cleared first).
 */
export function encodeCart(
  cart: Cart,
  memory: Int32Array,
  symbols: Symbols,
  reads: number,
  mode: LineMode = "canonical",
): EncodedCart {
  const base = L.CART >> 2;
  memory[base] = 0;
  if (typeof cart !== "object" || cart === null || Array.isArray(cart)) {
    throw refuse("CART_NOT_OBJECT", "cart", cart);
  }
  const { lines, shipping, coupons, customer, now, currency } = cart;
  checkInteger(now, MAX_AMOUNT, "now");
  checkText(cart.id, "id");
  const minorDigits = findMinorDigits(currency);
  if (minorDigits === undefined) throw refuse("CART_UNKNOWN_CURRENCY", "currency", currency);
  checkArray(lines, L.MAX_LINES, "lines");
  checkArray(shipping, L.MAX_SHIPPING, "shipping");
  checkArray(coupons, L.MAX_COUPONS, "coupons");
  const ids = checkLines(lines, shipping);
  const order = orderLines(lines, mode);
  const merges = mode === "canonical";

  const linesAt = base + (L.CART_HEADER >> 2);
  let cursor = linesAt + lines.length * (L.LINE_STRIDE >> 2);
  // What a line does not say, and what is the engine's own.
  memory.fill(0, base, cursor);
  let records = 0;
  let ends: number[] | undefined;
  let record = linesAt;
  for (let i = 0; i < order.length; i++) {
    const line = lines[order[i]!]!;
    if (merges && i > 0) {
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
  cursor = writeSymbols(memory, couponsAt, coupons, symbols, "coupons");
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
    checkObject(customer, "customer");
    checkText(customer.id, "customer.id");
    checkBoolean(customer.loggedIn, "customer.loggedIn");
    orders = customer.orders;
    checkInteger(orders, L.MAX_QUANTITY, "customer.orders");
    flags = L.CART_HAS_CUSTOMER | (customer.loggedIn ? L.CART_LOGGED_IN : 0);
    tier = findSymbol(customer.tier, symbols, "customer.tier");
    checkArray(customer.segments, L.MAX_SEGMENTS, "customer.segments");
    if (reads & L.READS_SEGMENTS) {
      cursor = writeSymbols(memory, segmentsAt, customer.segments, symbols, "customer.segments");
      attributesAt = align(cursor);
    }
  }
  const segmentCount = cursor - segmentsAt;
  cursor = attributesAt;
  if (customer?.attributes !== undefined && reads & L.READS_CUSTOMER_ATTRIBUTES) {
    cursor = writeAttributes(memory, attributesAt, customer.attributes, symbols, "customer.attributes");
  }

  memory[base + (L.CART_VERSION >> 2)] = L.ABI_VERSION;
  memory[base + (L.CART_LENGTH >> 2)] = (cursor - base) << 2;
  memory[base + (L.CART_FLAGS >> 2)] = flags;
  writeI64(memory, base + (L.CART_NOW >> 2), now);
  memory[base + (L.CART_CURRENCY >> 2)] = packCurrency(currency);
  memory[base + (L.CART_MINOR_DIGITS >> 2)] = minorDigits;
  memory[base + (L.CART_CHANNEL >> 2)] = findSymbol(cart.channel, symbols, "channel");
  memory[base + (L.CART_MARKET >> 2)] = findSymbol(cart.market, symbols, "market");
  memory[base + (L.CART_TIME_ZONE >> 2)] = findSymbol(cart.timeZone, symbols, "timeZone");
  memory[base + (L.CART_PAYMENT_METHOD >> 2)] = findSymbol(cart.paymentMethod, symbols, "paymentMethod");
  memory[base + (L.CART_LINE_COUNT >> 2)] = records;
  memory[base + (L.CART_LINES >> 2)] = linesAt << 2;
  memory[base + (L.CART_SHIPPING_COUNT >> 2)] = shipping.length;
  memory[base + (L.CART_SHIPPING >> 2)] = shippingAt << 2;
  memory[base + (L.CART_COUPON_COUNT >> 2)] = couponCount;
  memory[base + (L.CART_COUPONS >> 2)] = couponsAt << 2;
  memory[base + (L.CART_ALLOWANCE_COUNT >> 2)] = allowanceCount;
  memory[base + (L.CART_ALLOWANCES >> 2)] = allowancesAt << 2;
  memory[base + (L.CART_SEGMENT_COUNT >> 2)] = segmentCount;
  memory[base + (L.CART_SEGMENTS >> 2)] = segmentsAt << 2;
  memory[base + (L.CART_TIER >> 2)] = tier;
  memory[base + (L.CART_ORDERS >> 2)] = orders;
  memory[base + (L.CART_ATTRIBUTE_COUNT >> 2)] = (cursor - attributesAt) / (L.ATTRIBUTE_STRIDE >> 2);
  memory[base + (L.CART_ATTRIBUTES >> 2)] = attributesAt << 2;
  memory[base] = L.ABI_MAGIC;
  const quantities = ends && lines.map((line) => line.quantity);
  return { length: (cursor - base) << 2, records, order, ends, ids, quantities };
}

/** Checks what ordering, merging and summing rely on, and returns the ids. */
export function checkLines(lines: readonly CartLine[], shipping: Cart["shipping"]): string[] {
  const count = lines.length;
  const ids = new Array<string>(count);
  let subtotal = 0;
  for (let i = 0; i < count; i++) {
    const line = lines[i]!;
    checkObject(line, "lines", i);
    const { id, sku, productId, quantity, unitPrice } = line;
    checkText(id, "lines", i, "id");
    checkText(sku, "lines", i, "sku");
    checkText(productId, "lines", i, "productId");
    checkInteger(quantity, L.MAX_QUANTITY, "lines", i, "quantity");
    if (quantity === 0) throw refuse("CART_OUT_OF_RANGE", placeOf("lines", i, "quantity"), quantity);
    checkInteger(unitPrice, MAX_AMOUNT, "lines", i, "unitPrice");
    checkArray(line.categories, L.MAX_CATEGORIES, "lines", i, "categories");
    subtotal += quantity * unitPrice;
    ids[i] = id;
  }
  let total = subtotal;
  for (let i = 0; i < shipping.length; i++) {
    const price = shipping[i]?.price;
    if (Number.isSafeInteger(price)) total += price!; // what is none is refused when its turn comes
  }
  // Terms are not negative, so a sum that ever left the exact integers cannot come back into them.
  if (total > MAX_AMOUNT) throw refuse("CART_SUM_OVERFLOW", "lines", total);
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
    throw refuse("CART_DUPLICATE_LINE", placeOf("lines", duplicate, "id"), ids[duplicate]);
  }
}

/** Writes a record of zeros and its lists behind `cursor`; returns the new cursor, in words: an even one. */
export function writeLine(
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
  if (unitCost !== undefined) {
    flags |= L.LINE_HAS_COST;
    writeAmount(memory, record + (L.LINE_UNIT_COST >> 2), unitCost, "lines", position, "unitCost");
  }
  if (minUnitPrice !== undefined) {
    flags |= L.LINE_HAS_MIN;
    writeAmount(
      memory,
      record + (L.LINE_MIN_UNIT_PRICE >> 2),
      minUnitPrice,
      "lines",
      position,
      "minUnitPrice",
    );
  }
  if (taxRate !== undefined) {
    flags |= L.LINE_HAS_TAX;
    memory[record + (L.LINE_TAX_RATE >> 2)] = parsePercent(taxRate, placeOf("lines", position, "taxRate"));
  }
  if (subscription !== undefined) {
    checkBoolean(subscription, "lines", position, "subscription");
    if (subscription) flags |= L.LINE_SUBSCRIPTION;
  }
  memory[record + (L.LINE_QUANTITY >> 2)] = line.quantity;
  memory[record + (L.LINE_FLAGS >> 2)] = flags;
  if (reads & L.READS_SKU) memory[record + (L.LINE_SKU >> 2)] = symbols.find(line.sku);
  if (reads & L.READS_PRODUCT) memory[record + (L.LINE_PRODUCT >> 2)] = symbols.find(line.productId);
  memory[record + (L.LINE_CATEGORIES >> 2)] = cursor << 2;
  let end = cursor;
  if (reads & L.READS_CATEGORIES) {
    end = writeSymbols(memory, cursor, line.categories, symbols, "lines", position, "categories");
  }
  memory[record + (L.LINE_CATEGORY_COUNT >> 2)] = end - cursor;
  const attributesAt = align(end);
  end = attributesAt;
  if (attributes !== undefined && reads & L.READS_LINE_ATTRIBUTES) {
    end = writeAttributes(
      memory,
      attributesAt,
      attributes,
      symbols,
      placeOf("lines", position, "attributes"),
    );
  }
  memory[record + (L.LINE_ATTRIBUTE_COUNT >> 2)] = (end - attributesAt) / (L.ATTRIBUTE_STRIDE >> 2);
  memory[record + (L.LINE_ATTRIBUTES >> 2)] = attributesAt << 2;
  memory[record + (L.LINE_INDEX >> 2)] = index;
  return end;
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
  checkObject(entry, "shipping", i);
  checkText(entry.id, "shipping", i, "id");
  checkText(entry.method, "shipping", i, "method");
  const record = start + i * (L.SHIPPING_STRIDE >> 2);
  const taxed = entry.taxRate !== undefined;
  writeAmount(memory, record + (L.SHIPPING_PRICE >> 2), entry.price, "shipping", i, "price");
  writeI64(memory, record + (L.SHIPPING_DISCOUNT >> 2), 0);
  memory[record + (L.SHIPPING_METHOD >> 2)] = symbols.find(entry.method);
  memory[record + (L.SHIPPING_TAX_RATE >> 2)] = taxed
    ? parsePercent(entry.taxRate, placeOf("shipping", i, "taxRate"))
    : 0;
  memory[record + (L.SHIPPING_FLAGS >> 2)] = taxed ? L.SHIPPING_HAS_TAX : 0;
  memory[record + (L.SHIPPING_FLAGS >> 2) + 1] = 0;
  writeI64(memory, record + (L.SHIPPING_WANTED >> 2), 0);
}

function writeAllowances(memory: Int32Array, start: number, allowances: unknown, symbols: Symbols): number {
  let end = start;
  for (const [key, remaining] of entriesOf(allowances, L.MAX_ALLOWANCES, "allowances")) {
    checkInteger(remaining, MAX_AMOUNT, `allowances.${key}`);
    const symbol = symbols.find(key);
    if (symbol === 0) continue;
    memory[end + (L.ALLOWANCE_KEY >> 2)] = symbol;
    memory[end + (L.ALLOWANCE_KEY >> 2) + 1] = 0;
    writeI64(memory, end + (L.ALLOWANCE_REMAINING >> 2), remaining as number);
    writeI64(memory, end + (L.ALLOWANCE_CLAIMED >> 2), 0);
    end += L.ALLOWANCE_STRIDE >> 2;
  }
  return end;
}
