import type { Condition, Filter, Operator, ThresholdBase } from "@haggle/abi";
import { type Fields, list, NotExpressible, natural, object, oneOf, type Read, text } from "./read.ts";

/** One condition of the vocabulary; exactly the fields of its kind. */
export const condition: Read<Condition> = object((fields) => {
  const kind = fields.need("kind", text);
  if (!Object.hasOwn(CONDITIONS, kind)) {
    throw new NotExpressible(`no mechanism for condition "${kind}"`, `${fields.at}.kind`);
  }
  return CONDITIONS[kind]!(fields);
});

const CONDITIONS: Readonly<Record<string, (fields: Fields) => Condition>> = {
  minQuantity: (fields) => ({ kind: "quantity", value: fields.need("quantity", natural) }),
  minItemsTotal: itemsTotal("atLeast"),
  maxItemsTotal: itemsTotal("atMost"),
  itemsTotalEquals: itemsTotal("equal"),
  itemsTotalGreaterThan: itemsTotal("moreThan"),
  minOrderTotal: orderTotal("atLeast"),
  maxOrderTotal: orderTotal("atMost"),
  orderTotalEquals: orderTotal("equal"),
  orderTotalGreaterThan: orderTotal("moreThan"),
  containsProduct: (fields) => contains({ products: oneOrMore(fields, "product", "products") }),
  containsAnyCategory: (fields) => contains({ categories: oneOrMore(fields, "category", "categories") }),
  categoryItemsTotal: (fields) => ({
    kind: "goodsTotal",
    filter: { categories: oneOrMore(fields, "category", "categories") },
    ...amount(fields),
  }),
  minCategoryQuantity: (fields) => ({
    kind: "quantity",
    filter: { categories: oneOrMore(fields, "category", "categories") },
    value: fields.need("quantity", natural),
  }),
  minProductsQuantity: (fields) => ({
    kind: "quantity",
    filter: { products: oneOrMore(fields, "product", "products") },
    value: fields.need("quantity", natural),
  }),
  anyLineQuantity: (fields) => ({ kind: "lineQuantity", value: fields.need("quantity", natural) }),
  customerSegment: (fields) => ({ kind: "segments", match: fields.need("anyOf", list(text)) }),
  shippingMethod: (fields) => ({ kind: "shippingMethod", match: fields.need("anyOf", list(text)) }),
  nthOrder: (fields) => ({ kind: "orders", operator: "equal", value: fields.need("n", natural) - 1 }),
};

function itemsTotal(operator: Operator) {
  return (fields: Fields): Condition => ({ kind: "goodsTotal", operator, ...amount(fields) });
}

function orderTotal(operator: Operator) {
  return (fields: Fields): Condition => ({ kind: "orderTotal", operator, ...amount(fields) });
}

function contains(filter: Filter): Condition {
  return { kind: "quantity", filter, value: 1 };
}

type Basis = { base?: ThresholdBase; tax?: "gross" | "net" };

/** What a threshold is of; the policy's base and the prices as the shop states them when left out. */
const BASES: Readonly<Record<string, Basis>> = {
  initial: { base: "initial" },
  current: { base: "current" },
  running: { base: "current" },
  gross: { tax: "gross" },
  net: { tax: "net" },
};

function amount(fields: Fields): { value: number } & Basis {
  return { value: fields.need("amount", natural), ...fields.take("basis", oneOf(BASES)) };
}

function oneOrMore(fields: Fields, one: string, more: string): readonly string[] {
  const single = fields.take(one, text);
  return single === undefined ? fields.need(more, list(text)) : [single];
}
