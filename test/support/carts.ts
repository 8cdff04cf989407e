// Carts that look like carts, from a seed: the same everywhere, so that engines in different hosts get the same.

import type { Cart, CartLine } from "@haggle/sdk";

/** Mulberry32: a small generator with a 32-bit state, good enough to vary carts. Returns [0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const CATEGORIES = ["shoes", "outerwear", "accessories", "bags", "home", "books", "toys", "sale"];

/** A cart with `lines` lines (1 to 12 when left out). One seed, one cart. */
export function generateCart(seed: number, lines?: number): Cart {
  const random = createRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const count = lines ?? 1 + below(12);
  const vip = below(3) === 0;
  return {
    id: `cart-${seed}`,
    currency: "EUR",
    now: 1_790_000_000_000 + seed,
    channel: below(2) === 0 ? "web" : "app",
    lines: Array.from({ length: count }, (_, i) => generateLine(i, below)),
    shipping:
      below(4) === 0 ? [] : [{ id: "s1", method: below(2) === 0 ? "standard" : "express", price: 490 }],
    customer: {
      id: `customer-${below(1000)}`,
      segments: vip ? ["vip", "newsletter"] : ["newsletter"],
      loggedIn: vip || below(2) === 0,
      orders: below(9),
      attributes: { age: below(80), city: "Lyon" },
    },
    coupons: below(3) === 0 ? ["WELCOME10", "NO_SUCH_CODE"] : [],
  };
}

function generateLine(i: number, below: (n: number) => number): CartLine {
  const item = below(60);
  const first = item % CATEGORIES.length;
  const second = (first + 1 + (item % 3)) % CATEGORIES.length;
  return {
    id: `line-${i + 1}`,
    sku: `sku-${item}-${below(3)}`,
    productId: `product-${item}`,
    categories: [CATEGORIES[first]!, CATEGORIES[second]!],
    quantity: 1 + below(5),
    unitPrice: (1 + below(150)) * 100 - below(2),
    attributes: { color: below(2) === 0 ? "black" : "white", weight: below(3000) },
  };
}
