// A cart that has changed a little since it was encoded. The module writes over the memory, and other carts lie there in
// between, so an image of the records is kept: a changed line is written into it, then it is copied into the memory.

import { type Cart, type CartCustomer, type CartLine, compareLines } from "./cart.ts";
import { checkLines, type EncodedCart, encodeCart, writeLine } from "./cart-encode.ts";
import { writeI64 } from "./cart-values.ts";
import * as L from "./layout.ts";
import type { Symbols } from "./symbols.ts";

/** `encodeCart`, or what gives the same for the same cart. */
export type CartEncoder = typeof encodeCart;

const BASE = L.CART >> 2;
const STRIDE = L.LINE_STRIDE >> 2;
const NO_SHIPPING: Cart["shipping"] = [];

/** The cart that was encoded last, as it was then. */
type Image = {
  cart: Cart;
  symbols: Symbols;
  reads: number;
  mode: Parameters<CartEncoder>[4];
  /** The words from CART on. */
  words: Int32Array;
  encoded: EncodedCart;
  lines: CartLine[];
  quantities: number[];
  /** Of each line, and of shipping: their sum stays exact. */
  amounts: number[];
  shippingAmount: number;
  /** The record of each line. */
  records: Int32Array;
  /** The symbols in it, each once; undefined until somebody asks. */
  met: readonly number[] | undefined;
};

/**
 * Encodes like `encodeCart`, word for word, and writes only what is not as it was in the cart before: another quantity
 * is one word, another line in the place of one is its record and its lists. Lines that come, go, move, merge or part,
 * and anything but a line, take an encoding of the whole.
 *
 * Lines are known by what they are as objects: one that differs in more than its quantity must be another object, and
 * so must `categories`, `attributes` and `allowances` that differ.
 */
export function createEncoder(): CartEncoder {
  let last: Image | undefined;
  let buffer = new Int32Array(0);
  return (cart, memory, symbols, reads, mode) => {
    const image = last;
    // What throws on the way leaves no image behind.
    last = undefined;
    const isNear = image?.symbols === symbols && image.reads === reads && image.mode === mode;
    if (isNear && isSameElse(image, cart) && tryLines(image, cart, memory)) {
      last = image;
      return image.encoded;
    }
    const encoded = encodeCart(cart, memory, symbols, reads, mode);
    const length = encoded.length >> 2;
    // Some room, for lines whose lists grow.
    if (buffer.length < length) buffer = new Int32Array(length + (length >> 2));
    buffer.set(memory.subarray(BASE, BASE + length));
    last = keep(cart, buffer, encoded, symbols, reads, mode);
    return encoded;
  };
}

function keep(
  cart: Cart,
  words: Int32Array,
  encoded: EncodedCart,
  symbols: Symbols,
  reads: number,
  mode: Image["mode"],
): Image {
  const { order, ends } = encoded;
  const records = new Int32Array(order.length);
  for (let place = 0, record = 0; place < order.length; place++) {
    if (ends === undefined) record = place;
    else if (place === ends[record]) record++;
    records[order[place]!] = record;
  }
  const lines = cart.lines.slice();
  const shipping = cart.shipping.map((entry) => ({ ...entry }));
  const { customer } = cart;
  return {
    cart: {
      ...cart,
      lines,
      shipping,
      coupons: cart.coupons.slice(),
      ...(customer && { customer: { ...customer, segments: customer.segments.slice() } }),
    },
    ...{ symbols, reads, mode, words, encoded, lines, records },
    quantities: lines.map(({ quantity }) => quantity),
    amounts: lines.map(({ quantity, unitPrice }) => quantity * unitPrice),
    shippingAmount: shipping.reduce((sum, { price }) => sum + price, 0),
    met: undefined,
  };
}

/** Whether nothing but its lines and the time may have changed. */
function isSameElse({ cart: before }: Image, cart: Cart): boolean {
  if (typeof cart !== "object" || cart === null || !Array.isArray(cart.lines)) return false;
  const { shipping, coupons, now } = cart;
  return (
    Number.isSafeInteger(now) &&
    now >= 0 &&
    cart.lines.length === before.lines.length &&
    cart.id === before.id &&
    cart.currency === before.currency &&
    cart.channel === before.channel &&
    cart.market === before.market &&
    cart.timeZone === before.timeZone &&
    cart.paymentMethod === before.paymentMethod &&
    cart.allowances === before.allowances &&
    areSame(coupons, before.coupons, isIdentical) &&
    areSame(shipping, before.shipping, isSameShipping) &&
    isSameCustomer(cart.customer, before.customer)
  );
}

function areSame<T>(
  list: readonly T[],
  before: readonly T[],
  isSame: (one: T, other: T) => boolean,
): boolean {
  if (!Array.isArray(list) || list.length !== before.length) return false;
  for (let i = 0; i < before.length; i++) if (!isSame(list[i]!, before[i]!)) return false;
  return true;
}

