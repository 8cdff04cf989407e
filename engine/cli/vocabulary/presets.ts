// Where each product puts its promotions: lanes, groups, bases. How amounts are computed there is the policy's matter
// (engine/policies); this is what a case of that product leaves unsaid.

import type { Pick } from "@haggle/abi";

/** What a placement may look at. `kind` is what the effects act on. */
export type Place = { kind: "catalog" | "goods" | "shipping" | "gift"; coupon: boolean; lane: string };

export type Preset = {
  /** Which effects of one promotion are promotions of their own: those of one phase, or each. */
  split?: "phases" | "effects";
  /** The lane of a promotion that states none; products without lanes have none. */
  lane?: string;
  /** Coupons have their turn before automatic promotions, whatever the order. */
  couponsFirst?: boolean;
  group?: (place: Place) => string | undefined;
  /** Base of percentages of all goods, where it is not the policy's. */
  orderBase?: "initial" | "current";
  /** Which units an offer takes first, and whether they serve it alone. */
  buyGet?: { pick?: Pick; unitsOnce?: true; partial?: true; base?: "initial" };
};

/** Dearest first, on both sides; a unit is in one offer only, so what others took off its line is not its matter. */
const MEDUSA_BUY_GET = { pick: "dearest", unitsOnce: true, base: "initial" } as const;

/** By name of the policy. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  default: {},
  sylius: { orderBase: "current" },
  medusa: { buyGet: MEDUSA_BUY_GET },
  "medusa-reserving": { buyGet: MEDUSA_BUY_GET },
  // Each action is applied, and its conditions are tested, in the phase that it belongs to.
  vendure: { split: "phases", buyGet: { partial: true } },
  // One voucher, else the best rule of the order; catalogue rules compete for each line.
  saleor: {
    couponsFirst: true,
    group: ({ kind, coupon }) => (kind === "catalog" ? "catalogue" : coupon ? "discount" : "rules"),
  },
  // Benefits compete one by one: for a line, or for the shipping. An added line has no rival.
  solidus: {
    split: "effects",
    lane: "default",
    group: ({ kind, lane }) => (kind === "gift" || kind === "catalog" ? undefined : `${lane}-${kind}`),
  },
  voucherify: {},
  stripe: {},
};
