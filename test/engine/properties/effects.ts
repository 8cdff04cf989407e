import type { Effect, Tiers, Units } from "@haggle/abi";
import fc from "fast-check";
import { filters } from "./filters.ts";
import * as words from "./vocabulary.ts";

const { amounts, percents, sometimes, stated } = words;

const picks = fc.constantFrom("cheapest", "dearest", "given", "largest");
const flag = fc.constant(true);
const bases = sometimes(fc.constantFrom("initial", "current"), 3);

const bundles = fc
  .record({
    bundle: fc.array(fc.record({ filter: filters, quantity: fc.integer({ min: 1, max: 2 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    maxTimes: sometimes(fc.integer({ min: 1, max: 3 }), 3),
  })
  .map(stated);
const rounds = fc
  .record({
    buy: fc
      .record({
        quantity: fc.integer({ min: 1, max: 4 }),
        filter: sometimes(filters, 3),
        pick: sometimes(picks, 3),
      })
      .map(stated),
    get: fc.integer({ min: 1, max: 3 }),
    maxTimes: sometimes(fc.integer({ min: 1, max: 3 }), 3),
    partial: sometimes(flag, 2),
    reserve: sometimes(fc.constantFrom("get", "buy"), 3),
    per: sometimes(fc.constantFrom("product", "sku", "line"), 3),
  })
  .map(stated);
const groupings = fc
  .record({
    groupsOf: fc.integer({ min: 1, max: 4 }),
    per: sometimes(fc.constantFrom("product", "sku", "line"), 2),
  })
  .map(stated);
const positions = fc
  .record({
    skipFirst: sometimes(fc.nat(3), 2),
    every: sometimes(fc.integer({ min: 1, max: 3 }), 2),
    over: sometimes(fc.constantFrom("units", "lines"), 2),
  })
  .map(stated);
const most = fc
  .record({
    max: sometimes(fc.integer({ min: 1, max: 6 }), 2),
    maxPerLine: sometimes(fc.integer({ min: 1, max: 3 }), 2),
  })
  .map(stated);

const units: fc.Arbitrary<Units> = fc
  .tuple(
    sometimes(picks, 2),
    fc.oneof(
      { weight: 4, arbitrary: rounds },
      { weight: 3, arbitrary: bundles },
      { weight: 2, arbitrary: groupings },
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.tuple(bundles, groupings).map(([a, b]) => ({ ...a, ...b })) },
    ),
    fc.oneof(fc.constant({}), positions),
    fc.oneof(fc.constant({}), most),
  )
  .map(([pick, ...parts]) => Object.assign({}, stated({ pick }), ...parts) as Units);

/** Ascending, each with a value of one kind. */
function steps(values: fc.Arbitrary<object>): fc.Arbitrary<Tiers["steps"]> {
  const from = fc.oneof(fc.nat(10), fc.nat(6_000));
  return fc
    .uniqueArray(fc.tuple(from, values), { minLength: 1, maxLength: 3, selector: ([step]) => step })
    .map((list) =>
      list
        .toSorted(([a], [b]) => a - b)
        .map(([step, value]) => ({ from: step, ...value }) as Tiers["steps"][number]),
    ) as fc.Arbitrary<Tiers["steps"]>;
}

type GoodsTarget = "unit" | "line" | "lines" | "order";

function tiersFor(target: GoodsTarget): fc.Arbitrary<Tiers> {
  const isTogether = target === "lines" || target === "order";
  const by = isTogether
    ? (["goods", "total", "quantity"] as const)
    : (["goods", "total", "quantity", "lineTotal", "lineQuantity"] as const);
  const kinds = [
    percents.map((percent) => ({ percent })),
    amounts.map((amount) => ({ amount })),
    amounts.map((price) => ({ price })),
  ];
  const whole = fc.record({
    by: fc.constantFrom(...by),
    steps: fc.oneof(...kinds.map(steps)),
  });
  if (target === "unit") return whole;
  const marginal = fc.record({
    by: fc.constant(isTogether ? ("total" as const) : ("lineTotal" as const)),
    mode: fc.constant("marginal" as const),
    steps: steps(kinds[0]!),
  });
  return fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: marginal });
}

const values: fc.Arbitrary<object> = fc.oneof(
  { weight: 4, arbitrary: percents.map((percent) => ({ percent })) },
  { weight: 4, arbitrary: amounts.map((amount) => ({ amount })) },
  { weight: 2, arbitrary: amounts.map((price) => ({ price })) },
  { weight: 1, arbitrary: filters.map((of) => ({ price: { of } })) },
);

function goodsOf(target: GoodsTarget): fc.Arbitrary<Effect> {
  return fc
    .tuple(
      fc.record({
        filter: sometimes(filters, 2),
        units: sometimes(units, 2),
        base: bases,
        split: sometimes(fc.constantFrom("proportional", "quantity", "even"), 4),
        maxAmount: sometimes(amounts, 4),
        maxPerLine: sometimes(amounts, 6),
        maxPerUnit: sometimes(amounts, 6),
        capSplit: sometimes(fc.constantFrom("wanted", "totals", "order"), 2),
      }),
      fc.oneof(
        { weight: 4, arbitrary: values },
        { weight: 1, arbitrary: tiersFor(target).map((tiers) => ({ tiers })) },
      ),
    )
    .map(([fields, value]) => ({ target, ...stated(fields), ...value }) as Effect);
}

/** Whole lines, unit by unit: what the catalog phase knows. */
export const catalogEffects: fc.Arbitrary<Effect> = fc
  .tuple(
    fc.record({
      filter: sometimes(filters, 2),
      maxPerUnit: sometimes(amounts),
      maxAmount: sometimes(amounts, 8),
    }),
    fc.oneof(
      { weight: 5, arbitrary: values },
      { weight: 1, arbitrary: tiersFor("unit").map((tiers) => ({ tiers })) },
    ),
  )
  .map(([fields, value]) => ({ target: "unit", ...stated(fields), ...value }) as Effect);

const shipping = fc
  .tuple(
    fc.record({
      methods: sometimes(fc.subarray(words.METHODS), 3),
      each: sometimes(flag, 2),
      base: bases,
      maxAmount: sometimes(amounts, 4),
    }),
    fc.oneof(
      percents.map((percent) => ({ percent })),
      fc.nat(900).map((amount) => ({ amount })),
      fc.nat(500).map((price) => ({ price })),
    ),
  )
  .map(([fields, value]) => ({ target: "shipping", ...stated(fields), ...value }) as Effect);

const gifts = fc
  .record({
    sku: fc.constantFrom(...words.SKUS),
    unitPrice: amounts,
    quantity: fc.integer({ min: 1, max: 3 }),
    perUnit: sometimes(flag, 3),
    filter: sometimes(filters, 3),
    percent: sometimes(percents, 2),
    discountPresent: sometimes(flag, 2),
  })
  .map((fields) => ({ target: "gift", productId: "p", ...stated(fields) }) as Effect);

const others = fc
  .tuple(
    fc.constantFrom("points", "cashback"),
    sometimes(filters, 2),
    fc.oneof(
      percents.map((percent) => ({ percent })),
      amounts.map((amount) => ({ amount })),
    ),
  )
  .map(([target, filter, value]) => ({ target, ...stated({ filter }), ...value }) as Effect);

const messages = fc.constant<Effect>({ target: "message", amount: 5, reason: "SOON" });

export const effects: fc.Arbitrary<Effect> = fc.oneof(
  { weight: 6, arbitrary: goodsOf("unit") },
  { weight: 4, arbitrary: goodsOf("line") },
  { weight: 4, arbitrary: goodsOf("lines") },
  { weight: 4, arbitrary: goodsOf("order") },
  { weight: 2, arbitrary: shipping },
  { weight: 1, arbitrary: gifts },
  { weight: 1, arbitrary: others },
  { weight: 1, arbitrary: messages },
);