function isIdentical(one: unknown, other: unknown): boolean {
  return one === other;
}

function isSameShipping(entry: Cart["shipping"][number] | null, before: Cart["shipping"][number]): boolean {
  return (
    typeof entry === "object" &&
    entry !== null &&
    entry.id === before.id &&
    entry.method === before.method &&
    entry.price === before.price &&
    entry.taxRate === before.taxRate
  );
}

function isSameCustomer(customer: CartCustomer | undefined, before: CartCustomer | undefined): boolean {
  if (typeof customer !== "object" || customer === null || before === undefined) return customer === before;
  return (
    customer.id === before.id &&
    customer.tier === before.tier &&
    customer.loggedIn === before.loggedIn &&
    customer.orders === before.orders &&
    customer.attributes === before.attributes &&
    areSame(customer.segments, before.segments, isIdentical)
  );
}

/** Whatever is wrong with a line, the encoding of the whole says what. */
function tryLines(image: Image, cart: Cart, memory: Int32Array): boolean {
  try {
    return changeLines(image, cart, memory);
  } catch {
    return false;
  }
}

/** Writes the cart into the memory, with the lines that are not as they were; false when that is not all there is to it. */
function changeLines(image: Image, cart: Cart, memory: Int32Array): boolean {
  const { words, lines, quantities, encoded } = image;
  const changed: number[] = [];
  let isCounted = false;
  for (let i = 0; i < lines.length; i++) {
    const line = cart.lines[i]!;
    const before = lines[i]!;
    if (line === before && line.quantity === quantities[i]) continue;
    if (typeof line !== "object" || line === null) return false;
    if (line === before || isSameButQuantity(line, before)) {
      const { quantity } = line;
      if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > L.MAX_QUANTITY) return false;
      const at = (L.CART_HEADER >> 2) + image.records[i]! * STRIDE + (L.LINE_QUANTITY >> 2);
      words[at]! += quantity - quantities[i]!;
      isCounted = true;
    } else {
      // One line alone is always of the first groups.
      const isRegrouped = line.sku !== before.sku || line.productId !== before.productId;
      if (isRegrouped && lines.length > 1 && image.reads & L.READS_GROUPS) return false;
      checkLines([line], NO_SHIPPING);
      changed.push(i);
    }
    lines[i] = line;
    quantities[i] = line.quantity;
    image.amounts[i] = line.quantity * line.unitPrice;
  }
  if (isCounted || changed.length > 0) {
    // Terms are not negative, so what rounding could hide is too much already.
    let total = image.shippingAmount;
    for (let i = 0; i < lines.length; i++) total += image.amounts[i]!;
    if (total > Number.MAX_SAFE_INTEGER) return false;
    if (encoded.ends !== undefined) image.encoded = { ...encoded, quantities: quantities.slice() };
  }
  writeI64(words, L.CART_NOW >> 2, cart.now);
  memory.set(words.subarray(0, encoded.length >> 2), BASE);
  for (const position of changed) if (!changeLine(image, position, memory)) return false;
  meetSymbols(image, memory);
  return true;
}

function isSameButQuantity(line: CartLine, before: CartLine): boolean {
  return (
    line.id === before.id &&
    line.sku === before.sku &&
    line.unitPrice === before.unitPrice &&
    line.productId === before.productId &&
    line.categories === before.categories &&
    line.attributes === before.attributes &&
    line.unitCost === before.unitCost &&
    line.minUnitPrice === before.minUnitPrice &&
    line.taxRate === before.taxRate &&
    line.subscription === before.subscription
  );
}

/** Writes one record anew, with its lists, when it stays where it is. */
function changeLine(image: Image, position: number, memory: Int32Array): boolean {
  const { lines, words, reads, symbols, encoded } = image;
  const line = lines[position]!;
  const index = image.records[position]!;
  const id = encoded.ids[position]!;
  if (line.id !== id && encoded.ids.includes(line.id)) return false;
  if (!staysInPlace(image, index, line)) return false;
  const inWords = (L.CART_HEADER >> 2) + index * STRIDE;
  const record = BASE + inWords;
  const start = words[inWords + (L.LINE_CATEGORIES >> 2)]! >> 2;
  const next =
    index + 1 < encoded.records ? inWords + STRIDE + (L.LINE_CATEGORIES >> 2) : L.CART_SHIPPING >> 2;
  const endBefore = words[next]! >> 2;
  const groups = [memory[record + (L.LINE_SKU_GROUP >> 2)]!, memory[record + (L.LINE_PRODUCT_GROUP >> 2)]!];
  memory.fill(0, record, record + STRIDE);
  const end = writeLine(memory, record, start, line, index, position, symbols, reads);
  memory[record + (L.LINE_SKU_GROUP >> 2)] = groups[0]!;
  memory[record + (L.LINE_PRODUCT_GROUP >> 2)] = groups[1]!;
  const length = encoded.length + ((end - endBefore) << 2);
  if (end !== endBefore) {
    if (length > words.byteLength) return false;
    memory.set(words.subarray(endBefore - BASE, encoded.length >> 2), end);
    moveLists(memory, index + 1, encoded.records, (end - endBefore) << 2);
  }
  const ids = line.id === id ? encoded.ids : encoded.ids.with(position, line.id);
  const { records, order, ends, quantities } = encoded;
  image.encoded = { length, records, order, ends, ids, quantities };
  image.met = undefined;
  words.set(memory.subarray(BASE, BASE + (length >> 2)));
  return true;
}

