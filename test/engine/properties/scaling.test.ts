import type { Cart, Condition, Effect, Policy, Promotion } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultPolicies } from "./policies.ts";
import { forAll, priceWith, type Table, TIMEOUT_MS, tablesOf } from "./runs.ts";
import { engineOf, tellEngine } from "./subject.ts";
import { amounts, CATEGORIES, SKUS, sometimes, stated } from "./vocabulary.ts";

// Ten times the prices, ten times the amounts: exactly where nothing is rounded, within a minor unit where it is.

const TIMES = 10;
/** Whole percentages of multiples of this have no fraction. */
const GRAIN = 100;

describe("ten times dearer", () => {
  it(
    "is ten times the amounts where nothing is rounded",
    async () => {
      await forAll(
        tablesOf(defaultPolicies, exactPromotions),
        fc.constant(undefined),
        async (engine, cart, table) => {
          const small = tellEngine(engine.evaluate(scaleCart(cart, GRAIN)));
          const dear = tellEngine((await dearer(table)).evaluate(scaleCart(cart, GRAIN * TIMES)));
          expect(dear).toMatchObject({
            subtotal: small.subtotal * TIMES,
            discountTotal: small.discountTotal * TIMES,
            shippingTotal: small.shippingTotal * TIMES,
            total: small.total * TIMES,
            promotions: small.promotions.map(({ wanted, granted, ...rest }) => ({
              ...rest,
              wanted: wanted * TIMES,
              granted: granted * TIMES,
            })),
          });
        },
      );
    },
    TIMEOUT_MS,
  );

  it(
    "splits an amount the same but for a minor unit",
    async () => {
      const policy = defaultPolicies.map((each): Policy => ({ ...each, groups: {} }));
      const one = amounts.map((amount): Promotion[] => [
        { id: "off", priority: 0, effects: [{ target: "order", amount }] },
      ]);
      await forAll(tablesOf(policy, one), fc.constant(undefined), async (engine, cart, table) => {
        // Equal lines would be told apart by a second rounding.
        const lines = cart.lines.map((line, i) => ({ ...line, sku: `${line.sku}${i}` }));
        const small = priceWith(engine, { ...cart, lines });
        const dear = priceWith(await dearer(table), scaleCart({ ...cart, lines }, TIMES));
        expect(dear.discountTotal).toBe(small.discountTotal * TIMES);
        small.lines.forEach(({ discount }, i) => {
          // What a floor cuts off is split again, rounded each time.
          const off = Math.abs(dear.lines[i]!.discount - discount * TIMES);
          expect(off).toBeLessThanOrEqual(TIMES * cart.lines.length);
        });
      });
    },
    TIMEOUT_MS,
  );
});

const filter = sometimes(
  fc.oneof(
    fc.subarray(CATEGORIES, { minLength: 1 }).map((categories) => ({ categories })),
    fc.subarray(SKUS, { minLength: 1 }).map((skus) => ({ skus })),
  ),
  2,
);

const exactEffects: fc.Arbitrary<Effect> = fc.oneof(
  fc
    .tuple(
      fc.record({
        target: fc.constantFrom("unit", "line"),
        filter,
        maxPerLine: sometimes(amounts),
        maxPerUnit: sometimes(amounts),
        units: sometimes(fc.constantFrom({ max: 2 }, { buy: { quantity: 1 }, get: 1 }, { every: 2 })),
      }),
      fc.oneof(
        fc.constantFrom("10", "25", "50", "100").map((percent) => ({ percent })),
        amounts.map((amount) => ({ amount })),
        amounts.map((price) => ({ price })),
      ),
    )
    .map(([fields, value]) => ({ ...stated(fields), ...value }) as Effect),
  fc.constantFrom("50", "100").map((percent): Effect => ({ target: "shipping", percent })),
);

const exactConditions = fc
  .record({ value: fc.nat(800_000), filter })
  .map((fields): Condition => ({ kind: "goodsTotal", ...stated(fields) }) as Condition);

const exactPromotions: fc.Arbitrary<Promotion[]> = fc
  .array(
    fc.record({
      priority: fc.nat(2),
      effects: fc.array(exactEffects, { minLength: 1, maxLength: 2 }),
      conditions: sometimes(fc.array(exactConditions, { minLength: 1, maxLength: 1 }), 3),
      group: sometimes(fc.constantFrom("outer", "middle", "other"), 2),
      unitsOnce: sometimes(fc.constant(true)),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) => list.map((promotion, i) => ({ id: `p${i}`, ...stated(promotion) }) as Promotion));

const made = new WeakMap<Table, Promise<Engine>>();

/** The engine of a table whose amounts are ten times as high, made once for all carts. */
function dearer(table: Table): Promise<Engine> {
  const { promotions, policy, server } = table;
  const engine = made.get(table) ?? engineOf(promotions.map(scalePromotion), policy, server);
  made.set(table, engine);
  return engine;
}

function scaleCart(cart: Cart, times: number): Cart {
  return {
    ...cart,
    lines: cart.lines.map(({ unitCost, minUnitPrice, ...line }) => ({
      ...line,
      unitPrice: line.unitPrice * times,
      ...stated({
        unitCost: unitCost === undefined ? undefined : unitCost * times,
        minUnitPrice: minUnitPrice === undefined ? undefined : minUnitPrice * times,
      }),
    })),
    shipping: cart.shipping.map((entry) => ({ ...entry, price: entry.price * times })),
  };
}

const MONEY = ["amount", "price", "maxPerLine", "maxPerUnit", "value"];

function scalePromotion(promotion: Promotion): Promotion {
  const scale = <T extends object>(fields: T): T =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        MONEY.includes(key) && typeof value === "number" ? value * TIMES : value,
      ]),
    ) as T;
  return {
    ...promotion,
    effects: promotion.effects!.map(scale),
    ...(promotion.conditions && { conditions: promotion.conditions.map(scale) }),
  };
}
