// What a rule sees of the cart: views over the records that the host wrote. A view is an address, a getter a load.

import { minuteOfDay, weekday } from "./clock";
import { Customer } from "./customer";
import { selectAll, selectCategory, selectMatching, MATCH_ATTRIBUTE, MATCH_EXCEPT, MATCH_PRODUCT, MATCH_SKU, MATCH_SUBSCRIPTION, MATCH_TAGS, MATCH_UNDISCOUNTED } from "./lines";
import * as L from "./layout";
import { Money } from "./money";
import { attributeInteger, attributeSymbol, findLineAttribute, holds, lineAddress, shippingAddress } from "./records";
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

  /** Minutes of the day in the cart's time zone, 0 to 1439; -1 when the release does not know the zone. */
  @inline
  get localMinute(): i32 {
    return minuteOfDay();
  }

  /** The day of the week in the cart's time zone, 1 (Monday) to 7; -1 when the release does not know the zone. */
  @inline
  get localWeekday(): i32 {
    return weekday();
  }
}

@unmanaged
export class Cart {
  /** Goods total as the policy's thresholds mean it: before promotions, or what is left now. */
  @inline
  get total(): Money {
    return load<i64>(L.CART + L.CART_GOODS);
  }

  /** Goods total before promotions. */
  @inline
  get initialTotal(): Money {
    return load<i64>(L.CART + L.CART_SUBTOTAL);
  }

  /** Goods total less what promotions have taken off so far. */
  @inline
  get currentTotal(): Money {
    return load<i64>(L.CART + L.CART_LEFT);
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

  /** A line in canonical order, cheapest unit first, or in the cart's own where the policy takes lines as given. */
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

  /** Whether a parcel goes by one of these methods. */
  shipsBy(methods: Tags): bool {
    for (let i = 0, n = this.shippingCount; i < n; i++) {
      if (methods.has(this.shippingAt(i).method)) return true;
    }
    return false;
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

/** A selection of lines in the order of the cart's records, with its sums. */
@unmanaged
export class Lines {
  private sum: i64;
  private units: i64;
  private size: i32;
  private addresses: u32;

  /** Goods total of the lines before promotions. */
  @inline
  get total(): Money {
    return this.sum;
  }

  /** Goods total of the lines less what promotions have taken off so far. */
  get left(): Money {
    let left: i64 = 0;
    for (let i = 0; i < this.size; i++) left += this.at(i).left;
    return left;
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

  /** Those of the lines that are not among the others. */
  except(others: Lines): Lines {
    return changetype<Lines>(selectMatching(MATCH_EXCEPT, changetype<usize>(this), changetype<usize>(others)));
  }

  /** Those off which nothing was taken yet. */
  get undiscounted(): Lines {
    return changetype<Lines>(selectMatching(MATCH_UNDISCOUNTED, changetype<usize>(this), 0));
  }

  /** Those that are bought as a subscription. */
  get subscriptions(): Lines {
    return changetype<Lines>(selectMatching(MATCH_SUBSCRIPTION, changetype<usize>(this), 0));
  }

  /** The first line of the lowest unit price; a line of zeros when there is none. */
  get cheapest(): Line {
    let best = this.at(0);
    for (let i = 1; i < this.size; i++) {
      if (this.at(i).unitPrice < best.unitPrice) best = this.at(i);
    }
    return best;
  }

  /** The last line of the highest unit price; a line of zeros when there is none. */
  get dearest(): Line {
    let best = this.at(0);
    for (let i = 1; i < this.size; i++) {
      if (this.at(i).unitPrice >= best.unitPrice) best = this.at(i);
    }
    return best;
  }
}

/** One line. A line that is not there reads as zeros, and nothing can be taken off it. */
@unmanaged
export class Line {
  @inline
  get unitPrice(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_UNIT_PRICE);
  }

  /** What one unit cost the shop; 0 where that is not known, such as in a storefront. */
  @inline
  get unitCost(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_UNIT_COST);
  }

  @inline
  get hasUnitCost(): bool {
    return (load<u32>(changetype<usize>(this), L.LINE_FLAGS) & L.LINE_HAS_COST) != 0;
  }

  /** The least that one unit may cost; 0 where the cart states none. */
  @inline
  get minUnitPrice(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_MIN_UNIT_PRICE);
  }

  /** Unit price x quantity before promotions. */
  @inline
  get total(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_TOTAL);
  }

  /** The total less what promotions have taken off so far. */
  @inline
  get left(): Money {
    return load<i64>(changetype<usize>(this), L.LINE_TOTAL) - load<i64>(changetype<usize>(this), L.LINE_DISCOUNT);
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
