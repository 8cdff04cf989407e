// What probe.rule.ts must list, worked out from the decoded side in plain TypeScript. Every number has a label, so that
// a difference says where it is.

import {
  type DecodedPromotion,
  type DecodedTable,
  NONE,
  type SeenAttributes,
  type SeenCart,
  type SeenCustomer,
  type SeenLine,
} from "@haggle/abi";
import type { DecisionVector, TableVector } from "./abi-vectors.ts";

export type Reads = [label: string, value: bigint][];

type Put = (label: string, value: number | bigint | boolean) => void;

const STATUSES = ["notEligible", "applied", "capped", "lost", "failed", "inactive", "stopped", "exhausted"];
const GROUP_MODES = ["stack", "first", "highest", "lowest", "best"];
const FAULTS = [
  "none",
  "ENGINE_RULE_FUEL",
  "ENGINE_RULE_TRAP",
  "ENGINE_RULE_STACK",
  "ENGINE_RULE_MONEY",
].concat("ENGINE_RULE_EFFECTS");

const NO_LINE: SeenLine = {
  sku: null,
  product: null,
  skuGroup: 0,
  productGroup: 0,
  categories: [],
  quantity: 0,
  unitPrice: 0,
  unitCost: null,
  minUnitPrice: null,
  taxRate: null,
  subscription: false,
  attributes: {},
};

const GUEST: SeenCustomer = { segments: [], tier: null, loggedIn: false, orders: 0, attributes: {} };

/** Operation readCart. `texts` are the symbols' strings; symbol 0, the unknown one, is asked for too. */
export function cartReads(cart: SeenCart, texts: readonly string[]): Reads {
  const reads: Reads = [];
  const put: Put = (label, value) => reads.push([label, BigInt(value)]);
  const symbol = (text: string | null) => texts.indexOf(text ?? "") + 1;
  const total = (lines: readonly SeenLine[]) =>
    lines.reduce((sum, line) => sum + BigInt(line.unitPrice) * BigInt(line.quantity), 0n);
  const quantity = (lines: readonly SeenLine[]) => lines.reduce((sum, line) => sum + line.quantity, 0);

  const attributes = (at: string, seen: SeenAttributes, text: string, asks: boolean) => {
    const has = text !== "" && Object.hasOwn(seen, text);
    const value = has ? seen[text]! : undefined;
    const isText = typeof value === "string" || value === null;
    if (asks) put(`${at}.hasAttribute(${text})`, has);
    put(`${at}.attribute(${text})`, typeof value === "string" ? symbol(value) : 0);
    put(`${at}.attributeNumber(${text})`, !has || isText ? -77 : Number(value));
  };
  const line = (at: string, seen: SeenLine) => {
    put(`${at}.unitPrice`, seen.unitPrice);
    put(`${at}.total`, total([seen]));
    put(`${at}.quantity`, seen.quantity);
    put(`${at}.sku`, symbol(seen.sku));
    put(`${at}.product`, symbol(seen.product));
    put(`${at}.skuGroup`, seen.skuGroup);
    put(`${at}.productGroup`, seen.productGroup);
    put(`${at}.subscription`, seen.subscription);
    for (const text of ["", ...texts]) {
      put(`${at}.hasCategory(${text})`, seen.categories.includes(text));
      attributes(at, seen.attributes, text, true);
    }
  };
  const selection = (at: string, matches: (line: SeenLine) => boolean) => {
    const lines = cart.lines.filter(matches);
    put(`${at}.count`, lines.length);
    put(`${at}.quantity`, quantity(lines));
    put(`${at}.total`, total(lines));
    const prices = lines.map(({ unitPrice }) => unitPrice);
    put(`${at}.cheapest`, lines.length === 0 ? 0 : Math.min(...prices));
    put(`${at}.dearest`, lines.length === 0 ? 0 : Math.max(...prices));
    for (const [i, each] of lines.entries()) put(`${at}.at(${i})`, cart.lines.indexOf(each));
  };

  put("now", cart.now);
  put("total", total(cart.lines));
  put("quantity", quantity(cart.lines));
  put("lineCount", cart.lines.length);
  put("minorDigits", cart.minorDigits);
  put(
    "shippingTotal",
    cart.shipping.reduce((sum, entry) => sum + entry.price, 0),
  );
  put("shippingCount", cart.shipping.length);
  for (const field of ["channel", "market", "timeZone", "paymentMethod"] as const)
    put(field, symbol(cart[field]));
  for (const [i, each] of cart.lines.entries()) line(`lines[${i}]`, each);
  for (const [i, { price, method }] of cart.shipping.entries()) {
    put(`shipping[${i}].price`, price);
    put(`shipping[${i}].method`, symbol(method));
  }
  const customer = cart.customer ?? GUEST;
  put("customer.loggedIn", customer.loggedIn);
  put("customer.orders", customer.orders);
  put("customer.tier", symbol(customer.tier));
  for (const text of ["", ...texts]) {
    put(`customer.inSegment(${text})`, customer.segments.includes(text));
    attributes("customer", customer.attributes, text, false);
  }
  for (const text of ["", ...texts]) {
    put(`hasCoupon(${text})`, cart.coupons.includes(text));
    const allowance = Object.hasOwn(cart.allowances, text) ? cart.allowances[text]! : -99;
    put(`allowance(${text})`, allowance);
    selection(`inCategory(${text})`, ({ categories }) => categories.includes(text));
    selection(`ofSku(${text})`, ({ sku }) => sku === text);
    selection(`ofProduct(${text})`, ({ product }) => product === text);
  }
  selection("lines", () => true);
  line("no line", NO_LINE);
  line("no line of a selection", NO_LINE);
  put("no shipping.price", 0);
  put("no shipping.method", 0);
  return reads;
}

