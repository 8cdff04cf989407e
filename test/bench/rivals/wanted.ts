// The answers of the expression languages as effects.

import type { Cart } from "@haggle/sdk";
import type { Effect } from "../hand.ts";

/** `wanted` is an amount off the order, or one amount for each line. */
export function effectsOfWanted(cart: Cart, wanted: number | number[]): Effect[] {
  if (typeof wanted === "number") return wanted === 0 ? [] : [{ amount: wanted }];
  return cart.lines.map((line, i) => ({ line, amount: wanted[i]! }));
}
