// What an import comes to, and how an importer fills it: promotion by promotion, each carried over whole or listed.

import { HaggleError, type Limit, type Policy, type Promotion, parsePromotions } from "@haggle/abi";
import type { Currency } from "./amounts.ts";
import { asObject, NotCarried } from "./reading.ts";

/** Which code a shopper enters for which campaign symbol. For the shop's server alone: no release holds a code. */
export type Coupon = { code: string; symbol: string; title?: string };

/** A counter that the shop keeps: carts state what is left of it as the allowance of this name. */
export type Counter = {
  allowance: string;
  counts: Limit["counts"];
  /** Money in minor units. */
  limit: number;
  /** Absent where the export does not tell. */
  used?: number;
  /** One counter for the shop, or one for each customer or code. */
  per: "shop" | "customer" | "code";
};

/** What of the export is not in the promotions. */
export type Missing = {
  /** JSON path in the export; "" for what holds for all of it. */
  at: string;
  reason: string;
  /** The promotion is there without it. Else it is left out. */
  kept: boolean;
};

export type Note = Omit<Missing, "kept">;

export type Imported = {
  promotions: Promotion[];
  policy: Policy;
  coupons: Coupon[];
  allowances: Counter[];
  notCarriedOver: Missing[];
};

/** One entry of an export: promotions of the engine, with the codes and counters that belong to them. */
export type Draft = {
  promotions: Omit<Promotion, "priority">[];
  coupons?: Coupon[];
  counters?: Counter[];
  /** Parts that do not change the price of this order, or of which the product does not tell. */
  notes?: Note[];
};

export type Source = {
  currency: Currency;
  policies: Readonly<Record<string, Policy>>;
};

/** What an importer hands back: drafts in the order in which the product applies them. */
export type Drafts = { drafts: Draft[]; policy: Policy; missing: Missing[] };

/** Reads each entry; what cannot be said of one leaves out that one. */
export function readEach<T>(
  entries: readonly { value: unknown; at: string }[],
  read: (value: unknown, at: string) => T,
): { found: { draft: T; at: string }[]; missing: Missing[] } {
  const found: { draft: T; at: string }[] = [];
  const missing: Missing[] = [];
  for (const { value, at } of entries) {
    asObject(value, at);
    try {
      found.push({ draft: read(value, at), at });
    } catch (cause) {
      if (!(cause instanceof NotCarried)) throw cause;
      missing.push({ at: cause.at, reason: cause.message, kept: false });
    }
  }
  return { found, missing };
}

/** @throws NotCarried for what is beyond the limits of the engine, such as too many products in one list */
export function checkDraft<T extends Draft>(draft: T, at: string): T {
  try {
    parsePromotions(draft.promotions, at);
    return draft;
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw new NotCarried(`more than the engine takes: ${cause.message}`, at);
  }
}

/** A counter and the limit that draws on it. */
export function counter(
  allowance: string,
  limit: number,
  used: number | undefined,
  per: Counter["per"],
  counts: Limit["counts"] = "uses",
): Counter {
  return { allowance, counts, limit, ...(used !== undefined && { used }), per };
}

export function limitsOf(counters: readonly Counter[]): { limits?: Limit[] } {
  if (counters.length === 0) return {};
  return { limits: counters.map(({ allowance, counts }) => ({ allowance, counts })) };
}
