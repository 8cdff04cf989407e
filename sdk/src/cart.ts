// Carts that stay priced while somebody shops, and lists of prices. An entry of its own: pricing works without.

export { type CartEncoder, createEncoder } from "@haggle/abi";
export type { CartHost } from "./cart/host.ts";
export {
  type CartParts,
  type CartSnapshot,
  createCart,
  type LiveCart,
  type LiveCartOptions,
} from "./cart/live-cart.ts";
export {
  createPriceList,
  type ListContext,
  type ListItem,
  type PriceList,
  priceList,
} from "./cart/price-list.ts";
