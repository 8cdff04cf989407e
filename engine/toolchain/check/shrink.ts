// A cart that shows a finding, made cheaper as long as it still shows it.

import type { Cart, CartLine } from "@haggle/abi";

/** What a cart may be tried with in the search for a cheaper one. */
const MAX_TRIES = 60;

/** The cheapest cart found that `shows`; the given one must. Drops what does not matter, then pieces, then money. */
export function shrinkCart(cart: Cart, shows: (cart: Cart) => boolean): Cart {
  let best = cart;
  let tries = 0;
  for (let changed = true; changed && tries < MAX_TRIES; ) {
    changed = false;
    for (const smaller of smallerCarts(best)) {
      if (tries++ >= MAX_TRIES) break;
      if (!shows(smaller)) continue;
      best = smaller;
      changed = true;
      break;
    }
  }
  return best;
}

function* smallerCarts(cart: Cart): Generator<Cart> {
  const { lines, shipping, coupons, customer } = cart;
  if (lines.length > 1)
    for (let i = 0; i < lines.length; i++) yield { ...cart, lines: lines.toSpliced(i, 1) };
  for (let i = 0; i < shipping.length; i++) yield { ...cart, shipping: shipping.toSpliced(i, 1) };
  for (let i = 0; i < coupons.length; i++) yield { ...cart, coupons: coupons.toSpliced(i, 1) };
  if (customer !== undefined) {
    const { customer: _, ...anonymous } = cart;
    yield anonymous;
    const { segments } = customer;
    for (let i = 0; i < segments.length; i++) {
      yield { ...cart, customer: { ...customer, segments: segments.toSpliced(i, 1) } };
    }
  }
  for (const field of ["channel", "market", "paymentMethod", "timeZone"] as const) {
    const { [field]: value, ...rest } = cart;
    if (value !== undefined) yield rest;
  }
  for (const [i, line] of lines.entries()) {
    if (line.quantity > 1) yield withLine(cart, i, { ...line, quantity: Math.floor(line.quantity / 2) });
    if (line.quantity > 1) yield withLine(cart, i, { ...line, quantity: line.quantity - 1 });
  }
  for (const [i, line] of lines.entries()) {
    const { categories } = line;
    for (let k = 0; k < categories.length; k++) {
      yield withLine(cart, i, { ...line, categories: categories.toSpliced(k, 1) });
    }
  }
  for (const [i, line] of lines.entries()) {
    const half = Math.ceil(line.unitPrice / 2);
    // Round prices are easier to read than the very lowest.
    if (half >= LEAST_PRICE && half < line.unitPrice) yield withLine(cart, i, priced(line, half));
  }
}

const LEAST_PRICE = 100;

function priced(line: CartLine, unitPrice: number): CartLine {
  const { unitCost } = line;
  if (unitCost === undefined) return { ...line, unitPrice };
  return { ...line, unitPrice, unitCost: Math.floor((unitCost * unitPrice) / line.unitPrice) };
}

function withLine(cart: Cart, at: number, line: CartLine): Cart {
  return { ...cart, lines: cart.lines.with(at, line) };
}
