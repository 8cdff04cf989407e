import type { Cart } from "@haggle/sdk";
import { type Haggle, priceOf } from "@haggle/sdk/client";
import type { Catalogue } from "../schema.ts";

type Prices = Haggle["prices"];

/** What the shopper has set. A quantity is any whole number or decimal: the engine says what is wrong with "1.5". */
export type Basket = {
  quantities: Map<string, string>;
  shipping: string;
  segment: string | undefined;
  coupon: string;
};

/** Something to look at: the page opens with a cart that has earned a little. */
const FIRST_BASKET: readonly [sku: string, quantity: string][] = [
  ["trail-runner", "1"],
  ["merino-socks", "3"],
];

export function createBasket(catalogue: Catalogue): Basket {
  return {
    quantities: new Map(FIRST_BASKET),
    shipping: catalogue.shipping[0]?.id ?? "",
    segment: undefined,
    coupon: "",
  };
}

/** The cart document that both engines price: the same object goes to the SDK and into the request. */
export function toCart(basket: Basket, catalogue: Catalogue, prices: Prices, now: number): Cart {
  const lines = catalogue.products.flatMap(
    ({ sku, productId, categories, attributes, unitPrice: listPrice }) => {
      const quantity = Number(basket.quantities.get(sku) ?? 0);
      const unitPrice = priceOf(prices, sku)?.unitPrice ?? listPrice;
      return quantity === 0 ? [] : [{ id: sku, sku, productId, categories, attributes, quantity, unitPrice }];
    },
  );
  const shipping = catalogue.shipping
    .filter(({ id }) => id === basket.shipping && lines.length > 0)
    .map(({ id, method, price }) => ({ id, method, price }));
  return {
    id: "demo",
    currency: catalogue.currency,
    now,
    lines,
    shipping,
    // A guest is nobody, as he is for the shop.
    ...(basket.segment !== undefined && {
      customer: { id: "guest", segments: [basket.segment], loggedIn: true, orders: 0, attributes: {} },
    }),
    coupons: basket.coupon.trim() === "" ? [] : [basket.coupon.trim().toUpperCase()],
  };
}

/** By skus and quantities, as a shop is asked. */
export function toLines({ quantities }: Basket): { sku: string; quantity: number }[] {
  return [...quantities]
    .map(([sku, quantity]) => ({ sku, quantity: Number(quantity) }))
    .filter(({ quantity }) => quantity !== 0);
}

/** Whether typing has come to a number. "", "-" and "1." are on their way to one, and price nothing yet. */
export function isQuantity(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text.trim());
}