/** Operation readParameters, for the class of probe.rule.ts. */
export function parameterReads({ parameters }: DecodedPromotion, texts: readonly string[]): Reads {
  const reads: Reads = [];
  const put: Put = (label, value) => reads.push([label, BigInt(value)]);
  const symbol = (text: string) => texts.indexOf(text) + 1;
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === "number" || typeof value === "boolean") put(name, value);
    else if (typeof value === "string") put(name, symbol(value));
    else {
      const tags = value ?? [];
      put(`${name}.isAny`, value === null);
      put(`${name}.length`, tags.length);
      for (const [i, tag] of tags.entries()) put(`${name}.at(${i})`, symbol(tag));
      for (const text of ["", ...texts]) put(`${name}.has(${text})`, value === null || tags.includes(text));
    }
  }
  return reads;
}

/** Operation readPromotions, without the addresses of the parameters, which the caller takes out. */
export function promotionReads({ promotions, groups }: DecodedTable, vector: TableVector): Reads {
  const reads: Reads = [["count", BigInt(promotions.length)]];
  const symbol = (text: string) => vector.interned.indexOf(text) + 1;
  for (const [i, promotion] of promotions.entries()) {
    const put: Put = (label, value) => reads.push([`promotions[${i}].${label}`, BigInt(value)]);
    put(
      "rule",
      vector.rules.findIndex(({ name }) => name === promotion.rule),
    );
    put("priority", promotion.priority);
    put("group", promotion.group);
    put("groupMode", GROUP_MODES.indexOf(groups[promotion.group - 1]?.mode ?? "stack"));
    put("serverOnly", promotion.flags.includes("serverOnly"));
    put("hasCoupon", promotion.flags.includes("hasCoupon"));
    put("coupon", symbol(promotion.coupon));
    put("conditions", promotion.conditions.length);
    put("effects", promotion.effects.length);
    put("limits", promotion.limits.length);
    put("from", promotion.from);
    put("until", promotion.until);
  }
  return reads;
}

/** Operation readDecision. */
export function decisionReads({ totals, records }: DecisionVector): Reads {
  const reads: Reads = [];
  const put: Put = (label, value) => reads.push([label, BigInt(value)]);
  for (const [name, value] of Object.entries(totals)) put(name, value);
  for (const [i, { discount, total, tax }] of [...records.lines, ...records.shipping].entries()) {
    put(`decided[${i}].discount`, discount);
    put(`decided[${i}].total`, total);
    put(`decided[${i}].tax`, tax);
  }
  for (const [i, { status, error, condition, lostTo, wanted, granted }] of records.outcomes.entries()) {
    put(`outcomes[${i}].status`, STATUSES.indexOf(status));
    put(`outcomes[${i}].detail`, error ? FAULTS.indexOf(error) : (condition ?? lostTo ?? NONE));
    put(`outcomes[${i}].wanted`, wanted);
    put(`outcomes[${i}].granted`, granted);
  }
  const putAll = <T extends object>(
    list: string,
    entries: readonly T[],
    names: readonly (keyof T & string)[],
  ) => {
    for (const [i, entry] of entries.entries()) {
      for (const name of names) put(`${list}[${i}].${name}`, entry[name] as number);
    }
  };
  putAll("offers", records.offers, ["promotion", "target", "type", "reason", "wanted", "granted"]);
  const shares = [records.lineShares, records.shippingShares]
    .flatMap((list) => list.flatMap((entries, target) => entries.map((share) => ({ ...share, target }))))
    .sort((a, b) => a.offer - b.offer || a.target - b.target);
  putAll("shares", shares, ["offer", "target", "amount", "units", "first"]);
  putAll("added", records.added, ["offer", "sku", "product", "quantity", "unitPrice", "discount"]);
  putAll("claims", records.claims, ["promotion", "allowance", "amount"]);
  return reads;
}
