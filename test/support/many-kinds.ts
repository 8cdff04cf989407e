import type { Promotion } from "@haggle/abi";
import { CATEGORIES, createRandom } from "./carts.ts";

/** Promotions of every phase, with keys of every kind and without, in groups, limited, stopping and exclusive. */
export function manyKinds(seed: number, count: number): Promotion[] {
  const random = createRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const some = <T>(values: readonly T[]): T => values[below(values.length)]!;
  return Array.from({ length: count }, (_, i): Promotion => {
    const category = some(CATEGORIES);
    const item = below(60);
    const shape = some<Omit<Promotion, "id" | "priority">>([
      { effects: [{ target: "line", percent: "7.5", filter: { categories: [category] } }] },
      { effects: [{ target: "unit", amount: 50, filter: { products: [`product-${item}`] } }] },
      { effects: [{ target: "unit", price: 9_99, filter: { skus: [`sku-${item}-0`, `sku-${item}-1`] } }] },
      {
        effects: [{ target: "order", percent: "2" }],
        conditions: [{ kind: "goodsTotal", value: 1, filter: { categories: [category] } }],
      },
      { effects: [{ target: "order", amount: 99 }], conditions: [{ kind: "segments", match: ["vip"] }] },
      { effects: [{ target: "order", amount: 101 }], conditions: [{ kind: "channel", match: ["app"] }] },
      {
        effects: [{ target: "shipping", percent: "50" }],
        conditions: [{ kind: "shippingMethod", match: ["express"] }],
      },
      { effects: [{ target: "order", amount: 77 }], coupon: some(["WELCOME10", "OTHER"]) },
      { effects: [{ target: "points", amount: 10 }], conditions: [{ kind: "tier", match: ["gold"] }] },
      {
        effects: [{ target: "order", amount: 5 }],
        conditions: [{ kind: "quantity", value: 4, filter: { categories: [category] } }],
        unlock: true,
      },
      { rule: "segment-percent", parameters: { segments: ["vip"], percent: "1" } },
    ]);
    return {
      ...{ id: `p${i}`, priority: below(5), ...shape },
      ...(below(4) === 0 && { group: some(["highest", "first", "lines"]) }),
      ...(below(20) === 0 && { exclusive: true }),
      ...(below(20) === 0 && { stopAfter: true }),
      ...(below(8) === 0 && { limits: [{ allowance: "spring", counts: "money" as const }] }),
    };
  });
}

/** The groups that they are in. */
export const KINDS_GROUPS = {
  highest: { mode: "highest" },
  first: { mode: "first" },
  lines: { mode: "highest", per: "line" },
} as const;
