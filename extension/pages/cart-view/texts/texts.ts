// Everything that the cart view says, in one language.

import type { PromotionStatus } from "@haggle/sdk";
import { locale } from "../../page/locale.ts";
import { EN } from "./en.ts";
import { ZH_CN } from "./zh-cn.ts";

export type CartTexts = {
  toolbar: {
    label: string;
    pricedBy: string;
    table: string;
    rule(name: string): string;
    ownCase(name: string): string;
    asServer: string;
    asServerTitle: string;
    form: string;
    json: string;
    shownAs: string;
    undo: string;
    redo: string;
    copy: string;
    copied: string;
    saveCase: string;
    updateCase: string;
  };
  form: {
    label: string;
    notACart: string;
    lines: string;
    addLine: string;
    line(position: number): string;
    duplicate(name: string): string;
    remove(name: string): string;
    more: string;
    less: string;
    sku: string;
    quantity: string;
    unitPrice: string;
    details: string;
    productId: string;
    lineId: string;
    categories: string;
    unitCost: string;
    minUnitPrice: string;
    taxRate: string;
    subscription: string;
    attributes: string;
    shipping: string;
    addShipping: string;
    shippingOf(position: number): string;
    method: string;
    price: string;
    shippingId: string;
    coupons: string;
    customer: string;
    hasCustomer: string;
    customerId: string;
    loggedIn: string;
    tier: string;
    orders: string;
    segments: string;
    circumstances: string;
    currency: string;
    now: string;
    setNow: string;
    timeZone: string;
    channel: string;
    market: string;
    paymentMethod: string;
    allowances: string;
    listHint: string;
    pairsHint: string;
    optional: string;
  };
  problems: {
    needed: string;
    wholeNumber: string;
    money: string;
    percent: string;
    time: string;
    list: string;
    pairs: string;
    currency: string;
  };
  json: {
    label: string;
    fault(line: number, column: number): string;
    /** Of a number that has more digits than are kept. */
    lost(line: number, column: number): string;
    go: string;
  };
  result: {
    label: string;
    total: string;
    totalIs(total: string): string;
    noPrice: string;
    subtotal: string;
    discount: string;
    shipping: string;
    tax: string;
    rounding: string;
    refused: string;
    show: string;
    broken: string;
    unanswered: string;
    nothing: string;
  };
  unlocks: {
    label: string;
    missing(amount: string, promotion: string): string;
    pieces(count: string): string;
    reached(share: string): string;
    add(quantity: string, name: string): string;
  };
  lines: {
    label: string;
    each(quantity: string, price: string): string;
    was(price: string): string;
    units(count: string): string;
    bar(name: string, paid: string, parts: string): string;
    free: string;
    added(quantity: string, sku: string): string;
    shipping(method: string): string;
    points(amount: string): string;
    cashback(amount: string): string;
  };
  trace: {
    label: string;
    gave(count: number): string;
    gaveNot(count: number): string;
    none: string;
    goTo(promotion: string): string;
    status: Readonly<Record<PromotionStatus, string>>;
  };
  cost: {
    fuel(used: string, limit: string): string;
    fuelLabel: string;
    greedy: string;
    marginHeld: string;
  };
};

export function texts(): CartTexts {
  return locale() === "zh-CN" ? ZH_CN : EN;
}
