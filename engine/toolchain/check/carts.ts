// Atoms to carts: the cheapest that come to mind first. Nothing here is certain; the engine prices what was built.

import type { Attribute, Cart, CartCustomer, CartLine, CartShipping } from "@haggle/abi";
import {
  type Atoms,
  chooseFlags,
  chooseTexts,
  type NumberAtom,
  numberSpans,
  type Span,
  textAtoms,
} from "./atoms.ts";
import { draftLines, needsOf, within } from "./lines.ts";
import type { Mixes } from "./mixes.ts";
import { findMoment, type Times } from "./times.ts";
import { segmentsOfVariants } from "./variants.ts";

/** What carts are built with. */
export type Setting = Times & {
  mixes: Mixes;
  currency: string;
  /** What goods cost the shop, in percent of their price, where a margin is to be kept. */
  costPercent: number;
};

/** A price with which percentages show. */
export const USUAL_PRICE = 10_00;
const USUAL_SHIPPING = 5_00;
const OPEN: Span = { min: -Infinity, max: Infinity };

/** Carts that try to suit all atoms; empty when some of them contradict each other. */
export function buildCarts(atoms: Atoms, setting: Setting, hint = USUAL_PRICE): Cart[] {
  const moment = findMoment(atoms, setting);
  const flags = chooseFlags(atoms);
  if (moment === undefined || flags === undefined) return [];
  const spans = numberSpans(atoms);
  const span = (field: string): Span => spans.get(`${field} `) ?? OPEN;
  const texts = (field: string) => chooseTexts(field, textAtoms(atoms).get(field) ?? []) ?? [];
  const orderTotal = span("orderTotal");
  const goods = [...spans.values()].filter(({ field }) => GOODS.has(field));
  // The goods come to what the order must come to; shipping on top is seldom in the way.
  if (orderTotal.min > 0 || orderTotal.max < Infinity) {
    goods.push({ on: "number", field: "goodsTotal", ...orderTotal });
  }
  const shipping = buildShipping(texts("shippingMethod"), span("shippingTotal"));
  const customer = buildCustomer(atoms, flags.get("loggedIn"), texts);
  const one = (field: string) => {
    const [text] = texts(field);
    return text === undefined ? {} : { [field]: text };
  };
  return draftLines(needsOf(mergeSpans(goods)), hint, setting.mixes).map((lines) => ({
    id: "cart",
    currency: setting.currency,
    ...moment,
    ...one("channel"),
    ...one("market"),
    ...one("paymentMethod"),
    lines: setting.policy.marginFloor ? lines.map((line) => withCost(line, setting)) : lines,
    shipping,
    ...(customer === undefined ? {} : { customer }),
    coupons: texts("coupons"),
    ...buildAllowances(spans.values()),
  }));
}

const GOODS = new Set(["goodsTotal", "quantity", "lines", "lineQuantity", "cheapest", "dearest"]);

function mergeSpans(atoms: Atoms) {
  return numberSpans(atoms).values();
}

function withCost(line: CartLine, { costPercent }: Setting): CartLine {
  return { ...line, unitCost: Math.floor((line.unitPrice * costPercent) / 100) };
}

/** Only those that must be short: what a cart does not state is unlimited. */
function buildAllowances(spans: Iterable<NumberAtom>): Pick<Cart, "allowances"> {
  const short = [...spans].filter(({ field, max }) => field.startsWith("allowance ") && max < Infinity);
  if (short.length === 0) return {};
  const entries = short.map(({ field, max }) => [field.slice("allowance ".length), Math.max(0, max)]);
  return { allowances: Object.fromEntries(entries) };
}

function buildShipping(methods: readonly string[], total: Span): CartShipping[] {
  if (methods.length === 0 && total.min <= 0) return [];
  const each = methods.length === 0 ? ["standard"] : methods;
  return each.map((method, i) => ({
    id: `shipping-${i + 1}`,
    method,
    price: i === 0 ? Math.max(0, within(USUAL_SHIPPING, total)) : 0,
  }));
}

function buildCustomer(
  atoms: Atoms,
  loggedIn: boolean | undefined,
  texts: (field: string) => string[],
): CartCustomer | undefined {
  const attributes: Record<string, Attribute> = {};
  for (const field of textAtoms(atoms).keys()) {
    const [value] = field.startsWith("customer ") ? texts(field) : [];
    if (value !== undefined) attributes[field.slice("customer ".length)] = value;
  }
  let orders = 0;
  for (const { field, min, max } of numberSpans(atoms).values()) {
    if (field === "orders") orders = Math.max(0, within(0, { min, max }));
    else if (field.startsWith("counter "))
      attributes[field.slice("counter ".length)] = within(0, { min, max });
  }
  const segments = [...texts("segments"), ...segmentsOfVariants(textAtoms(atoms).keys(), texts)];
  const [tier] = texts("tier");
  const isNobody =
    segments.length === 0 && tier === undefined && orders === 0 && Object.keys(attributes).length === 0;
  if (isNobody && !loggedIn) return undefined;
  const loyalty = tier === undefined ? {} : { tier };
  return { id: "customer", segments, ...loyalty, loggedIn: loggedIn ?? false, orders, attributes };
}
