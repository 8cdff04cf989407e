// A case of the neutral vocabulary of promotions, as a cart, promotions and a policy of the engine.

import type { Cart, CartLine, CartShipping, Policy, Promotion } from "@haggle/abi";
import { type Allowances, earlierOrders } from "./limits.ts";
import { PRESETS } from "./presets.ts";
import { promotionsOf } from "./promotions.ts";
import {
  type Fields,
  flag,
  list,
  NotExpressible,
  natural,
  object,
  oneOf,
  type Read,
  rateOfTax,
  stated,
  text,
} from "./read.ts";
import { moment } from "./windows.ts";

/** What a case comes to. */
export type Converted = {
  id: string;
  cart: Cart;
  promotions: Promotion[];
  policy: Policy;
  /** All lines of the case, those too that are not in the cart because they hold nothing. */
  lines: string[];
  /** By promotion of the engine: the one of the case that it is, or is a part of. */
  origins: Map<string, { id: string; title: string }>;
};

/** Why a case cannot be said. */
export type Refused = { id: string; refused: { mechanism: string; at: string } };

/** Policies by name. */
export type Policies = Readonly<Record<string, Policy>>;

/** A case that says no time is priced at this one; its windows are said in words then. */
const SOME_TIME = Date.UTC(2025, 0, 1);

/**
 * Converts one case, without looking at what it expects. What the vocabulary says and the engine, or this importer,
 * cannot is refused with the missing mechanism and the place; nothing is left out or approximated.
 */
export function convertCase(value: unknown, policies: Policies): Converted | Refused {
  try {
    return object((fields) => converted(fields, policies))(value, "");
  } catch (cause) {
    if (!(cause instanceof NotExpressible)) throw cause;
    return { id: idOf(value), refused: { mechanism: cause.mechanism, at: cause.at } };
  }
}

function converted(fields: Fields, policies: Policies): Converted {
  fields.skip("source", "path", "title", "sourceCommit", "tags", "note", "minorDigits", "expected");
  const name = fields.need(
    "policy",
    oneOf(Object.fromEntries(Object.keys(policies).map((key) => [key, key]))),
  );
  const policy = policies[name]!;
  const preset = PRESETS[name]!;
  const tax = fields.take("tax", taxOf);
  const now = fields.take("at", moment) ?? SOME_TIME;
  const orders = fields.take("history", earlierOrders) ?? [];
  const allowances: Allowances = {};
  const placed = fields.need(
    "promotions",
    promotionsOf({ preset, lanes: policy.lanes, now, orders, allowances }),
  );
  const lines = fields.need("lines", list(lineOf(tax?.rate)));
  const cart: Cart = stated({
    id: "cart",
    currency: fields.need("currency", text),
    now,
    channel: fields.take("channel", text),
    lines: lines.filter(({ quantity }) => quantity > 0),
    shipping: fields.take("shipping", list(shippingOf(tax?.rate))) ?? [],
    customer: {
      id: "customer",
      attributes: {},
      orders: orders.filter(({ completed }) => completed).length,
      ...(fields.take("customer", customer) ?? { segments: [], loggedIn: false }),
    },
    coupons: [...new Set(fields.take("coupons", list(text)) ?? [])],
    allowances,
  });
  return {
    id: fields.need("id", text),
    cart,
    promotions: placed.map(({ promotion }) => promotion),
    policy: tax === undefined ? policy : { ...policy, tax: { ...policy.tax, prices: tax.prices } },
    lines: lines.map(({ id }) => id),
    origins: new Map(placed.map(({ promotion, of }) => [promotion.id, of])),
  };
}

type CaseTax = { prices: "gross" | "net"; rate: string | undefined };

/** `rate` holds for what states none of its own; what else a case says about rates is prose. */
const taxOf: Read<CaseTax> = object((fields) => {
  fields.skip("ratePerLine");
  fields.take("rates", text);
  const prices = fields.need("pricesIncludeTax", flag) ? "gross" : "net";
  return { prices, rate: fields.take("rate", rateOfTax) };
});

function lineOf(rate: string | undefined): Read<CartLine> {
  return object((fields) =>
    stated({
      id: fields.need("id", text),
      sku: fields.need("sku", text),
      productId: fields.need("product", text),
      categories: [...new Set(fields.take("categories", list(text)) ?? [])],
      quantity: fields.need("qty", natural),
      unitPrice: fields.need("unitPrice", natural),
      minUnitPrice: fields.take("minUnitPrice", natural),
      taxRate: fields.take("taxRate", rateOfTax) ?? rate,
    }),
  );
}

function shippingOf(rate: string | undefined): Read<CartShipping> {
  return object((fields) =>
    stated({
      id: fields.need("id", text),
      method: fields.need("method", text),
      price: fields.need("price", natural),
      taxRate: fields.take("taxRate", rateOfTax) ?? rate,
    }),
  );
}

const customer = object((fields) => ({
  segments: [...new Set(fields.take("segments", list(text)) ?? [])],
  loggedIn: fields.take("loggedIn", flag) ?? false,
}));

function idOf(value: unknown): string {
  const { id } = (value ?? {}) as { id?: unknown };
  return typeof id === "string" ? id : "";
}
