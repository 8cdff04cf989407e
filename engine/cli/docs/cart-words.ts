// A case's cart in words: only what is not as it is with most carts.

import type { Attributes, Cart, CartCustomer, CartLine } from "@haggle/abi";
import type { Case } from "@haggle/toolchain/cases";
import { counted } from "../terminal.ts";
import { code, listed, plain } from "./markdown.ts";
import { createMoney, type Money } from "./money.ts";

/** As Markdown, with what else the case says of its circumstances. */
export function describeCart({ cart: given, parameters, promotions, policy }: Case): string {
  // An engine has priced it, so it is a cart.
  const cart = given as Cart;
  const money = createMoney(cart.currency);
  const parts = [
    ...cart.lines.map((line) => describeLine(line, money)),
    ...cart.shipping.map(({ method, price }) => `${plain(method)} shipping ${money(price)}`),
    ...cart.coupons.map((coupon) => `coupon ${plain(coupon)}`),
    ...describeCustomer(cart.customer),
    ...(cart.channel === undefined ? [] : [`channel ${plain(cart.channel)}`]),
    ...(cart.market === undefined ? [] : [`market ${plain(cart.market)}`]),
    ...(cart.paymentMethod === undefined ? [] : [`paid by ${plain(cart.paymentMethod)}`]),
    ...(cart.timeZone === undefined ? [] : [`${describeTime(cart.now)} (${plain(cart.timeZone)})`]),
    ...Object.entries(cart.allowances ?? {}).map(([name, left]) => `${left} left of ${plain(name)}`),
  ];
  const circumstances = [
    ...Object.entries(parameters ?? {}).map(([name, value]) => code(`${name}: ${JSON.stringify(value)}`)),
    ...(promotions ?? []).map(({ id, rule }) => `promotion ${plain(id)}${rule ? ` (${plain(rule)})` : ""}`),
    ...Object.keys(policy ?? {}).map((name) => `the policy's ${code(name)}`),
  ];
  const words = parts.length === 0 ? "nothing" : parts.join("<br>");
  return circumstances.length === 0 ? words : `${words}<br>*with* ${listed(circumstances)}`;
}

function describeLine(line: CartLine, money: Money): string {
  const notes = [
    ...line.categories,
    ...(line.productId === line.sku ? [] : [`product ${line.productId}`]),
    ...describeAttributes(line.attributes),
    ...(line.subscription ? ["subscription"] : []),
    ...(line.unitCost === undefined ? [] : [`cost ${money(line.unitCost)}`]),
    ...(line.minUnitPrice === undefined ? [] : [`at least ${money(line.minUnitPrice)}`]),
  ];
  const price = `${line.quantity} × ${plain(line.sku)} at ${money(line.unitPrice)}`;
  return notes.length === 0 ? price : `${price} (${plain(notes.join(", "))})`;
}

function describeCustomer(customer: CartCustomer | undefined): string[] {
  if (customer === undefined) return [];
  return [
    customer.loggedIn ? `customer with ${counted(customer.orders, "order")}` : "guest",
    ...(customer.tier === undefined ? [] : [`tier ${plain(customer.tier)}`]),
    ...customer.segments.map((segment) => `segment ${plain(segment)}`),
    ...describeAttributes(customer.attributes).map(plain),
  ];
}

function describeAttributes(attributes: Attributes = {}): string[] {
  return Object.entries(attributes).map(([key, value]) => `${key} ${value}`);
}

/** "Thu 2026-01-01 17:00 UTC". */
function describeTime(now: number): string {
  const date = new Date(now);
  const iso = date.toISOString();
  return `${date.toUTCString().slice(0, 3)} ${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
