// Any promotions with effects and conditions, in the normal form in which a table gives them back: lists by their mode,
// defaults left out. And any policy.

import {
  type Condition,
  DEFAULT_POLICY,
  type Effect,
  type Filter,
  type Policy,
  type Promotion,
} from "@haggle/abi";
import fc from "fast-check";
import { amount, recordOf, text } from "./abi-arbitraries.ts";

const MAX = Number.MAX_SAFE_INTEGER;

const percent = fc.constantFrom("0", "12.5", "0.0001", "100");
const quantity = fc.integer({ min: 2, max: 1_000_000 });
const yes = fc.constant(true as const);

/** Every subset of the fields. */
function some<T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

function together(...parts: fc.Arbitrary<object>[]): fc.Arbitrary<object> {
  return fc.tuple(...parts).map((found) => Object.assign({}, ...found));
}

const texts = fc.array(text(), { maxLength: 3 });
const oneList = fc.oneof(fc.record({ any: texts }), fc.record({ every: texts }), fc.record({ none: texts }));
const lists = some({ any: texts, every: texts, none: texts }).filter(
  (match) => Object.keys(match).length > 0,
);
const range = fc
  .record({ min: fc.option(amount(), { nil: undefined }), max: amount() })
  .map(({ min, max }) => (min === undefined ? { max } : { min: Math.min(min, max), max }))
  // The largest bound is no bound.
  .filter(({ max }) => max < MAX);

function filters(): fc.Arbitrary<Filter> {
  return some({
    match: fc.constant("any" as const),
    categories: lists,
    products: lists,
    skus: lists,
    attributes: fc
      .array(fc.tuple(text(), fc.oneof(lists, range)), { minLength: 1, maxLength: 1 })
      .map(recordOf),
    unitPrice: range,
    quantity: range,
    subscription: fc.boolean(),
    undiscounted: yes,
  }) as fc.Arbitrary<Filter>;
}

function conditions(): fc.Arbitrary<Condition> {
  const kinds = <const T extends string>(...names: T[]) => fc.record({ kind: fc.constantFrom(...names) });
  const number = together(
    fc.record({ value: fc.nat(1_000_000) }),
    some({ operator: fc.constantFrom("atMost", "equal", "moreThan", "lessThan") }),
  );
  const money = together(
    number,
    some({ base: fc.constantFrom("initial", "current", "after"), tax: fc.constantFrom("gross", "net") }),
  );
  const filter = some({ filter: filters() });
  const match = fc.record({ match: oneList });
  const key = fc.record({ key: text() });
  const time = fc
    .nat(24 * 60 - 1)
    .map((minutes) =>
      new Date(minutes * 60_000).toISOString().slice("1970-01-01T".length, -":00.000Z".length),
    );
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }).map((list) => list.sort());
  return together(
    fc.oneof(
      together(kinds("goodsTotal", "cheapest", "dearest"), filter, money),
      together(kinds("quantity", "lines", "lineQuantity"), filter, number),
      together(kinds("orderTotal", "shippingTotal"), money),
      together(
        kinds("segments", "tier", "channel", "market", "paymentMethod", "shippingMethod", "coupons"),
        match,
      ),
      kinds("loggedIn"),
      together(kinds("orders"), number),
      together(kinds("counter"), key, number),
      together(kinds("customer"), key, match),
      together(kinds("timeOfDay"), fc.record({ from: time, until: time })),
      together(kinds("weekday"), fc.record({ days })),
      together(kinds("period"), fc.record({ from: amount(), until: amount() })),
    ),
    some({ not: yes }),
  ) as fc.Arbitrary<Condition>;
}

function effects(): fc.Arbitrary<Effect> {
  const filter = some({ filter: filters() });
  const reason = some({ reason: text() });
  const base = some({ base: fc.constantFrom("initial", "current") });
  const target = <const T extends string>(...names: T[]) => fc.record({ target: fc.constantFrom(...names) });
  const simple = fc.oneof(fc.record({ percent }), fc.record({ amount: amount() }));
  const value = fc.oneof(simple, fc.record({ price: fc.oneof(amount(), fc.record({ of: filters() })) }));
  const pick = fc.constantFrom("dearest", "given", "largest");
  const buying = fc.record({
    buy: together(fc.record({ quantity }), some({ filter: filters(), pick: fc.constantFrom("given") })),
    get: quantity,
  });
  const units = together(
    fc.oneof(fc.constant({}), buying),
    some({
      pick,
      bundle: fc.array(fc.record({ filter: filters(), quantity }), { minLength: 1, maxLength: 3 }),
      maxTimes: quantity,
      partial: yes,
      reserve: fc.constant("buy"),
      per: fc.constantFrom("product", "sku", "line"),
      groupsOf: quantity,
      skipFirst: quantity,
      every: quantity,
      over: fc.constant("lines"),
      max: quantity,
      maxPerLine: quantity,
    }),
  ).filter((found) => Object.keys(found).length > 0);
  const more = some({
    units,
    split: fc.constantFrom("proportional", "quantity", "even"),
    maxAmount: amount(),
    maxPerLine: amount(),
    maxPerUnit: amount(),
    capSplit: fc.constantFrom("totals", "order"),
  });
  const step = fc.constantFrom<(from: number) => object>(
    (from) => ({ from, percent: "12.5" }),
    (from) => ({ from, amount: from + 1 }),
    (from) => ({ from, price: from }),
  );
  const tiers = fc
    .tuple(
      fc.constantFrom("goods", "total", "quantity"),
      fc.uniqueArray(fc.nat(1_000_000), { minLength: 1, maxLength: 4 }),
      step,
    )
    .map(([by, froms, make]) => ({ tiers: { by, steps: froms.sort((a, b) => a - b).map(make) } }));
  const marginal = fc.constant({
    tiers: {
      by: "total",
      mode: "marginal",
      steps: [
        { from: 0, percent: "3" },
        { from: 9, percent: "4" },
      ],
    },
  });
  const gift = together(
    fc.record({ sku: text(), productId: text(), unitPrice: amount(), quantity, percent }),
    some({ perUnit: yes, discountPresent: yes }),
  );
  return together(
    fc.oneof(
      together(target("unit", "line", "lines", "order"), fc.oneof(value, tiers), filter, base, more),
      together(target("lines", "order"), marginal, filter),
      together(
        target("shipping"),
        fc.oneof(simple, fc.record({ price: amount() })),
        base,
        some({ methods: texts, each: yes, maxAmount: amount() }),
      ),
      together(target("gift"), gift, filter),
      together(target("points", "cashback", "message"), simple, filter),
    ),
    reason,
  ) as fc.Arbitrary<Effect>;
}

