// React over a live cart and a list of prices. It keeps nothing of its own: what is shown is what the stores hold, through
// `useSyncExternalStore`, on the server as in a page.

import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from "react";
import type { CartSnapshot, LiveCart } from "./cart/live-cart.ts";
import type { ListItem, PriceList } from "./cart/price-list.ts";
import type { Decision } from "./decision.ts";
import { nearestUnlocks, type Unlock } from "./explain/unlocks.ts";

export type HaggleStores = { cart?: LiveCart | undefined; prices?: PriceList | undefined };

const Stores = createContext<HaggleStores>({});

/**
 * Gives cart and prices to the components in it. Make both outside of components, or in an effect: they listen to their
 * client until they are closed.
 *
 * @example
 * const cart = createCart(haggle, { currency: "EUR" });
 * const prices = createPriceList(haggle, { currency: "EUR" });
 * createElement(HaggleProvider, { cart, prices }, createElement("main"));
 */
export function HaggleProvider({
  cart,
  prices,
  children,
}: HaggleStores & { children?: ReactNode }): ReactNode {
  const value = useMemo(() => ({ cart, prices }), [cart, prices]);
  return createElement(Stores.Provider, { value }, children);
}

/** The cart of the provider, for those who change it. Throws where there is none. */
export function useCart(): LiveCart {
  return given(useContext(Stores).cart, "cart");
}

/**
 * What the cart costs now, with the cart as it was priced. Without an argument it is the provider's cart.
 *
 * @example
 * const { decision, pending } = useDecision();
 * return decision.ok ? decision.total : decision.error.code;
 */
export function useDecision(cart?: LiveCart): CartSnapshot {
  const stores = useContext(Stores);
  const { subscribe, getSnapshot } = given(cart ?? stores.cart, "cart");
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
}

/** What goods cost by themselves, as on a list page; again when the rules change. */
export function usePrice(item: ListItem, prices?: PriceList): Decision {
  const stores = useContext(Stores);
  const { subscribe, priceOf } = given(prices ?? stores.prices, "prices");
  const find = () => priceOf(item);
  return useSyncExternalStore(subscribe, find, find);
}

/** What the cart is nearest to unlock, the nearest first; nothing where the server prices. */
export function useUnlocks(cart?: LiveCart): readonly Unlock[] {
  const { decision, engine } = useDecision(cart);
  return useMemo(
    () => (decision.ok && engine !== undefined ? nearestUnlocks(decision, engine) : []),
    [decision, engine],
  );
}

function given<T>(store: T | undefined, name: keyof HaggleStores): T {
  if (store === undefined) throw new Error(`HaggleProvider has no ${name}`);
  return store;
}
