// Outcomes made by hand, for tests of what is said of them.

import { type Cart, DEFAULT_POLICY, type Policy, type Promotion } from "@haggle/abi";
import type { DecidedLineJson, PromotionOutcome } from "@haggle/sdk";
import { type Explainable, explain } from "@haggle/sdk/explain";

export const NOW = Date.UTC(2026, 10, 25, 9, 30); // a Wednesday

export const CART: Cart = {
  id: "cart",
  currency: "EUR",
  now: NOW,
  channel: "web",
  timeZone: "Europe/Paris",
  lines: [
    {
      ...{ id: "1", sku: "boot", productId: "boots", categories: ["shoes"], quantity: 2, unitPrice: 15_00 },
      attributes: { color: "red", weight: 900 },
    },
    { id: "2", sku: "sock", productId: "socks", categories: ["socks"], quantity: 5, unitPrice: 3_00 },
  ],
  shipping: [{ id: "s", method: "parcel", price: 4_90 }],
  customer: {
    ...{ id: "c", segments: ["new"], loggedIn: false, orders: 2 },
    attributes: { visits: 3, city: "Lyon" },
  },
  coupons: ["HELLO"],
};

export const POLICY: Policy = { ...DEFAULT_POLICY, timeZones: { "Europe/Paris": [{ from: 0, offset: 60 }] } };

export type Told = Partial<Explainable> & { outcome?: Partial<PromotionOutcome> };

export function tell(promotion: Partial<Promotion>, told: Told = {}, cart: Cart | undefined = CART) {
  const full: Promotion = { id: "it", priority: 0, ...promotion };
  const outcome: PromotionOutcome = {
    ...{ id: "it", status: "notEligible", wanted: 0, granted: 0 },
    ...told.outcome,
  };
  const decision: Explainable = {
    ...{ currency: "EUR", lines: [], shipping: [], added: [], grants: [], messages: [], marginHeld: false },
    ...told,
    promotions: [outcome],
  };
  const options = { promotions: [full], policy: POLICY, ...(cart && { cart }) };
  const [english, chinese] = (["en", "zh-CN"] as const).map(
    (locale) => explain(decision, { ...options, locale })[0]!.text,
  );
  return [english, chinese];
}

export const line = (id: string, amount: number): DecidedLineJson => ({
  ...{ id, discount: amount, total: 1 },
  discounts: [{ promotion: "it", amount, reason: "R" }],
});

export function explainable(outcome: Partial<PromotionOutcome>, told: Partial<Explainable> = {}) {
  return {
    ...{ currency: "EUR", lines: [], shipping: [], added: [], grants: [], messages: [], marginHeld: false },
    ...told,
    promotions: [{ id: "it", status: "notEligible", wanted: 0, granted: 0, ...outcome } as PromotionOutcome],
  };
}

export function explainOne(promotion: Partial<Promotion>, { outcome }: Told): string {
  const full: Promotion = { id: "it", priority: 0, ...promotion };
  return explain(explainable(outcome ?? {}), { promotions: [full], policy: POLICY })[0]!.text;
}
