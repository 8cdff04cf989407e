// What `checkPromotions` says of a project's table, between the conflict view, the server and the worker.

import type { Cart } from "@haggle/sdk";
import type { Fault, ViewLocale } from "./price.ts";

/** Request from client to server, with work-done progress: `CheckRequest` -> `ConflictReport`. */
export const CHECK = "haggle/check";

export type CheckRequest = {
  /** Of the project, as a URI. */
  root: string;
  /** Of the carts that are tried. */
  currency?: string;
  /** A token of the client's, under which progress is told. */
  workDoneToken?: string | number;
  /** Of sentences; the editor's when left out. */
  locale?: ViewLocale;
};

export type Conflict = {
  code: string;
  severity: "error" | "warning" | "note";
  /** Ids, the one that is at fault first. */
  promotions: readonly string[];
  /** One sentence. */
  text: string;
  /** The cheapest cart found that shows it, as the server prices it. */
  cart: Cart;
};

/** A question that the check could neither show nor rule out, and why. */
export type OpenQuestion = Pick<Conflict, "code" | "promotions" | "text">;

export type ConflictReport =
  | { ok: false; faults: Fault[] }
  | { ok: true; findings: Conflict[]; undecided: OpenQuestion[]; pricedCarts: number; promotions: number };
