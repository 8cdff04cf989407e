// One discount of Shopify, by its kind.

import type { Condition, Effect, Filter, Promotion } from "@haggle/abi";
import { stated } from "../vocabulary/read.ts";
import { type Currency, checkCurrency, fraction, minorUnits } from "./amounts.ts";
import { counter, type Draft, limitsOf, type Note } from "./drafts.ts";
import { anyOf, type Clause } from "./goods-filter.ts";
import {
  connection,
  type Fields,
  flag,
  list,
  malformed,
  moment,
  NotCarried,
  oneOf,
  only,
  positive,
  type Read,
  record,
  text,
  whole,
} from "./reading.ts";

export type DiscountClass = "product" | "order" | "shipping";

export type ShopifyDraft = Draft & {
  class: DiscountClass;
  /** The classes that it agrees to apply with. */
  combines: Readonly<Record<DiscountClass, boolean>>;
  isPercent: boolean;
  isOffer: boolean;
  /** Asks for a subtotal, which other discounts lower. */
  hasThreshold: boolean;
};

type Kind = { code: boolean; read: (fields: Fields, currency: Currency, kind: DiscountClass) => Part };

/** What a kind adds to what all discounts have. */
type Part = { effect: Effect; conditions: Condition[]; isPercent?: boolean; isOffer?: boolean };

const KINDS: Readonly<Record<string, Kind>> = {
  DiscountCodeBasic: { code: true, read: basic },
  DiscountAutomaticBasic: { code: false, read: basic },
  DiscountCodeBxgy: { code: true, read: buyGet },
  DiscountAutomaticBxgy: { code: false, read: buyGet },
  DiscountCodeFreeShipping: { code: true, read: freeShipping },
  DiscountAutomaticFreeShipping: { code: false, read: freeShipping },
};

const CLASSES = { PRODUCT: "product", ORDER: "order", SHIPPING: "shipping" } as const;

export function discount(currency: Currency, field: string): Read<ShopifyDraft> {
  return record((node) => {
    node.skip("metafield", "metafields", "events");
    const own = `shopify-${node.need("id", text).split("/").at(-1)!}`;
    return node.need(field, (value, at) => ofKind(own, currency)(value, at));
  });
}

function ofKind(own: string, currency: Currency): Read<ShopifyDraft> {
  return (value, at) => {
    const name = text((value as { __typename?: unknown } | null)?.__typename, `${at}.__typename`);
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    // The discounts of apps are code, which only their functions know.
    if (kind === undefined) throw new NotCarried(`there is no mechanism for ${name}`, `${at}.__typename`);
    return record((fields) => draftOf(fields, own, kind, currency))(value, at);
  };
}

function draftOf(fields: Fields, own: string, kind: Kind, currency: Currency): ShopifyDraft {
  // "status" is what the window comes to; tags matter to the discounts that name them, which are refused below.
  fields.skip(
    "summary",
    "shortSummary",
    "status",
    "createdAt",
    "updatedAt",
    "codesCount",
    "hasTimelineComment",
  );
  fields.skip("shareableUrls", "totalSales", "usageCount", "discountId", "tags");
  const title = fields.need("title", text);
  const window = stated({ from: fields.need("startsAt", moment), until: fields.asked("endsAt", moment) });
  const discountClass = classOf(fields);
  const combines = fields.need("combinesWith", combinesWith);
  const used = fields.take("asyncUsageCount", whole) ?? 0;
  const uses = kind.code ? fields.asked("usageLimit", positive) : undefined;
  const isOncePerCustomer = kind.code && fields.need("appliesOncePerCustomer", flag);
  const counters = [
    ...(uses === undefined ? [] : [counter(`${own}/uses`, uses, used, "shop")]),
    ...(isOncePerCustomer ? [counter(`${own}/customer`, 1, undefined, "customer")] : []),
  ];
  const codes = kind.code
    ? fields.need("codes", connection(only("code", "id", "asyncUsageCount", "createdBy")))
    : [];
  if (kind.code && codes.length === 0) throw new NotCarried("it has no codes", `${fields.at}.codes`);
  const areBuyersAsked = fields.names("context") || fields.names("customerSelection");
  const buyers = buyersOf(fields, kind.code);
  const notes: Note[] = [];
  if (fields.take("recurringCycleLimit", whole) !== undefined) {
    const at = `${fields.at}.recurringCycleLimit`;
    notes.push({ at, reason: "later bills of a subscription are not priced here" });
  }
  // Automatic discounts had no buyers to ask for before 2025.
  if (!areBuyersAsked) {
    const reason = "the export does not say context; without it the discount is for all buyers";
    notes.push({ at: fields.at, reason });
  }
  const part = kind.read(fields, currency, discountClass);
  const conditions = [...buyers, ...part.conditions];
  const promotion: Omit<Promotion, "priority"> = stated({
    id: own,
    // A title of a discount with a code may be the code, and a release holds none.
    effects: [kind.code ? part.effect : { ...part.effect, reason: title }],
    conditions: conditions.length > 0 ? conditions : undefined,
    phase: discountClass === "product" ? ("line" as const) : discountClass,
    coupon: kind.code ? own : undefined,
    window,
    ...limitsOf(counters),
  });
  return {
    class: discountClass,
    combines,
    isPercent: part.isPercent ?? false,
    isOffer: part.isOffer ?? false,
    hasThreshold: part.conditions.some(({ kind: tested }) => tested === "goodsTotal"),
    promotions: [promotion],
    coupons: codes.map((code) => ({ code, symbol: own, title })),
    counters,
    notes,
  };
}