/** Whether a record is of one line alone, which still stands between its neighbours. */
function staysInPlace({ encoded, lines, mode }: Image, record: number, line: CartLine): boolean {
  const { order, ends } = encoded;
  const place = ends === undefined ? record : (ends[record - 1] ?? 0);
  if (ends !== undefined && ends[record]! - place > 1) return false;
  if (mode === "asGiven") return true;
  const isBehind = place === 0 || compareLines(lines[order[place - 1]!]!, line) < 0;
  return isBehind && (place === order.length - 1 || compareLines(line, lines[order[place + 1]!]!) < 0);
}

const HEADER_ADDRESSES = [
  L.CART_LENGTH,
  L.CART_SHIPPING,
  L.CART_COUPONS,
  L.CART_ALLOWANCES,
  L.CART_SEGMENTS,
  L.CART_ATTRIBUTES,
];

/** Puts right what points behind lists that took another room before. */
function moveLists(memory: Int32Array, from: number, records: number, by: number): void {
  for (const field of HEADER_ADDRESSES) memory[BASE + (field >> 2)]! += by;
  for (let record = from; record < records; record++) {
    const at = BASE + (L.CART_HEADER >> 2) + record * STRIDE;
    memory[at + (L.LINE_CATEGORIES >> 2)]! += by;
    memory[at + (L.LINE_ATTRIBUTES >> 2)]! += by;
  }
}

/** What was found when it was encoded is in the cart still, though nobody looks it up again. */
function meetSymbols(image: Image, memory: Int32Array): void {
  const { meet } = image.symbols;
  if (meet === undefined) return;
  image.met ??= [...findSymbols(memory)];
  for (const symbol of image.met) meet(symbol);
}

/** Every symbol that stands in the cart in memory. */
function findSymbols(memory: Int32Array): Set<number> {
  const found = new Set<number>();
  const word = (at: number, field: number) => memory[at + (field >> 2)]!;
  const list = (at: number, count: number, address: number, stride = 4, field = 0) => {
    const start = (word(at, address) + field) >> 2;
    for (let i = 0; i < word(at, count); i++) found.add(memory[start + ((i * stride) >> 2)]!);
  };
  const attributes = (at: number, count: number, address: number) => {
    list(at, count, address, L.ATTRIBUTE_STRIDE, L.ATTRIBUTE_KEY);
    const start = word(at, address) >> 2;
    for (let i = 0; i < word(at, count); i++) {
      const entry = start + ((i * L.ATTRIBUTE_STRIDE) >> 2);
      if (word(entry, L.ATTRIBUTE_KIND) === L.ATTRIBUTE_SYMBOL) found.add(word(entry, L.ATTRIBUTE_VALUE));
    }
  };
  for (const field of [L.CART_CHANNEL, L.CART_MARKET, L.CART_TIME_ZONE, L.CART_PAYMENT_METHOD, L.CART_TIER]) {
    found.add(word(BASE, field));
  }
  list(BASE, L.CART_LINE_COUNT, L.CART_LINES, L.LINE_STRIDE, L.LINE_SKU);
  list(BASE, L.CART_LINE_COUNT, L.CART_LINES, L.LINE_STRIDE, L.LINE_PRODUCT);
  for (let i = 0; i < word(BASE, L.CART_LINE_COUNT); i++) {
    const record = BASE + (L.CART_HEADER >> 2) + i * STRIDE;
    list(record, L.LINE_CATEGORY_COUNT, L.LINE_CATEGORIES);
    attributes(record, L.LINE_ATTRIBUTE_COUNT, L.LINE_ATTRIBUTES);
  }
  list(BASE, L.CART_SHIPPING_COUNT, L.CART_SHIPPING, L.SHIPPING_STRIDE, L.SHIPPING_METHOD);
  list(BASE, L.CART_COUPON_COUNT, L.CART_COUPONS);
  list(BASE, L.CART_ALLOWANCE_COUNT, L.CART_ALLOWANCES, L.ALLOWANCE_STRIDE, L.ALLOWANCE_KEY);
  list(BASE, L.CART_SEGMENT_COUNT, L.CART_SEGMENTS);
  attributes(BASE, L.CART_ATTRIBUTE_COUNT, L.CART_ATTRIBUTES);
  found.delete(L.SYMBOL_UNKNOWN);
  return found;
}
