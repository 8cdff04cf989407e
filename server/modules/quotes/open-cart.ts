import type { Cart, PricedDecision } from "@haggle/sdk";

/** What a shopper may know of a cart: neither costs nor floors. */
export function withoutSecrets(cart: Cart): Cart {
  return {
    ...cart,
    lines: cart.lines.map(({ unitCost: _cost, minUnitPrice: _floor, ...line }) => line),
  };
}

/**
 * The digest of a decision over the open cart: costs are small numbers, and over the whole cart it would tell whoever guesses
 * them that he is right. A digest is over the cart object as it is when it is asked for the first time, and then stays what
 * it is; `given` is that object.
 */
export function readOpenDigest(decision: PricedDecision, given: Cart, openCart: Cart): string {
  (given as { lines: Cart["lines"] }).lines = openCart.lines;
  return decision.digest!;
}
