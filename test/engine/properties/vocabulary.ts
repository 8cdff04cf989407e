import fc from "fast-check";

// The few words that generated carts and promotions have in common, so that promotions meet goods.

export const SKUS = ["a", "b", "c", "d", "e", "f"];
export const PRODUCTS = ["p", "q", "r"];
export const CATEGORIES = ["shoes", "hats", "sale"];
export const BRANDS = ["north", "south"];
export const SEGMENTS = ["vip", "new"];
export const TIERS = ["gold", "silver"];
export const COUPONS = ["TEN", "SPRING"];
export const CHANNELS = ["web", "app"];
export const METHODS = ["post", "van"];
export const ALLOWANCES = ["budget", "stock", "once"];
export const ZONE = "Europe/West";

export const NOW = 1_790_000_000_000;

/** Percentages that divide evenly and such that do not. */
export const percents = fc.constantFrom("10", "50", "33.3333", "12.5", "100", "0.5", "20", "7.7");

/** Small amounts, where every minor unit shows, and usual ones. */
export const amounts = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 3_000 }));

/** A value in one of so many cases, else undefined. */
export function sometimes<T>(value: fc.Arbitrary<T>, cases = 4): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: cases - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

type Stated<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Without the fields that are undefined: documents do not know the word. */
export function stated<T extends object>(fields: T): Partial<Stated<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Stated<T>
  >;
}
