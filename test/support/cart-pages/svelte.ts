import { mount, unmount } from "svelte";
import Shop from "./shop.svelte";
import { openShop, PIECE, textOf } from "./shop.ts";

const { cart, prices } = await openShop();
/** A list of prices as a store: its subscribers are given the price. */
const price = {
  subscribe: (listener: (text: string) => void) =>
    prices.subscribe(() => listener(textOf(prices.priceOf(PIECE)))),
};
const app = mount(Shop, { target: document.querySelector("main")!, props: { cart, price, textOf } });
globalThis.shop.unmount = () => void unmount(app);
