// What a rule sees of the cart: views over the records that the host wrote. A view is an address, a getter a load.

import { selectAll, selectCategory, selectMatching, MATCH_ATTRIBUTE, MATCH_PRODUCT, MATCH_SKU, MATCH_TAGS } from "./lines";
import * as L from "./layout";
import { Money } from "./money";
import { Sym, Tags } from "./symbol";

/** Everything a promotion may look at. */
@unmanaged
export class Context {
  @inline
  get cart(): Cart {
    return changetype<Cart>(L.CART);
  }

  @inline
  get customer(): Customer {
    return changetype<Customer>(L.CART);
  }

  /** The moment of pricing, epoch ms: data of the cart, not a clock. */
  @inline
  get now(): i64 {
    return load<i64>(L.CART + L.CART_NOW);
  }
}

@unmanaged
export class Cart {
  /** Goods total before any promotion. */
  @inline
  get total(): Money {
    return load<i64>(L.CART + L.CART_SUBTOTAL);
  }

  /** Units of goods. */
  @inline
  get quantity(): i32 {
    return load<i64>(L.CART + L.CART_QUANTITY) as i32;
  }

  @inline
  get lineCount(): i32 {
    return load<i32>(L.CART + L.CART_LINE_COUNT);
  }

  /** A line in canonical order: cheapest unit first. */
  @inline
  line(index: i32): Line {
    return changetype<Line>(u32(index) < u32(this.lineCount) ? lineAddress(index) : 0);
  }

  @inline
  get lines(): Lines {
    return changetype<Lines>(selectAll());
  }

  @inline
  inCategory(category: Sym): Lines {
    return changetype<Lines>(selectCategory(changetype<usize>(category)));
  }

  /** Lines in any of the categories; all lines for `Tags.any()`. */
  inCategories(categories: Tags): Lines {
    if (categories.isAny) return this.lines;
    if (categories.length == 1) return this.inCategory(categories.at(0));
    return changetype<Lines>(selectMatching(MATCH_TAGS, changetype<usize>(categories), 0));
  }

  ofSku(sku: Sym): Lines {
    return changetype<Lines>(selectMatching(MATCH_SKU, changetype<usize>(sku), 0));
  }

  ofProduct(product: Sym): Lines {
    return changetype<Lines>(selectMatching(MATCH_PRODUCT, changetype<usize>(product), 0));
  }

  withAttribute(key: Sym, value: Sym): Lines {
    return changetype<Lines>(selectMatching(MATCH_ATTRIBUTE, changetype<usize>(key), changetype<usize>(value)));
  }

  /** Whether the shopper entered a coupon of this campaign. */
  hasCoupon(campaign: Sym): bool {
    return holds(load<u32>(L.CART + L.CART_COUPONS), load<i32>(L.CART + L.CART_COUPON_COUNT), changetype<usize>(campaign));
  }

  @inline
  get channel(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_CHANNEL) as usize);
  }

  @inline
  get market(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_MARKET) as usize);
  }

  @inline
  get timeZone(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_TIME_ZONE) as usize);
  }

  @inline
  get paymentMethod(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_PAYMENT_METHOD) as usize);
  }

  /** Minor digits of the currency: 0 for JPY, 2 for EUR, 3 for KWD. */
  @inline
  get minorDigits(): i32 {
    return load<i32>(L.CART + L.CART_MINOR_DIGITS);
  }

  /** Shipping before any promotion. */
  @inline
  get shippingTotal(): Money {
    return load<i64>(L.CART + L.CART_SHIPPING_TOTAL);
  }

  @inline
  get shippingCount(): i32 {
    return load<i32>(L.CART + L.CART_SHIPPING_COUNT);
  }

  @inline
  shippingAt(index: i32): Shipping {
    return changetype<Shipping>(u32(index) < u32(this.shippingCount) ? shippingAddress(index) : 0);
  }

  /** What is left of a budget or limit; `otherwise` when the cart states none. */
  allowance(name: Sym, otherwise: i64): i64 {
    const count = load<i32>(L.CART + L.CART_ALLOWANCE_COUNT);
    let entry: usize = load<u32>(L.CART + L.CART_ALLOWANCES);
    for (let i = 0; i < count; i++) {
      if (load<u32>(entry, L.ALLOWANCE_KEY) as usize == changetype<usize>(name)) return load<i64>(entry, L.ALLOWANCE_REMAINING);
      entry += L.ALLOWANCE_STRIDE;
    }
    return otherwise;
  }
}

/** A selection of lines in canonical order, with its sums. */
@unmanaged
export class Lines {
  private sum: i64;
  private units: i64;
  private size: i32;
  private addresses: u32;

  /** Goods total of the lines before any promotion. */
  @inline
  get total(): Money {
    return this.sum;
  }

  @inline
  get quantity(): i32 {
    return this.units as i32;
  }

  @inline
  get count(): i32 {
    return this.size;
  }

  @inline
  at(index: i32): Line {
    return changetype<Line>(u32(index) < u32(this.size) ? load<u32>((this.addresses as usize) + ((index as usize) << 2)) as usize : 0);
  }

  /** The line with the lowest unit price; a line of zeros when there is none. */
  @inline
  get cheapest(): Line {
    return this.at(0);
  }

  @inline
  get dearest(): Line {
    return this.at(this.size - 1);
  }
}

