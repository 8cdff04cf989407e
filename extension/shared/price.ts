// A cart, what it is priced by, and what came of it: between the views, the server and the worker.

import type { Cart, DecisionJson, PromotionStatus } from "@haggle/sdk";

/** Request from client to server: `PriceRequest` -> `PriceAnswer`. */
export const PRICE = "haggle/price";
/** Request from client to server: where promotions are declared, `PlacesRequest` -> `PromotionPlaces`. */
export const PROMOTION_PLACES = "haggle/promotionPlaces";

/** What a cart is priced by. */
export type PricedBy =
  /** All that the project would publish: its promotions and policy, and rules that are promotions by themselves. */
  | { kind: "table" }
  /** One rule, with its defaults where no parameters are given. */
  | { kind: "rule"; rule: string; parameters?: Readonly<Record<string, unknown>> }
  /** What a case of this file is priced by. */
  | ({ kind: "case"; file: string } & Circumstances);

/** What a case says beside its cart; see the CLI's README on cases. */
export type Circumstances = {
  promotions?: unknown;
  parameters?: unknown;
  policy?: unknown;
  experiments?: unknown;
};

export type ViewLocale = "en" | "zh-CN";

export type PriceRequest = {
  /** Of the project, as a URI. */
  root: string;
  cart: unknown;
  by: PricedBy;
  /** Prices as the server does, which knows costs and runs what is for it alone. */
  server?: boolean;
  /** Of sentences. */
  locale?: ViewLocale;
};

/** What became of one candidate, in one sentence. */
export type TraceEntry = { promotion: string; status: PromotionStatus; text: string };

/** Something that the shopper could reach. */
export type Hint = {
  promotion: string;
  /** "unlock" when the engine says it, else the rule's own word. */
  reason: string;
  missing: number;
  /** Rules do not say what their amounts are of; they mean money, as a rule. */
  unit: "minor" | "pieces";
  /** How much of the threshold is there, from 0 to 1; undefined where only the rule knows. */
  reached?: number;
  /** So many more of this line of the cart are enough: it was priced before it was said. */
  add?: { line: number; quantity: number };
};

/** Where a build found something wrong; lines and columns from 1. */
export type Fault = { code: string; message: string; file: string; line: number; column: number };

export type PriceAnswer =
  | {
      ok: true;
      decision: DecisionJson;
      /** Of the candidates, in the order in which they ran. */
      trace: TraceEntry[];
      /** The nearest first. */
      hints: Hint[];
      /** The candidates, as a case would state them. */
      promotions: unknown[];
      fuelLimit: number;
      /** Of the evaluation alone. */
      durationMs: number;
    }
  /** There is no price, whatever the cart: the project does not build. */
  | { ok: false; kind: "project"; faults: Fault[] }
  /** The cart, or what it is to be priced by, is refused; `at` is the place, in a cart such as `lines[0].sku`. */
  | { ok: false; kind: "refused"; code: string; message: string; at?: string };

export type PlacesRequest = { root: string; promotions: readonly string[] };

/** By id: the rule's name in its source, or the entry of a promotions file. Lines and characters from 0. */
export type PromotionPlaces = Record<string, { uri: string; line: number; character: number }>;

/** A cart to begin with where there is none: it has what a cart needs, and one line. */
export function sampleCart(now: number, currency: string): Cart {
  const line = {
    id: "1",
    sku: "sku-1",
    productId: "product-1",
    categories: [],
    quantity: 1,
    unitPrice: 100_00,
  };
  return { id: "cart", currency, now, lines: [line], shipping: [], coupons: [] };
}
