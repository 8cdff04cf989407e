// What the page of the cart view and the half of it that lives in VS Code say to each other.

import type { Fault, PriceAnswer, PricedBy, PriceRequest } from "./price.ts";

/** All that a view is about. The page has it, and keeps it where VS Code keeps it over a reload. */
export type CartViewState = {
  /** Of the project, as a URI. */
  root: string;
  title: string;
  cart: unknown;
  by: PricedBy;
  server: boolean;
  /** The case that the cart came from. */
  caseOf?: CaseName;
};

/** `file` is project-relative. */
export type CaseName = { file: string; name: string };

export type ToCartPage =
  /** Another cart is to be shown. */
  | { kind: "open"; state: CartViewState; isDocument?: boolean }
  /** What carts can be priced by; every price is to be asked for again. */
  | { kind: "rules"; rules: readonly string[] }
  | { kind: "priced"; revision: number; answer: PriceAnswer }
  /** Nobody answered. */
  | { kind: "unanswered"; revision: number; message: string }
  /** The cart is a case now. */
  | { kind: "saved"; caseOf: CaseName };

export type FromCartPage =
  /** With what it had before it was loaded again. */
  | { kind: "ready"; state?: CartViewState }
  | ({ kind: "price"; revision: number } & PriceRequest)
  | { kind: "changed"; state: CartViewState }
  /** What the cart comes to is what a new case will expect, or its case from now on. */
  | { kind: "saveCase" | "updateCase"; state: CartViewState }
  | { kind: "copy"; text: string }
  | { kind: "goToPromotion"; root: string; promotion: string }
  | { kind: "goToFault"; root: string; fault: Fault };
