import { createCart, type LiveCart, priceList } from "@haggle/sdk/cart";
import { type Given, open } from "./given.ts";

export async function use(given: Given): Promise<unknown> {
  const { now: _, ...parts } = given.cart;
  const engine = await open(given);
  const live: LiveCart = createCart(engine, parts);
  live.setQuantity("socks", 0);
  const { decision } = live.getSnapshot();
  const [boot] = priceList(engine, given.cart.lines, { currency: "EUR" });
  return [decision.ok && decision.total, boot?.ok && boot.total];
}

export const gives: unknown = [28499, 28000];
