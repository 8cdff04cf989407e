import type { Condition, Filter, Match } from "@haggle/abi";
import fc from "fast-check";
import * as words from "./vocabulary.ts";

const { sometimes, stated } = words;

/** Any, every or none of some of these. An empty list too, now and then. */
function matchesOf(texts: readonly string[]): fc.Arbitrary<Match> {
  const some = fc.oneof(
    { weight: 9, arbitrary: fc.uniqueArray(fc.constantFrom(...texts), { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  return fc.oneof(
    { weight: 3, arbitrary: some },
    { weight: 1, arbitrary: some.map((any) => ({ any })) },
    { weight: 1, arbitrary: some.map((every) => ({ every })) },
    { weight: 1, arbitrary: some.map((none) => ({ none })) },
  );
}

const twoLists = fc
  .tuple(fc.subarray(words.CATEGORIES, { minLength: 1 }), fc.subarray(words.CATEGORIES, { maxLength: 1 }))
  .map(([any, none]) => ({ any, none }));

const ranges = (max: number) =>
  fc
    .record({ low: fc.nat(max), span: fc.nat(max), ends: fc.constantFrom("both", "min", "max") })
    .map(({ low, span, ends }) => ({
      ...(ends !== "max" && { min: low }),
      ...(ends !== "min" && { max: low + span }),
    }));

export const filters: fc.Arbitrary<Filter> = fc
  .record({
    match: sometimes(fc.constantFrom("all", "any"), 3),
    categories: sometimes(
      fc.oneof({ weight: 4, arbitrary: matchesOf(words.CATEGORIES) }, { weight: 1, arbitrary: twoLists }),
      2,
    ),
    products: sometimes(matchesOf(words.PRODUCTS), 6),
    skus: sometimes(matchesOf(words.SKUS), 3),
    brand: sometimes(matchesOf(words.BRANDS), 8),
    size: sometimes(ranges(5), 8),
    unitPrice: sometimes(ranges(2_000), 8),
    quantity: sometimes(ranges(5), 8),
    subscription: sometimes(fc.boolean(), 10),
    undiscounted: sometimes(fc.constant(true as const), 6),
  })
  .map(({ brand, size, ...rest }) => {
    const attributes = stated({ brand, size });
    return { ...stated(rest), ...(Object.keys(attributes).length > 0 && { attributes }) };
  });

const operators = sometimes(fc.constantFrom("atLeast", "atMost", "equal", "moreThan", "lessThan"), 2);
const bases = sometimes(fc.constantFrom("initial", "current", "after"), 2);
const taxes = sometimes(fc.constantFrom("gross", "net"), 3);
const maybeFilter = sometimes(filters, 2);
const money = fc.oneof(fc.nat(50), fc.nat(8_000));
const times = fc.constantFrom("00:00", "06:30", "12:00", "18:45", "23:59");

const kinds: fc.Arbitrary<object> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("goodsTotal", "goodsTotal", "cheapest", "dearest"),
      filter: maybeFilter,
      operator: operators,
      value: money,
      base: bases,
      tax: taxes,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("quantity", "lines", "lineQuantity"),
      filter: maybeFilter,
      operator: operators,
      value: fc.nat(8),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("orderTotal", "shippingTotal"),
      operator: operators,
      value: money,
      base: bases,
      tax: taxes,
    }),
  },
  fc.record({ kind: fc.constant("segments"), match: matchesOf(words.SEGMENTS) }),
  fc.record({ kind: fc.constant("tier"), match: matchesOf(words.TIERS) }),
  fc.record({ kind: fc.constant("channel"), match: matchesOf(words.CHANNELS) }),
  fc.record({ kind: fc.constant("market"), match: matchesOf(["de"]) }),
  fc.record({ kind: fc.constant("paymentMethod"), match: matchesOf(["card", "cash"]) }),
  fc.record({ kind: fc.constant("shippingMethod"), match: matchesOf(words.METHODS) }),
  fc.record({ kind: fc.constant("coupons"), match: matchesOf(words.COUPONS) }),
  fc.record({ kind: fc.constant("loggedIn") }),
  fc.record({ kind: fc.constant("orders"), operator: operators, value: fc.nat(3) }),
  fc.record({
    kind: fc.constant("counter"),
    key: fc.constantFrom("visits", "kind", "nothing"),
    operator: operators,
    value: fc.nat(3),
  }),
  fc.record({
    kind: fc.constant("customer"),
    key: fc.constantFrom("kind", "visits"),
    match: matchesOf(["b2b", "b2c"]),
  }),
  fc.record({ kind: fc.constant("timeOfDay"), from: times, until: times }),
  fc.record({ kind: fc.constant("weekday"), days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }) }),
  fc.record({
    kind: fc.constant("period"),
    from: sometimes(
      fc.nat(7 * 24 * 60).map((minute) => words.NOW + minute * 60_000),
      2,
    ),
    until: sometimes(
      fc.nat(7 * 24 * 60).map((minute) => words.NOW + minute * 60_000),
      2,
    ),
  }),
);

export const conditions: fc.Arbitrary<Condition> = fc
  .tuple(kinds, sometimes(fc.boolean(), 4))
  .map(([condition, not]) => stated({ ...condition, not }) as Condition);