/** One class since 2022; a list of them since 2025, of which apps alone have several. */
function classOf(fields: Fields): DiscountClass {
  const one = fields.take("discountClass", oneOf(CLASSES));
  const several = fields.take("discountClasses", list(oneOf(CLASSES)));
  const found = several ?? (one === undefined ? [] : [one]);
  if (found.length !== 1)
    throw malformed("discountClasses with one class", found, `${fields.at}.discountClasses`);
  return found[0]!;
}

const combinesWith: Read<ShopifyDraft["combines"]> = record((fields) => {
  const tags = fields.take("productDiscountsWithTagsOnSameCartLine", list(text)) ?? [];
  if (tags.length > 0)
    throw new NotCarried(
      "several product discounts on one line, by their tags",
      `${fields.at}.productDiscountsWithTagsOnSameCartLine`,
    );
  return {
    product: fields.need("productDiscounts", flag),
    order: fields.need("orderDiscounts", flag),
    shipping: fields.need("shippingDiscounts", flag),
  };
});

/** `context` since 2025, `customerSelection` before, which automatic discounts did not have. */
function buyersOf(fields: Fields, isCode: boolean): Condition[] {
  const buyers: Read<Condition[]> = record((of) => {
    of.skip("all");
    if (of.take("allCustomers", flag) === true) return [];
    of.take("customers", () => {
      throw new NotCarried(
        "single customers: carts carry nothing but an opaque id of them",
        `${of.at}.customers`,
      );
    });
    const segments = of.take("segments", list(only("id", "name")));
    return segments === undefined ? [] : [{ kind: "segments", match: segments }];
  });
  const given = [fields.take("context", buyers), fields.take("customerSelection", buyers)];
  if (isCode && given.every((one) => one === undefined))
    throw malformed("context or customerSelection", undefined, `${fields.at}.context`);
  return given.flatMap((one) => one ?? []);
}

function basic(fields: Fields, currency: Currency, discountClass: DiscountClass): Part {
  const { filter, value } = fields.need("customerGets", gets(currency));
  if (value.kind === "units")
    throw new NotCarried("a number of units without goods to buy", `${fields.at}.customerGets.value`);
  const conditions = minimum(fields, currency, filter);
  if (value.kind === "each" && discountClass === "order")
    throw new NotCarried(
      "an amount off each unit by a discount on the order",
      `${fields.at}.customerGets.value`,
    );
  const isPercent = value.kind === "percent";
  const target = isPercent && discountClass === "product" ? "line" : value.kind === "each" ? "unit" : "lines";
  const base = isPercent && discountClass === "order" ? "current" : undefined;
  const effect = stated({
    target: target === "lines" && filter === undefined ? "order" : target,
    ...value.off,
    filter,
    base,
  }) as Effect;
  return { effect, conditions, isPercent };
}

/** So many bought, so many others for less, again and again up to the limit of an order. */
function buyGet(fields: Fields, currency: Currency): Part {
  const bought = fields.need("customerBuys", buys);
  const { filter, value } = fields.need("customerGets", gets(currency));
  if (value.kind !== "units")
    throw malformed("DiscountOnQuantity", value.kind, `${fields.at}.customerGets.value`);
  const times = fields.asked("usesPerOrderLimit", positive);
  const units = stated({
    buy: stated({ quantity: bought.quantity, filter: bought.filter }),
    get: value.quantity,
    maxTimes: times,
  });
  const effect = stated({ target: "unit", ...value.off, filter, units }) as Effect;
  return { effect, conditions: [], isOffer: true };
}

