// A priced case in the words in which cases say what they expect.

import type { PricedDecision } from "@haggle/sdk";
import type { Converted } from "./convert.ts";
import { ORDER_LEVEL } from "./effects.ts";
import { BUDGET } from "./limits.ts";

/** Amounts in minor units. Lines are all those of the case, by id. */
export type Figures = {
  id: string;
  status: "priced";
  /** As the shop states its prices; with tax only where they are stated with it. */
  total: number;
  lineDiscounts: Record<string, number>;
  /** Of discounted lines that are short enough to list. */
  unitDiscounts?: Record<string, number[]>;
  itemsDiscount: number;
  /** The part of it that came from effects on the whole order. */
  orderDiscount: number;
  shippingDiscount: number;
  totalNet?: number;
  totalGross?: number;
  taxTotal?: number;
  couponRejected?: boolean;
  /** Titles of the promotions that were dropped for their budget. */
  budgetExceeded?: string[];
  addedLines?: { product: string; qty: number; unitPrice: number; discount: number }[];
};

/** A line of more units than that is one number. */
const MAX_UNITS_LISTED = 100;

export function figuresOf(converted: Converted, decision: PricedDecision): Figures {
  const { id, cart, policy } = converted;
  const { lines, shipping, added, totalNet, totalGross, taxTotal } = decision;
  const total = policy.tax.prices === "net" ? totalNet! : decision.total;
  const units = lines.flatMap((line, i) => {
    if (line.discount === 0 || cart.lines[i]!.quantity > MAX_UNITS_LISTED) return [];
    return [[line.id, decision.unitDiscounts(line.id)!] as const];
  });
  const exceeded = exceededBudgets(converted, decision);
  return {
    id,
    status: "priced",
    total,
    lineDiscounts: {
      ...Object.fromEntries(converted.lines.map((line) => [line, 0])),
      ...Object.fromEntries(lines.map((line) => [line.id, line.discount])),
    },
    ...(units.length > 0 && { unitDiscounts: Object.fromEntries(units) }),
    itemsDiscount: sum(lines.map(({ discount }) => discount)),
    orderDiscount: sum(
      lines.flatMap(({ discounts }) =>
        discounts.filter(({ reason }) => reason === ORDER_LEVEL).map(({ amount }) => amount),
      ),
    ),
    shippingDiscount: sum(shipping.map(({ discount }) => discount)),
    ...(taxTotal !== undefined && { totalNet: totalNet!, totalGross: totalGross!, taxTotal }),
    ...(cart.coupons.length > 0 && { couponRejected: isCouponRejected(converted, decision) }),
    ...(exceeded.length > 0 && { budgetExceeded: exceeded }),
    ...(added.length > 0 && {
      addedLines: added.map(({ productId, quantity, unitPrice, discount }) => ({
        product: productId,
        qty: quantity,
        unitPrice,
        discount,
      })),
    }),
  };
}

/** A code is accepted when some promotion of it applied. */
function isCouponRejected({ cart, promotions }: Converted, decision: PricedDecision): boolean {
  const applied = new Set(
    decision.promotions
      .filter(({ status }) => status === "applied" || status === "capped")
      .map(({ id }) => promotions.find((promotion) => promotion.id === id)?.coupon),
  );
  return cart.coupons.some((code) => !applied.has(code));
}

function exceededBudgets({ promotions, origins }: Converted, decision: PricedDecision): string[] {
  const dropped = decision.promotions.filter(({ id, status }) => {
    const limits = promotions.find((promotion) => promotion.id === id)?.limits;
    return status === "exhausted" && limits?.some(({ allowance }) => allowance.endsWith(BUDGET)) === true;
  });
  return [...new Set(dropped.map(({ id }) => origins.get(id)!.title))];
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
