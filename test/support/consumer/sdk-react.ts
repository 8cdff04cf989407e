import { createCart, createPriceList } from "@haggle/sdk/cart";
import { HaggleProvider, useDecision, usePrice, useUnlocks } from "@haggle/sdk/react";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { type Given, open } from "./given.ts";

function Total() {
  const { decision } = useDecision();
  const boot = usePrice({ sku: "boot-42", productId: "boot", categories: [], unitPrice: 28_000 });
  const unlocks = useUnlocks();
  return createElement(
    "b",
    null,
    decision.ok && decision.total,
    "/",
    boot.ok && boot.total,
    "/",
    unlocks.length,
  );
}

export async function use(given: Given): Promise<unknown> {
  const { now: _, ...parts } = given.cart;
  const engine = await open(given);
  const stores = { cart: createCart(engine, parts), prices: createPriceList(engine, { currency: "EUR" }) };
  return renderToStaticMarkup(createElement(HaggleProvider, stores, createElement(Total)));
}

export const gives: unknown = "<b>26496/28000/0</b>";
