// What the pages of all frameworks stand on: two releases, of which the second comes into use when the test says so.

import { createEngine, type Decision } from "@haggle/sdk";
import { type CartHost, createCart, createPriceList, type LiveCart, type PriceList } from "@haggle/sdk/cart";

export type PageShop = {
  cart: LiveCart;
  prices: PriceList;
  /** The other release. */
  switchRules(): void;
  /** Who listens to the cart at this moment. */
  listening(): number;
  /** What React could not recover from by itself, or had to. */
  errors: string[];
  /** The totals that stood beside each other on the page, at each commit. */
  commits: string[][];
  /** Ends the page's program. */
  unmount(): void;
};

declare global {
  var shop: PageShop;
}

const LINE = {
  ...{
    id: "line-1",
    sku: "sku-1-0",
    productId: "product-1",
    categories: ["shoes"],
    quantity: 2,
    unitPrice: 10_000,
  },
};
export const PIECE = { sku: "sku-2-0", productId: "product-2", categories: ["shoes"], unitPrice: 5_000 };
export const PARTS = { id: "cart", currency: "EUR", lines: [LINE] };

export async function openShop(): Promise<PageShop> {
  const read = async (name: string) => new Uint8Array(await (await fetch(`/${name}`)).arrayBuffer());
  const [bundle, root, ...releases] = await Promise.all(
    ["bundle.wasm", "root.json", "release-1.json", "release-2.json"].map(read),
  );
  const engines = await Promise.all(
    releases.map((release) => createEngine({ bundle: bundle!, root: root!, release })),
  );
  let engine = engines[0]!;
  const told = new Set<() => void>();
  const host: CartHost = {
    evaluate: (cart, options) => engine.evaluate(cart, options),
    on(_, listener) {
      told.add(listener);
      return () => void told.delete(listener);
    },
    get engine() {
      return engine;
    },
  };
  const cart = createCart(host, PARTS);
  let listening = 0;
  globalThis.shop = {
    cart: {
      ...cart,
      subscribe(listener) {
        const off = cart.subscribe(listener);
        listening += 1;
        return () => {
          listening -= 1;
          off();
        };
      },
    },
    prices: createPriceList(host, { currency: "EUR" }),
    switchRules() {
      engine = engines[1]!;
      for (const listener of [...told]) listener();
    },
    listening: () => listening,
    ...{ errors: [], commits: [], unmount() {} },
  };
  return globalThis.shop;
}

export function textOf(decision: Pick<Decision, "ok"> & { total?: number }): string {
  return decision.ok ? String(decision.total) : "refused";
}
