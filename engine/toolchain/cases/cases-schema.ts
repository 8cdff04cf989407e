// The JSON schema of files of cases, for editors. What is wrong with a case is for `parseCases` and the engine to say:
// the schema offers fields, and marks those that nobody reads.

import {
  type Cart,
  type CartCustomer,
  type CartLine,
  type CartShipping,
  MAX_LINES,
  MAX_QUANTITY,
  type Schema,
  schemaParts,
} from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { Case } from "./parse-cases.ts";

const { FLAG, NAME, record } = schemaParts;

/** A schema for each field that the type has, and none that it has not. */
type Fields<T> = { readonly [Key in keyof T]-?: Schema };

const minor = (description: string): Schema => ({
  ...schemaParts.AMOUNT,
  description: `${description}, in minor units: 1250 is 12.50`,
});
const text = (description: string): Schema => ({ ...NAME, description });
const texts = (description: string): Schema => ({ type: "array", items: NAME, description });
const taxRate: Schema = { type: "string", description: 'The rate in percent and in quotes, such as "19"' };
const attributes: Schema = {
  type: "object",
  description: "Values of the shop's own: texts, whole numbers, flags",
};

const LINE: Fields<CartLine> = {
  id: text("Of this line"),
  sku: text("What is bought"),
  productId: text("The product that the sku is a variant of"),
  categories: texts("The categories that it is in"),
  quantity: { type: "integer", minimum: 1, maximum: MAX_QUANTITY, description: "How many units" },
  unitPrice: minor("What one unit costs"),
  unitCost: minor("What one unit costs the shop; only servers know"),
  minUnitPrice: minor("Below which no unit is sold; only servers know"),
  taxRate,
  subscription: { ...FLAG, description: "Whether it is bought again and again" },
  attributes,
};

const SHIPPING: Fields<CartShipping> = {
  id: text("Of this entry"),
  method: text("How it is sent"),
  price: minor("What sending costs"),
  taxRate,
};

const CUSTOMER: Fields<CartCustomer> = {
  id: text("Of the customer"),
  segments: texts("The segments that the customer is in"),
  tier: text("The customer's tier"),
  loggedIn: { ...FLAG, description: "Whether the customer is known" },
  orders: { type: "integer", minimum: 0, description: "Orders completed so far" },
  attributes,
};

const CART: Fields<Cart> = {
  id: text("Of the cart"),
  currency: { type: "string", pattern: "^[A-Z]{3}$", description: 'The currency\'s code, such as "EUR"' },
  now: { type: "integer", minimum: 0, description: "The moment, in milliseconds since 1970" },
  channel: text("Where it is bought"),
  market: text("The market that prices are for"),
  timeZone: text("By which times of day and weekdays are told; the policy knows it"),
  paymentMethod: text("How it is paid"),
  lines: {
    type: "array",
    items: record(LINE, ["id", "sku", "productId", "categories", "quantity", "unitPrice"]),
    maxItems: MAX_LINES,
    description: "What is in the cart",
  },
  shipping: {
    type: "array",
    items: record(SHIPPING, ["id", "method", "price"]),
    description: "Ways of sending, priced",
  },
  customer: {
    ...record(CUSTOMER, ["id", "segments", "loggedIn", "orders", "attributes"]),
    description: "Who buys; left out for nobody known",
  },
  coupons: texts("The codes that were given"),
  allowances: {
    type: "object",
    additionalProperties: { type: "integer", minimum: 0 },
    description: "What is left of budgets and limits, by name",
  },
};

/** The names of what a cart and its parts have. */
export const CART_FIELDS = {
  cart: Object.keys(CART),
  lines: Object.keys(LINE),
  shipping: Object.keys(SHIPPING),
  customer: Object.keys(CUSTOMER),
};

/** Of a decision; arrays are compared whole, so they have no fields here that would seem to be optional. */
const DECISION: Fields<DecisionJson> & { error: Schema } = {
  error: { type: "object", properties: { code: { type: "string" } }, description: "Why there is no price" },
  currency: { type: "string" },
  subtotal: { type: "integer", description: "Goods before discounts" },
  discountTotal: { type: "integer", description: "What is taken off goods and shipping" },
  shippingTotal: { type: "integer", description: "Shipping after discounts" },
  taxTotal: { type: "integer", description: "The tax, where the policy computes one" },
  totalNet: { type: "integer", description: "To be paid without tax" },
  totalGross: { type: "integer", description: "To be paid with tax, before rounding to coins" },
  cashRounding: { type: "integer", description: "What rounding to coins added, or took" },
  total: { type: "integer", description: "What is to be paid" },
  lines: list("Each line with its discounts"),
  shipping: list("Each entry of shipping with its discounts"),
  added: list("Goods that promotions put into the order"),
  promotions: list("What became of each promotion, in the order in which they ran"),
  coupons: list("What became of each code"),
  claims: list("What is drawn from allowances"),
  grants: list("Points, and money that is given back later"),
  messages: list("What promotions have to say"),
  greedy: FLAG,
  marginHeld: { ...FLAG, description: "The margin floor held something back" },
  fuelUsed: { type: "integer" },
  policy: { type: "string" },
  release: { type: "string" },
  bundle: { type: "string" },
  digest: { type: ["string", "null"] },
};

const CASE: Fields<Case> = {
  name: text("What the case shows"),
  cart: {
    ...record(CART, ["id", "currency", "now", "lines", "shipping", "coupons"]),
    description: "What is priced",
  },
  expect: {
    ...record(DECISION),
    description: "A part of the decision: objects may leave fields out, arrays are compared whole",
  },
  promotions: {
    type: "array",
    items: { type: "object", required: ["id"], properties: { id: NAME, rule: NAME } },
    description: "What runs, instead of the rules beside the file with their defaults",
  },
  parameters: {
    type: "object",
    description: "What differs from the defaults of the one rule beside the file",
  },
  policy: { type: "object", description: "What differs from the project's policy" },
  experiments: {
    type: "object",
    additionalProperties: NAME,
    description: "The variants that the customer is in, by experiment",
  },
};

/** The schema of `cases.json` and `NAME.cases.json`, in the draft that all editors know (07). */
export function casesSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Cases of promotion rules",
    description: "Carts, and what they must come to",
    type: "array",
    items: record(CASE, ["name", "cart", "expect"]),
  };
}

function list(description: string): Schema {
  return { type: "array", items: { type: "object" }, description };
}
