// What a shop sells and to whom, as far as generated carts need to know.

import { type CartLine, findMinorDigits, HaggleError } from "@haggle/abi";
import { createRandom } from "./random.ts";

/** A product is a line of a cart without id and quantity. */
export type Product = Omit<CartLine, "id" | "quantity">;

export type ShippingMethod = { method: string; price: number; taxRate?: string };

/** `share` of the known customers, from 0 to 1, are in the segment. */
export type Segment = { name: string; share: number };

/** Products that sell most come first. */
export type Catalogue = {
  currency: string;
  products: readonly Product[];
  shipping: readonly ShippingMethod[];
  segments: readonly Segment[];
  coupons: readonly string[];
  channels: readonly string[];
  paymentMethods: readonly string[];
  timeZone?: string;
};

/**
 * A catalogue from a file. Only `products` must be there; the rest has defaults. What a product may say is what a line
 * of a cart may say.
 *
 * @throws HaggleError CLI_CATALOGUE with the path of the field
 */
export function parseCatalogue(value: unknown): Catalogue {
  const { products, currency, shipping, segments, coupons, channels, paymentMethods, timeZone, ...rest } =
    asObject(value, "catalogue");
  refuseUnknown(rest, "catalogue");
  const known = createCatalogue();
  return {
    currency: currency === undefined ? known.currency : asCurrency(currency),
    products: asList(products, "products", parseProduct, 1),
    shipping: shipping === undefined ? known.shipping : asList(shipping, "shipping", parseShipping),
    segments: segments === undefined ? known.segments : asList(segments, "segments", parseSegment),
    coupons: coupons === undefined ? known.coupons : asList(coupons, "coupons", asText),
    channels: channels === undefined ? known.channels : asList(channels, "channels", asText),
    paymentMethods:
      paymentMethods === undefined ? known.paymentMethods : asList(paymentMethods, "paymentMethods", asText),
    ...(timeZone !== undefined && { timeZone: asText(timeZone, "timeZone") }),
  };
}

/** The shop that carts come from when no other is given: 400 products in eight categories. */
export function createCatalogue(): Catalogue {
  const random = createRandom(1, 0);
  const products = Array.from({ length: PRODUCTS }, (_, i): Product => {
    const kind = KINDS[random.index(KINDS.length)]!;
    const unitPrice = (kind.from + random.index(kind.to - kind.from)) * 100 - (random.chance(0.7) ? 10 : 5);
    const number = String(i + 1).padStart(3, "0");
    return {
      sku: `${kind.category}-${number}`,
      productId: `product-${number}`,
      categories: random.chance(0.12) ? [kind.category, "sale"] : [kind.category],
      unitPrice,
      unitCost: Math.floor((unitPrice * (35 + random.index(35))) / 100),
      taxRate: kind.taxRate,
    };
  });
  return {
    currency: "EUR",
    products,
    shipping: [
      { method: "standard", price: 490, taxRate: "19" },
      { method: "express", price: 1290, taxRate: "19" },
      { method: "pickup", price: 0 },
    ],
    segments: [
      { name: "newsletter", share: 0.4 },
      { name: "student", share: 0.08 },
      { name: "vip", share: 0.06 },
      { name: "wholesale", share: 0.03 },
    ],
    coupons: ["WELCOME10", "FREESHIP", "SUMMER"],
    channels: ["web", "app"],
    paymentMethods: ["card", "paypal", "invoice"],
    timeZone: "Europe/Berlin",
  };
}

const PRODUCTS = 400;

/** Prices in major units, from inclusive to exclusive. */
const KINDS = [
  { category: "shoes", from: 35, to: 140, taxRate: "19" },
  { category: "outerwear", from: 40, to: 220, taxRate: "19" },
  { category: "accessories", from: 8, to: 60, taxRate: "19" },
  { category: "bags", from: 20, to: 130, taxRate: "19" },
  { category: "home", from: 5, to: 90, taxRate: "19" },
  { category: "books", from: 7, to: 40, taxRate: "7" },
  { category: "toys", from: 6, to: 60, taxRate: "19" },
] as const;

const PRODUCT_FIELDS = new Set([
  "sku",
  "productId",
  "categories",
  "unitPrice",
  "unitCost",
  "minUnitPrice",
  "taxRate",
  "subscription",
  "attributes",
]);

/** Names and amounts; what else is wrong with a line is told when its cart is priced. */
function parseProduct(value: unknown, at: string): Product {
  const product = asObject(value, at);
  refuseUnknown(
    Object.fromEntries(Object.entries(product).filter(([field]) => !PRODUCT_FIELDS.has(field))),
    at,
  );
  const { sku, productId = sku, categories = [], unitPrice, unitCost, minUnitPrice, ...rest } = product;
  return {
    ...rest,
    sku: asText(sku, `${at}.sku`),
    productId: asText(productId, `${at}.productId`),
    categories: asList(categories, `${at}.categories`, asText),
    unitPrice: asAmount(unitPrice, `${at}.unitPrice`),
    ...(unitCost !== undefined && { unitCost: asAmount(unitCost, `${at}.unitCost`) }),
    ...(minUnitPrice !== undefined && { minUnitPrice: asAmount(minUnitPrice, `${at}.minUnitPrice`) }),
  };
}

function parseShipping(value: unknown, at: string): ShippingMethod {
  const { method, price, taxRate, ...rest } = asObject(value, at);
  refuseUnknown(rest, at);
  return {
    method: asText(method, `${at}.method`),
    price: asAmount(price, `${at}.price`),
    ...(taxRate !== undefined && { taxRate: asText(taxRate, `${at}.taxRate`) }),
  };
}

function parseSegment(value: unknown, at: string): Segment {
  const { name, share, ...rest } = asObject(value, at);
  refuseUnknown(rest, at);
  if (typeof share !== "number" || !(share >= 0 && share <= 1)) throw bad(`${at}.share`, share);
  return { name: asText(name, `${at}.name`), share };
}

function asCurrency(value: unknown): string {
  const currency = asText(value, "currency");
  if (findMinorDigits(currency) === undefined) throw bad("currency", value);
  return currency;
}

function asObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(at, value);
  return { ...value };
}

function asList<T>(value: unknown, at: string, read: (entry: unknown, at: string) => T, least = 0): T[] {
  if (!Array.isArray(value) || value.length < least) throw bad(at, value);
  return value.map((entry, i) => read(entry, `${at}[${i}]`));
}

function asText(value: unknown, at: string): string {
  if (typeof value !== "string" || value === "") throw bad(at, value);
  return value;
}

function asAmount(value: unknown, at: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad(at, value);
  return value as number;
}

function refuseUnknown(rest: object, at: string): void {
  const [field] = Object.keys(rest);
  if (field !== undefined) throw bad(`${at}.${field}`, (rest as Record<string, unknown>)[field]);
}

function bad(at: string, value: unknown): HaggleError {
  return new HaggleError("CLI_CATALOGUE", "A catalogue is not like this", { at, value });
}