function freeShipping(fields: Fields, currency: Currency): Part {
  const oneTime = fields.need("appliesOnOneTimePurchase", flag);
  fields.skip("appliesOnSubscription");
  if (!oneTime)
    throw new NotCarried("free shipping of subscriptions only", `${fields.at}.appliesOnOneTimePurchase`);
  fields.asked("maximumShippingPrice", () => {
    throw new NotCarried("a highest price for each rate of shipping", `${fields.at}.maximumShippingPrice`);
  });
  const countries = fields.need("destinationSelection", destinations);
  return {
    effect: { target: "shipping", percent: "100" },
    conditions: [
      ...(countries === undefined
        ? []
        : [{ kind: "customer" as const, key: "shippingCountry", match: countries }]),
      ...minimum(fields, currency, undefined),
    ],
  };
}

const destinations: Read<string[] | undefined> = record((fields) => {
  if (fields.take("allCountries", flag) === true) return undefined;
  if (fields.take("includeRestOfWorld", flag) === true)
    throw new NotCarried(
      "the rest of the world, which depends on the shop's markets",
      `${fields.at}.includeRestOfWorld`,
    );
  return fields.need("countries", list(text));
});

/** A minimum counts the goods that the discount is for. */
function minimum(fields: Fields, currency: Currency, filter: Filter | undefined): Condition[] {
  const of = filter === undefined ? {} : { filter };
  return (
    fields.asked(
      "minimumRequirement",
      record((required): Condition[] => {
        const subtotal = required.take("greaterThanOrEqualToSubtotal", moneyOf(currency));
        const quantity = required.take("greaterThanOrEqualToQuantity", positive);
        if ((subtotal === undefined) === (quantity === undefined))
          throw malformed("a minimum subtotal or quantity", undefined, required.at);
        return subtotal === undefined
          ? [{ kind: "quantity", value: quantity!, ...of }]
          : [{ kind: "goodsTotal", value: subtotal, ...of }];
      }),
    ) ?? []
  );
}

function moneyOf(currency: Currency): Read<number> {
  return record((fields) => {
    fields.need("currencyCode", checkCurrency(currency));
    return fields.need("amount", minorUnits(currency));
  });
}

type Off = { percent: string } | { amount: number };
type Value = { kind: "percent" | "each" | "once"; off: Off } | { kind: "units"; off: Off; quantity: number };

function worthOf(currency: Currency): Read<Value> {
  return record((fields): Value => {
    if (fields.has("percentage"))
      return { kind: "percent", off: { percent: fields.need("percentage", fraction) } };
    if (fields.has("amount")) {
      const off = { amount: fields.need("amount", moneyOf(currency)) };
      return { kind: fields.need("appliesOnEachItem", flag) ? "each" : "once", off };
    }
    const quantity = fields.need("quantity", quantityOf);
    const { kind, off } = fields.need("effect", worthOf(currency));
    if (kind === "units") throw malformed("a percentage or an amount", kind, `${fields.at}.effect`);
    return { kind: "units", off, quantity };
  });
}

const quantityOf: Read<number> = record((fields) => fields.need("quantity", positive));

function gets(currency: Currency): Read<{ filter: Filter | undefined; value: Value }> {
  return record((fields) => {
    const goods = fields.need("items", items);
    const oneTime = fields.need("appliesOnOneTimePurchase", flag);
    const subscription = fields.need("appliesOnSubscription", flag);
    if (!oneTime && !subscription) throw new NotCarried("it applies to no purchase", fields.at);
    const value = fields.need("value", worthOf(currency));
    if (oneTime && subscription) return { filter: goods, value };
    if (goods?.match === "any")
      throw new NotCarried("products or variants, of one kind of purchase only", `${fields.at}.items`);
    return { filter: { ...goods, subscription }, value };
  });
}

const buys: Read<{ filter: Filter | undefined; quantity: number }> = record((fields) => {
  fields.skip("isOneTimePurchase", "isSubscription");
  const filter = fields.need("items", items);
  const quantity = fields.need(
    "value",
    record((value) => {
      if (value.has("amount"))
        throw new NotCarried(
          "so much spent instead of so many bought: spent goods are not apart from those given",
          `${value.at}.amount`,
        );
      return value.need("quantity", positive);
    }),
  );
  return { filter, quantity };
});

/** Undefined for all goods. Collections are among the categories of a line, variants are its sku. */
const items: Read<Filter | undefined> = record((fields) => {
  if (fields.take("allItems", flag) === true) return undefined;
  const clauses = (["products", "productVariants", "collections"] as const).flatMap((key): Clause[] => {
    const values = fields.take(key, connection(only("id", "title", "sku", "handle", "displayName"))) ?? [];
    const field = key === "collections" ? "categories" : key === "products" ? "products" : "skus";
    return values.length === 0 ? [] : [{ field, mode: "any", values, at: `${fields.at}.${key}` }];
  });
  const filter = anyOf(clauses);
  if (filter === undefined)
    throw malformed("allItems, products, productVariants or collections", undefined, fields.at);
  return filter;
});
