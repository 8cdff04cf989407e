// A cart in a few lines: what makes it the counter-example that it is.

import type { Cart } from "@haggle/sdk";
import { make } from "../page/dom.ts";
import { spellNumber } from "../page/locale.ts";
import { spellMoney } from "../page/money.ts";
import { texts } from "./texts.ts";

/** More are for the cart view. */
const SHOWN_LINES = 4;

export function makeCartSummary(cart: Cart): HTMLElement {
  const said = texts();
  const money = (minor: number) => spellMoney(minor, cart.currency);
  const lines = cart.lines.map(({ quantity, sku, unitPrice, categories }) => {
    const kind = categories.length === 0 ? "" : ` (${categories.join(", ")})`;
    return `${spellNumber(quantity)} × ${sku}${kind} · ${money(unitPrice)}`;
  });
  const more = lines.length > SHOWN_LINES ? [`+${lines.length - SHOWN_LINES}`] : [];
  const { customer } = cart;
  const about = customer && [
    customer.loggedIn ? said.loggedIn : said.guest,
    ...(customer.tier === undefined ? [] : [said.tier(customer.tier)]),
    ...customer.segments.map(said.segment),
    ...(customer.orders === 0 ? [] : [said.orders(spellNumber(customer.orders))]),
  ];
  const entries = [
    ...lines.slice(0, SHOWN_LINES),
    ...more,
    ...cart.shipping.map(({ method, price }) => `${said.shipping(method)} · ${money(price)}`),
    ...cart.coupons.map(said.coupon),
    ...(about === undefined ? [] : [said.customer(about.join(", "))]),
    ...(cart.channel === undefined ? [] : [said.channel(cart.channel)]),
  ];
  const shown = entries.length === 0 ? [said.nothing] : entries;
  return make("ul", { class: "cart" }, ...shown.map((entry) => make("li", {}, entry)));
}
