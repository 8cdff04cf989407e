// Each kind of condition, in the places that the compiler does not look into. The engine is held to the oracle as soon as the
// properties try the kind.

import { type Condition, findFaults } from "@haggle/abi";
import { promotionSchema } from "@haggle/toolchain/project-files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GROUPS, LANES, promotions } from "../support/abi-promotions.ts";
import { readVectors, type TableVector } from "../support/abi-vectors.ts";
import { explainOne, tell } from "../support/outcomes.ts";
import { conditions } from "./properties/filters.ts";

type Kind = Condition["kind"];

/** The plainest of each kind. */
const PLAIN: { readonly [Each in Kind]: Condition & { kind: Each } } = {
  goodsTotal: { kind: "goodsTotal", value: 1 },
  quantity: { kind: "quantity", value: 1 },
  lines: { kind: "lines", value: 1 },
  lineQuantity: { kind: "lineQuantity", value: 1 },
  orderTotal: { kind: "orderTotal", value: 1 },
  shippingTotal: { kind: "shippingTotal", value: 1 },
  cheapest: { kind: "cheapest", value: 1 },
  dearest: { kind: "dearest", value: 1 },
  segments: { kind: "segments", match: ["vip"] },
  tier: { kind: "tier", match: ["gold"] },
  loggedIn: { kind: "loggedIn" },
  orders: { kind: "orders", value: 1 },
  counter: { kind: "counter", key: "visits", value: 1 },
  customer: { kind: "customer", key: "city", match: ["Lyon"] },
  channel: { kind: "channel", match: ["web"] },
  market: { kind: "market", match: ["de"] },
  paymentMethod: { kind: "paymentMethod", match: ["card"] },
  shippingMethod: { kind: "shippingMethod", match: ["parcel"] },
  coupons: { kind: "coupons", match: ["HELLO"] },
  timeOfDay: { kind: "timeOfDay", from: "09:00", until: "10:00" },
  weekday: { kind: "weekday", days: [1] },
  period: { kind: "period", from: 1 },
};
/** What they ask for says already what there was. */
const WITHOUT_FIGURE: readonly Kind[] = ["loggedIn", "period"];

const SAMPLES = { numRuns: 500, seed: 1 };
const schema = promotionSchema([], LANES);
const priced = kindsOf([{ conditions: fc.sample(conditions, SAMPLES) }]);
const written = kindsOf(fc.sample(promotions(GROUPS, LANES), SAMPLES).flat());
const golden = kindsOf(readVectors<TableVector>("tables").flatMap(([, { promotions: listed }]) => listed));

describe.each(Object.values<Condition>(PLAIN))("the condition $kind", (condition) => {
  const { kind } = condition;

  it("may stand in a project's files", () => {
    const promotion = { id: "it", effects: [{ target: "order", amount: 1 }], conditions: [condition] };
    const message = "add it to PARTS.condition in engine/toolchain/project-files/schema-parts.ts";
    expect(findFaults(promotion, schema, schema), message).toEqual([]);
  });

  it("is tried: priced by engine and oracle, written and read, and in the golden bytes", () => {
    expect(priced, "add it to `kinds` in test/engine/properties/filters.ts").toContain(kind);
    expect(written, "add it to `conditions` in test/support/abi-promotions.ts").toContain(kind);
    const message =
      "add it to `conditions` in test/support/abi-tables.ts, then run test/support/make-vectors.ts";
    expect(golden, message).toContain(kind);
  });

  it("is explained with what it found", () => {
    const failed = { outcome: { condition: 0 } };
    const withoutCart = explainOne({ conditions: [condition] }, failed);
    const [withCart] = tell({ conditions: [condition] }, failed);
    if (WITHOUT_FIGURE.includes(kind)) expect(withCart).toBe(withoutCart);
    else
      expect(withCart, "add it to findNumber or findTexts in sdk/src/explain/figures.ts").not.toBe(
        withoutCart,
      );
  });
});

function kindsOf(promotions: readonly { conditions?: readonly Condition[] }[]): Set<Kind> {
  return new Set(promotions.flatMap(({ conditions = [] }) => conditions.map(({ kind }) => kind)));
}
