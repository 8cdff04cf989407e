// Limits and budgets become allowances of the cart: what is left of them, which the shop's ledger would say.

import type { Limit } from "@haggle/abi";
import { type Fields, flag, list, object, oneOf, type Read, text, whole } from "./read.ts";

/** An earlier order of this customer, and the coupon it used. */
export type EarlierOrder = { coupon: string | null; completed: boolean };

export const earlierOrders: Read<EarlierOrder[]> = list(
  object((fields) => {
    fields.skip("order");
    return {
      coupon: fields.take("coupon", textOrNull) ?? null,
      completed: fields.need("state", oneOf({ completed: true, cancelled: false })),
    };
  }),
);

/** What the name of a budget's allowance ends with. */
export const BUDGET = " budget";

/** What is left, by name; filled while promotions are placed. */
export type Allowances = Record<string, number>;

type Capped = { name: string; counts: Limit["counts"]; left: number };

/**
 * The limits of one promotion, as a function of the part of it that draws on them: parts of one promotion count uses
 * apart, else the first would use up what the others need, and spend one budget.
 */
export function limitsOf(
  fields: Fields,
  coupon: string | undefined,
  orders: readonly EarlierOrder[],
  allowances: Allowances,
): (part: string, promotion: string) => Limit[] {
  const reusable = fields.take("couponReusableAfterCancel", flag) ?? true;
  const earlier = orders.filter((order) => order.coupon === coupon && (order.completed || !reusable)).length;
  const capped = [
    ...(fields.take("limits", usageLimits(coupon === undefined ? 0 : earlier)) ?? []),
    ...[fields.take("budget", budget) ?? []].flat(),
  ];
  return (part, promotion) =>
    capped.map(({ name, counts, left }) => {
      const allowance = (counts === "uses" ? part : promotion) + name;
      allowances[allowance] = left;
      return { allowance, counts };
    });
}

/** `used` and the earlier orders tell of the same uses; a shop that keeps only one of the two counts by that. */
function usageLimits(earlier: number): Read<Capped[]> {
  return object((fields) =>
    ["usage", "couponUsage", "couponPerCustomer"].flatMap((name) => {
      const given = fields.take(name, limit);
      if (given === undefined) return [];
      const left = Math.max(0, given.limit - Math.max(given.used, earlier));
      return [{ name: ` ${name}`, counts: "uses" as const, left }];
    }),
  );
}

const limit = object((fields) => ({
  limit: fields.need("limit", whole),
  used: fields.take("used", whole) ?? 0,
}));

const budget: Read<Capped> = object((fields) => ({
  name: BUDGET,
  counts: fields.need("type", oneOf({ spend: "money", usage: "uses" } as const)),
  left: Math.max(0, fields.need("limit", whole) - (fields.take("used", whole) ?? 0)),
}));

function textOrNull(value: unknown, at: string): string | null {
  return value === null ? null : text(value, at);
}
