// What a condition looked at, computed again from the cart. Undefined where the cart alone does not tell it: what was
// left after earlier promotions, and amounts converted between net and gross.

import {
  type Cart,
  type CartLine,
  type Condition,
  type Filter,
  isSameGoods,
  type Match,
  orderLines,
  type Policy,
  type Promotion,
  type Range,
} from "@haggle/abi";
import type { DecidedLineJson } from "../decision-json.ts";

export type Facts = {
  cart: Cart;
  lines: readonly DecidedLineJson[];
  promotions: readonly Promotion[];
  policy: Policy | undefined;
};

/** A line as conditions see it: equal ones merged, priced as the pricing and catalog phases left them. */
type SeenLine = CartLine & { total: number };

const MINUTES_PER_DAY = 1440;
const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday, the fourth day of the week. */
const EPOCH_WEEKDAY = 4;
const DAYS_PER_WEEK = 7;

/** The number that a condition compared. */
export function findNumber(condition: Condition, facts: Facts): number | undefined {
  const { cart, policy } = facts;
  switch (condition.kind) {
    case "goodsTotal":
    case "cheapest":
    case "dearest":
    case "orderTotal":
    case "shippingTotal": {
      const base = condition.base ?? policy?.thresholdBase ?? "initial";
      const isConverted = condition.tax !== undefined && condition.tax !== policy?.tax.prices;
      return base === "initial" && !isConverted ? findAmount(condition, facts) : undefined;
    }
    case "quantity":
    case "lines":
    case "lineQuantity": {
      const quantities = seeLines(condition.filter, facts)?.map(({ quantity }) => quantity);
      if (quantities === undefined || condition.kind === "lines") return quantities?.length;
      return condition.kind === "quantity" ? sum(quantities) : Math.max(0, ...quantities);
    }
    case "orders":
      return cart.customer?.orders ?? 0;
    case "counter": {
      const value = cart.customer?.attributes?.[condition.key];
      return typeof value === "number" ? value : 0;
    }
    default:
      return undefined;
  }
}

type MoneyCondition = Extract<
  Condition,
  { kind: "goodsTotal" | "cheapest" | "dearest" | "orderTotal" | "shippingTotal" }
>;

function findAmount(condition: MoneyCondition, facts: Facts): number | undefined {
  const shipping = sum(facts.cart.shipping.map(({ price }) => price));
  if (condition.kind === "shippingTotal") return shipping;
  const lines = seeLines("filter" in condition ? condition.filter : undefined, facts);
  if (lines === undefined) return undefined;
  const goods = sum(lines.map(({ total }) => total));
  if (condition.kind === "orderTotal") return goods + shipping;
  if (condition.kind === "goodsTotal") return goods;
  if (lines.length === 0) return undefined;
  const prices = lines.map(({ unitPrice }) => unitPrice);
  return condition.kind === "cheapest" ? Math.min(...prices) : Math.max(...prices);
}

/** The strings that a condition compared. */
export function findTexts(condition: Condition, { cart }: Facts): readonly string[] | undefined {
  const { customer } = cart;
  switch (condition.kind) {
    case "segments":
      return customer?.segments ?? [];
    case "tier":
      return given(customer?.tier);
    case "channel":
      return given(cart.channel);
    case "market":
      return given(cart.market);
    case "paymentMethod":
      return given(cart.paymentMethod);
    case "shippingMethod":
      return cart.shipping.map(({ method }) => method);
    case "coupons":
      return cart.coupons;
    case "customer": {
      const value = customer?.attributes?.[condition.key];
      return typeof value === "string" ? [value] : [];
    }
    default:
      return undefined;
  }
}

/** Local minutes of the day and day of the week (1 is Monday), by the offsets that the release carries. */
export function findLocalTime({ cart, policy }: Facts): { minutes: number; weekday: number } | undefined {
  const transitions = policy?.timeZones?.[cart.timeZone ?? ""];
  const transition = transitions?.findLast(({ from }) => from <= cart.now);
  if (transition === undefined) return undefined;
  const minutes = Math.floor(cart.now / MINUTE_MS) + transition.offset;
  const days = Math.floor(minutes / MINUTES_PER_DAY);
  return {
    minutes: modulo(minutes, MINUTES_PER_DAY),
    weekday: modulo(days + EPOCH_WEEKDAY - 1, DAYS_PER_WEEK) + 1,
  };
}

function seeLines(filter: Filter | undefined, facts: Facts): SeenLine[] | undefined {
  if (filter?.undiscounted) return undefined;
  return mergeLines(facts).filter((line) => filter === undefined || isMatched(filter, line));
}

function mergeLines({ cart, lines, promotions, policy }: Facts): SeenLine[] {
  const catalog = new Set(promotions.filter(({ phase }) => phase === "catalog").map(({ id }) => id));
  const taken = new Map(
    lines.map(({ id, discounts }) => [
      id,
      sum(discounts.filter(({ promotion }) => catalog.has(promotion)).map(({ amount }) => amount)),
    ]),
  );
  const priced = new Map(lines.map(({ id, unitPrice }) => [id, unitPrice]));
  const merged: SeenLine[] = [];
  const order = policy?.lines === "asGiven" ? cart.lines.keys() : orderLines(cart.lines);
  let last: CartLine | undefined;
  for (const position of order) {
    const line = cart.lines[position]!;
    const unitPrice = priced.get(line.id) ?? line.unitPrice;
    const total = unitPrice * line.quantity - (taken.get(line.id) ?? 0);
    if (last !== undefined && policy?.lines !== "asGiven" && isSameGoods(last, line)) {
      merged.at(-1)!.quantity += line.quantity;
      merged.at(-1)!.total += total;
    } else merged.push({ ...line, total });
    last = line;
  }
  return merged.map((line) => ({ ...line, unitPrice: line.total / line.quantity }));
}

function isMatched(filter: Filter, line: SeenLine): boolean {
  const clauses: boolean[] = [];
  if (filter.categories) clauses.push(holds(filter.categories, line.categories));
  if (filter.products) clauses.push(holds(filter.products, [line.productId]));
  if (filter.skus) clauses.push(holds(filter.skus, [line.sku]));
  for (const [key, test] of Object.entries(filter.attributes ?? {})) {
    const value = line.attributes?.[key];
    if (isRange(test)) clauses.push(typeof value === "number" && isWithin(test, value));
    else clauses.push(holds(test, typeof value === "string" ? [value] : []));
  }
  if (filter.unitPrice) clauses.push(isWithin(filter.unitPrice, line.unitPrice));
  if (filter.quantity) clauses.push(isWithin(filter.quantity, line.quantity));
  if (filter.subscription !== undefined) clauses.push((line.subscription === true) === filter.subscription);
  return filter.match === "any" ? clauses.includes(true) : !clauses.includes(false);
}

export function isRange(test: Match | Range): test is Range {
  return !Array.isArray(test) && ("min" in test || "max" in test);
}

function holds(match: Match, texts: readonly string[]): boolean {
  const { any: some, every = [], none = [] } = "length" in match ? { any: match } : match;
  return (
    (some === undefined || some.some((text) => texts.includes(text))) &&
    every.every((text) => texts.includes(text)) &&
    !none.some((text) => texts.includes(text))
  );
}

function isWithin(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Range,
  value: number,
): boolean {
  return min <= value && value <= max;
}

function given(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
