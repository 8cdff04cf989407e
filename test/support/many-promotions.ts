// A shop's table of promotions as it grows over years: percentages, amounts, bundles, coupons and campaigns over many
// categories and customers, every kind that conditions and effects know of.

import type { Condition, Effect, Promotion } from "@haggle/abi";

const DAY_MS = 24 * 60 * 60 * 1000;
const FIRST_DAY = Date.UTC(2026, 0, 5);

/** Always the same for the same number. */
export function manyPromotions(count: number): Promotion[] {
  return Array.from({ length: count }, (_, i) => makePromotion(i));
}

function makePromotion(i: number): Promotion {
  const category = `category-${i % 40}`;
  const filter = { categories: [category] };
  const conditions: Condition[] = [
    ...(i % 3 === 0 ? [{ kind: "goodsTotal", value: 50_00 + (i % 7) * 25_00, filter } as const] : []),
    ...(i % 4 === 1 ? [{ kind: "segments", match: [`segment-${i % 9}`] } as const] : []),
    ...(i % 5 === 2 ? [{ kind: "quantity", value: 2 + (i % 4), filter } as const] : []),
    ...(i % 11 === 3 ? [{ kind: "channel", match: ["app", "web"] } as const] : []),
    ...(i % 13 === 4 ? [{ kind: "orders", operator: "atMost", value: 3 } as const] : []),
  ];
  const from = FIRST_DAY + (i % 50) * 7 * DAY_MS;
  return {
    id: `promotion-${String(i).padStart(4, "0")}`,
    priority: count(i),
    effects: [effectOf(i, filter)],
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(i % 2 === 0 ? { window: { from, until: from + 7 * DAY_MS } } : {}),
    ...(i % 6 === 1 ? { coupon: `CODE-${i}` } : {}),
    ...(i % 8 === 5 ? { group: `group-${i % 5}` } : {}),
    ...(i % 25 === 7 ? { unlock: true } : {}),
  };
}

function count(i: number): number {
  return (i * 7) % 100;
}

function effectOf(i: number, filter: { categories: string[] }): Effect {
  switch (i % 8) {
    case 0:
      return { target: "line", percent: String(3 + (i % 5)), filter };
    case 1:
      return { target: "order", percent: "4", maxAmount: 20_00 };
    case 2:
      return { target: "unit", percent: "50", filter, units: { buy: { quantity: 3 }, get: 1 } };
    case 3:
      return { target: "order", amount: 3_00 };
    case 4:
      return { target: "lines", percent: "5", filter, base: "current" };
    case 5:
      return { target: "points", percent: "1" };
    case 6:
      return { target: "shipping", percent: "25" };
    default:
      return {
        target: "gift",
        sku: `gift-${i % 6}`,
        productId: "gift",
        unitPrice: 5_00,
        quantity: 1,
        filter,
      };
  }
}
