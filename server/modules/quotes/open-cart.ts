import type { Cart, Engine, PricedDecision } from "@haggle/sdk";

type Promotions = Engine["promotions"];

/** What a shopper may know of a cart: neither costs nor floors, nor what is left for promotions that only the server knows of. */
export function withoutSecrets(cart: Cart, { promotions }: { promotions: Promotions }): Cart {
  const { allowances, ...rest } = cart;
  const open = allowances && openOf(allowances, promotions);
  return {
    ...rest,
    lines: cart.lines.map(({ unitCost: _cost, minUnitPrice: _floor, ...line }) => line),
    ...(open !== undefined && { allowances: open }),
  };
}

function openOf(
  allowances: NonNullable<Cart["allowances"]>,
  promotions: Promotions,
): Cart["allowances"] | undefined {
  const names = namesOf(promotions);
  const open = Object.entries(allowances).filter(([name]) => names.has(name));
  return open.length === 0 ? undefined : Object.fromEntries(open);
}

const namesByPromotions = new WeakMap<Promotions, ReadonlySet<string>>();

/** Allowances that promotions draw on which browsers run, too. */
function namesOf(promotions: Promotions): ReadonlySet<string> {
  const known = namesByPromotions.get(promotions);
  if (known !== undefined) return known;
  const open = promotions.filter(({ serverOnly }) => !serverOnly);
  const names = new Set(open.flatMap(({ limits = [] }) => limits.map(({ allowance }) => allowance)));
  namesByPromotions.set(promotions, names);
  return names;
}

/**
 * The digest of a decision over the open cart: costs are small numbers, and over the whole cart it would tell whoever guesses
 * them that he is right. A digest is over the cart object as it is when it is asked for the first time, and then stays what
 * it is; `given` is that object.
 */
export function readOpenDigest(decision: PricedDecision, given: Cart, openCart: Cart): string {
  const cart = given as { lines: Cart["lines"]; allowances?: Cart["allowances"] };
  cart.lines = openCart.lines;
  if (openCart.allowances !== undefined) cart.allowances = openCart.allowances;
  else if (cart.allowances !== undefined) delete cart.allowances;
  return decision.digest!;
}
