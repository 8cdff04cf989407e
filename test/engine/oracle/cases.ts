import { type Cart, type CartLine, DEFAULT_POLICY, type Policy, type Promotion } from "@haggle/abi";
import { type OracleDecision, price } from "./price.ts";

// Small carts and promotions for examples whose prices are found by hand.

type Goods = Partial<CartLine> & { price: number };

/** Lines a, b, c, ... of one piece each unless said otherwise. */
export function cartOf(lines: readonly Goods[], rest: Partial<Cart> = {}): Cart {
  return {
    id: "cart",
    currency: "EUR",
    now: 1_000_000,
    lines: lines.map(({ price: unitPrice, ...line }, i) => {
      const id = String.fromCharCode(97 + i);
      return { id, sku: id, productId: id, categories: [], quantity: 1, unitPrice, ...line };
    }),
    shipping: [],
    coupons: [],
    ...rest,
  };
}

export type Sketch = Partial<Promotion> & Pick<Promotion, "effects">;

/** Promotions p0, p1, ... in this order. */
function promotionsOf(sketches: readonly Sketch[]): Promotion[] {
  return sketches.map((sketch, i) => ({ id: `p${i}`, priority: -i, ...sketch }) as Promotion);
}

export function priced(
  cart: Cart,
  sketches: readonly Sketch[],
  policy: Partial<Policy> = {},
  server = true,
): OracleDecision {
  return price(cart, promotionsOf(sketches), { ...DEFAULT_POLICY, ...policy }, { server });
}

/** What each of the cart's lines gets, in its order. */
export function discounts(...args: Parameters<typeof priced>): number[] {
  return priced(...args).lines.map(({ discount }) => Number(discount));
}

/** Like "applied 30/30" for each promotion in table order; lost and stopped ones say to whom. */
export function outcomes(...args: Parameters<typeof priced>): string[] {
  return priced(...args).promotions.map(({ status, wanted, granted, condition, to }) => {
    if (status === "applied" || status === "capped") return `${status} ${granted}/${wanted}`;
    return [status, condition, to].filter((part) => part !== undefined).join(" ");
  });
}
