// A cart read back from memory: what the engine sees of it. For tests, tools and traces; no host needs it to price.

import { unpackCurrency } from "./currency.ts";
import { type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { Symbols } from "./symbols.ts";

/** A string that crossed as a symbol; null when the cart gave none or nothing compares with it. */
export type SeenText = string | null;
/** Attributes whose key some rule names. */
export type SeenAttributes = Record<string, SeenText | number | boolean>;

/** One line record: all lines that are equal in everything but id and quantity. Rates are in ppm. */
export type SeenLine = {
  sku: SeenText;
  product: SeenText;
  skuGroup: number;
  productGroup: number;
  categories: string[];
  quantity: number;
  unitPrice: number;
  unitCost: number | null;
  minUnitPrice: number | null;
  taxRate: number | null;
  subscription: boolean;
  attributes: SeenAttributes;
};

export type SeenShipping = { method: SeenText; price: number; taxRate: number | null };

export type SeenCustomer = {
  segments: string[];
  tier: SeenText;
  loggedIn: boolean;
  orders: number;
  attributes: SeenAttributes;
};

export type SeenCart = {
  currency: string;
  minorDigits: number;
  now: number;
  channel: SeenText;
  market: SeenText;
  timeZone: SeenText;
  paymentMethod: SeenText;
  /** In canonical order. */
  lines: SeenLine[];
  shipping: SeenShipping[];
  customer: SeenCustomer | null;
  coupons: string[];
  allowances: Record<string, number>;
};

/**
 * Decodes the cart at the start of `bytes`, which lies at address CART: what `encodeCart` wrote, or a copy of it.
 * Throws CART_BAD_BYTES with the offset when magic, version, a count or an address cannot be; nothing is
 * allocated for a count before it is held against its limit and against the bytes there are.
 */
export function decodeCart(bytes: Uint8Array, symbols: Symbols): SeenCart {
  if (bytes.length < L.CART_HEADER) throw bad(bytes.length, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const i64 = (at: number) => Number(view.getBigInt64(at, true));
  const text = (at: number): SeenText => {
    const symbol = u32(at);
    if (symbol > symbols.size) throw bad(at, symbol);
    return symbol === L.SYMBOL_UNKNOWN ? null : symbols.text(symbol);
  };
  expect(u32, L.CART_MAGIC, L.ABI_MAGIC);
  expect(u32, L.CART_VERSION, L.ABI_VERSION);
  const length = u32(L.CART_LENGTH);
  if (length < L.CART_HEADER || length > bytes.length || length > L.CART_CAPACITY) {
    throw bad(L.CART_LENGTH, length);
  }

  /** The offsets of a list's records. */
  const offsets = (countAt: number, addressAt: number, stride: number, most: number): number[] => {
    const count = u32(countAt);
    const start = u32(addressAt) - L.CART;
    if (count > most) throw bad(countAt, count);
    if (count > 0 && (start < L.CART_HEADER || start % 4 !== 0 || start + count * stride > length)) {
      throw bad(addressAt, start);
    }
    return Array.from({ length: count }, (_, i) => start + i * stride);
  };
  const texts = (countAt: number, addressAt: number, most: number): string[] =>
    offsets(countAt, addressAt, 4, most).map((at) => {
      const seen = text(at);
      if (seen === null) throw bad(at, 0);
      return seen;
    });
  const attributes = (countAt: number, addressAt: number): SeenAttributes => {
    const seen: SeenAttributes = {};
    for (const at of offsets(countAt, addressAt, L.ATTRIBUTE_STRIDE, L.MAX_ATTRIBUTES)) {
      define(seen, text(at + L.ATTRIBUTE_KEY) ?? "", attribute(at));
    }
    return seen;
  };
  const attribute = (at: number): SeenText | number | boolean => {
    const kind = u32(at + L.ATTRIBUTE_KIND);
    if (kind === L.ATTRIBUTE_SYMBOL) return text(at + L.ATTRIBUTE_VALUE);
    if (kind === L.ATTRIBUTE_INTEGER) return i64(at + L.ATTRIBUTE_VALUE);
    if (kind === L.ATTRIBUTE_BOOLEAN) return i64(at + L.ATTRIBUTE_VALUE) !== 0;
    throw bad(at + L.ATTRIBUTE_KIND, kind);
  };

  const line = (at: number): SeenLine => {
    const flags = u32(at + L.LINE_FLAGS);
    return {
      sku: text(at + L.LINE_SKU),
      product: text(at + L.LINE_PRODUCT),
      skuGroup: u32(at + L.LINE_SKU_GROUP),
      productGroup: u32(at + L.LINE_PRODUCT_GROUP),
      categories: texts(at + L.LINE_CATEGORY_COUNT, at + L.LINE_CATEGORIES, L.MAX_CATEGORIES),
      quantity: u32(at + L.LINE_QUANTITY),
      unitPrice: i64(at + L.LINE_UNIT_PRICE),
      unitCost: flags & L.LINE_HAS_COST ? i64(at + L.LINE_UNIT_COST) : null,
      minUnitPrice: flags & L.LINE_HAS_MIN ? i64(at + L.LINE_MIN_UNIT_PRICE) : null,
      taxRate: flags & L.LINE_HAS_TAX ? u32(at + L.LINE_TAX_RATE) : null,
      subscription: (flags & L.LINE_SUBSCRIPTION) !== 0,
      attributes: attributes(at + L.LINE_ATTRIBUTE_COUNT, at + L.LINE_ATTRIBUTES),
    };
  };
  const shipping = (at: number): SeenShipping => ({
    method: text(at + L.SHIPPING_METHOD),
    price: i64(at + L.SHIPPING_PRICE),
    taxRate: u32(at + L.SHIPPING_FLAGS) & L.SHIPPING_HAS_TAX ? u32(at + L.SHIPPING_TAX_RATE) : null,
  });
  const allowances: Record<string, number> = {};
  for (const at of offsets(L.CART_ALLOWANCE_COUNT, L.CART_ALLOWANCES, L.ALLOWANCE_STRIDE, L.MAX_ALLOWANCES)) {
    define(allowances, text(at + L.ALLOWANCE_KEY) ?? "", i64(at + L.ALLOWANCE_REMAINING));
  }
  const flags = u32(L.CART_FLAGS);
  const customer = (): SeenCustomer => ({
    segments: texts(L.CART_SEGMENT_COUNT, L.CART_SEGMENTS, L.MAX_SEGMENTS),
    tier: text(L.CART_TIER),
    loggedIn: (flags & L.CART_LOGGED_IN) !== 0,
    orders: u32(L.CART_ORDERS),
    attributes: attributes(L.CART_ATTRIBUTE_COUNT, L.CART_ATTRIBUTES),
  });
  return {
    currency: unpackCurrency(u32(L.CART_CURRENCY)),
    minorDigits: u32(L.CART_MINOR_DIGITS),
    now: i64(L.CART_NOW),
    channel: text(L.CART_CHANNEL),
    market: text(L.CART_MARKET),
    timeZone: text(L.CART_TIME_ZONE),
    paymentMethod: text(L.CART_PAYMENT_METHOD),
    lines: offsets(L.CART_LINE_COUNT, L.CART_LINES, L.LINE_STRIDE, L.MAX_LINES).map(line),
    shipping: offsets(L.CART_SHIPPING_COUNT, L.CART_SHIPPING, L.SHIPPING_STRIDE, L.MAX_SHIPPING).map(
      shipping,
    ),
    customer: flags & L.CART_HAS_CUSTOMER ? customer() : null,
    coupons: texts(L.CART_COUPON_COUNT, L.CART_COUPONS, L.MAX_COUPONS),
    allowances,
  };
}

/** Sets a key as JSON.parse does, so that `__proto__` is a name like any other. */
function define<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function expect(u32: (at: number) => number, field: number, value: number): void {
  if (u32(field) !== value) throw bad(field, u32(field));
}

function bad(at: number, value: number): HaggleError {
  return refuse("CART_BAD_BYTES", at, value);
}