/** One line. A line that is not there reads as zeros, and nothing can be taken off it. */
@unmanaged
export class Line {
  @inline
  get unitPrice(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_UNIT_PRICE);
  }

  /** Unit price x quantity before any promotion. */
  @inline
  get total(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_TOTAL);
  }

  @inline
  get quantity(): i32 {
    return load<i32>(changetype<usize>(this), L.LINE_QUANTITY);
  }

  @inline
  get sku(): Sym {
    return changetype<Sym>(load<u32>(changetype<usize>(this), L.LINE_SKU) as usize);
  }

  @inline
  get product(): Sym {
    return changetype<Sym>(load<u32>(changetype<usize>(this), L.LINE_PRODUCT) as usize);
  }

  /** The number of this line's sku within the cart, from 1: lines with one sku share it. */
  @inline
  get skuGroup(): i32 {
    return load<i32>(changetype<usize>(this), L.LINE_SKU_GROUP);
  }

  @inline
  get productGroup(): i32 {
    return load<i32>(changetype<usize>(this), L.LINE_PRODUCT_GROUP);
  }

  @inline
  get subscription(): bool {
    return (load<u32>(changetype<usize>(this), L.LINE_FLAGS) & L.LINE_SUBSCRIPTION) != 0;
  }

  hasCategory(category: Sym): bool {
    return holds(
      load<u32>(changetype<usize>(this), L.LINE_CATEGORIES),
      load<i32>(changetype<usize>(this), L.LINE_CATEGORY_COUNT),
      changetype<usize>(category),
    );
  }

  inCategories(categories: Tags): bool {
    if (categories.isAny) return true;
    for (let i = 0, n = categories.length; i < n; i++) {
      if (this.hasCategory(categories.at(i))) return true;
    }
    return false;
  }

  @inline
  hasAttribute(key: Sym): bool {
    return findLineAttribute(changetype<usize>(this), changetype<usize>(key)) != 0;
  }

  /** A text attribute; unknown when it is missing or no text. */
  @inline
  attribute(key: Sym): Sym {
    return attributeSymbol(findLineAttribute(changetype<usize>(this), changetype<usize>(key)));
  }

  /** An integer or boolean (0 or 1) attribute; `otherwise` when it is missing or a text. */
  @inline
  attributeNumber(key: Sym, otherwise: i64): i64 {
    return attributeInteger(findLineAttribute(changetype<usize>(this), changetype<usize>(key)), otherwise);
  }
}

@unmanaged
export class Customer {
  @inline
  get loggedIn(): bool {
    return (load<u32>(L.CART + L.CART_FLAGS) & L.CART_LOGGED_IN) != 0;
  }

  /** Orders completed so far; 0 for a guest. */
  @inline
  get orders(): i32 {
    return load<i32>(L.CART + L.CART_ORDERS);
  }

  @inline
  get tier(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_TIER) as usize);
  }

  inSegment(segment: Sym): bool {
    return holds(load<u32>(L.CART + L.CART_SEGMENTS), load<i32>(L.CART + L.CART_SEGMENT_COUNT), changetype<usize>(segment));
  }

  inSegments(segments: Tags): bool {
    if (segments.isAny) return true;
    for (let i = 0, n = segments.length; i < n; i++) {
      if (this.inSegment(segments.at(i))) return true;
    }
    return false;
  }

  attribute(key: Sym): Sym {
    return attributeSymbol(findCustomerAttribute(changetype<usize>(key)));
  }

  attributeNumber(key: Sym, otherwise: i64): i64 {
    return attributeInteger(findCustomerAttribute(changetype<usize>(key)), otherwise);
  }
}

@unmanaged
export class Shipping {
  @inline
  get price(): Money {
    return load<i64>(changetype<usize>(this), L.SHIPPING_PRICE);
  }

  @inline
  get method(): Sym {
    return changetype<Sym>(load<u32>(changetype<usize>(this), L.SHIPPING_METHOD) as usize);
  }
}

@inline
export function lineAddress(index: i32): usize {
  return (load<u32>(L.CART + L.CART_LINES) as usize) + (index as usize) * L.LINE_STRIDE;
}

@inline
export function shippingAddress(index: i32): usize {
  return (load<u32>(L.CART + L.CART_SHIPPING) as usize) + (index as usize) * L.SHIPPING_STRIDE;
}

/** Whether a list of symbols holds one; the unknown symbol is in no list. */
export function holds(list: usize, count: i32, symbol: usize): bool {
  if (symbol == 0) return false;
  const end = list + ((count as usize) << 2);
  for (; list < end; list += 4) {
    if (load<u32>(list) as usize == symbol) return true;
  }
  return false;
}

function findAttribute(entry: usize, count: i32, key: usize): usize {
  if (key == 0) return 0;
  for (let i = 0; i < count; i++) {
    if (load<u32>(entry, L.ATTRIBUTE_KEY) as usize == key) return entry;
    entry += L.ATTRIBUTE_STRIDE;
  }
  return 0;
}

export function findLineAttribute(line: usize, key: usize): usize {
  return findAttribute(load<u32>(line, L.LINE_ATTRIBUTES), load<i32>(line, L.LINE_ATTRIBUTE_COUNT), key);
}

function findCustomerAttribute(key: usize): usize {
  return findAttribute(load<u32>(L.CART + L.CART_ATTRIBUTES), load<i32>(L.CART + L.CART_ATTRIBUTE_COUNT), key);
}

export function attributeSymbol(entry: usize): Sym {
  const text = entry != 0 && load<u32>(entry, L.ATTRIBUTE_KIND) == L.ATTRIBUTE_SYMBOL;
  return changetype<Sym>(text ? load<u32>(entry, L.ATTRIBUTE_VALUE) as usize : 0);
}

function attributeInteger(entry: usize, otherwise: i64): i64 {
  if (entry == 0 || load<u32>(entry, L.ATTRIBUTE_KIND) == L.ATTRIBUTE_SYMBOL) return otherwise;
  return load<i64>(entry, L.ATTRIBUTE_VALUE);
}