/** Of these groups and lanes, and with effects in place of a rule. */
export function promotions(groups: readonly string[], lanes: readonly string[]): fc.Arbitrary<Promotion[]> {
  const flag = fc.boolean();
  const limit = fc.record({ allowance: text(), counts: fc.constantFrom("uses", "money", "units") });
  const promotion = together(
    fc.record({
      id: text(),
      priority: fc.integer({ min: -2, max: 2 }),
      effects: fc.array(effects(), { minLength: 1, maxLength: 3 }),
    }),
    some({
      conditions: fc.array(conditions(), { maxLength: 3 }),
      limits: fc.array(limit, { maxLength: 2 }),
      phase: fc.constantFrom("line", "order", "shipping"),
      group: fc.constantFrom(...groups),
      lane: fc.constantFrom(...lanes),
      window: some({ from: amount(), until: amount() }),
      coupon: text(),
      linked: flag,
      exclusive: flag,
      stopAfter: flag,
      unitsOnce: flag,
      undiscounted: flag,
      unlock: flag,
      serverOnly: flag,
    }),
  ) as fc.Arbitrary<Promotion>;
  return fc.uniqueArray(promotion, { maxLength: 8, selector: ({ id }) => id });
}

/** Groups a to e: b, c in a; d in c; e by itself. */
export const GROUPS = ["a", "b", "c", "d", "e"];
export const LANES = ["pre", "post"];

export function policies(): fc.Arbitrary<Policy> {
  const rounding = fc.constantFrom("halfUp", "halfEven", "halfDown", "down", "up");
  const base = fc.constantFrom("initial", "current");
  const group = (parent: object) =>
    together(
      fc.record({ mode: fc.constantFrom("stack", "first", "highest", "lowest", "best") }),
      some({ per: fc.constantFrom("order", "line"), ties: fc.constantFrom("first", "last") }),
      fc.constant(parent),
    );
  const transitions = fc
    .uniqueArray(fc.integer({ min: -MAX, max: MAX }), { minLength: 1, maxLength: 4 })
    .map((froms) => froms.sort((a, b) => a - b).map((from, i) => ({ from, offset: i * 60 - 60 })));
  return together(
    fc.record({
      name: fc.constant("any"),
      lines: fc.constantFrom("canonical", "asGiven"),
      phases: fc.constantFrom("ordered", "together"),
      lanes: fc.constantFrom(LANES, [...LANES, ""], ["", ...LANES], LANES.toReversed()),
      exclusive: fc.constantFrom("first", "inOrder"),
      percentBase: base,
      thresholdBase: base,
      rounding: fc.record({
        amount: rounding,
        share: rounding,
        catalog: rounding,
        tax: rounding,
        percentOf: fc.constantFrom("unit", "line"),
      }),
      split: fc.constantFrom("proportional", "quantity", "even"),
      splitBase: base,
      splitGross: fc.boolean(),
      partBase: fc.constantFrom("left", "reduced"),
      remainder: fc.constantFrom("largestFraction", "first", "last", "none"),
      respread: fc.boolean(),
      tax: fc.record({
        prices: fc.constantFrom("untaxed", "net", "gross"),
        per: fc.constantFrom("line", "unit", "rate"),
      }),
      short: fc.constantFrom("partial", "drop", "dropShare"),
      groups: fc.record({
        a: group({}),
        b: group({ parent: "a" }),
        c: group({ parent: "a" }),
        d: group({ parent: "c" }),
      }),
      fuel: fc.constant(DEFAULT_POLICY.fuel),
      onFault: fc.constantFrom("skip", "refuse"),
    }),
    some({
      marginFloor: fc.record({
        basisPoints: fc.nat(9_999),
        unknownCost: fc.constantFrom("refuse", "ignoreLine"),
      }),
      cash: fc.record({ step: fc.integer({ min: 1, max: 2 ** 31 - 1 }), rounding }),
      timeZones: fc.array(fc.tuple(text(), transitions), { maxLength: 2 }).map(recordOf),
    }),
  ) as fc.Arbitrary<Policy>;
}
