// Medusa 2: what `GET /admin/promotions` answers.

import type { Condition, Effect, Filter, Promotion, PromotionWindow, Units } from "@haggle/abi";
import { stated } from "../vocabulary/read.ts";
import { type Currency, checkCurrency, minorUnits, percent } from "./amounts.ts";
import {
  type Counter,
  checkDraft,
  counter,
  type Draft,
  type Drafts,
  limitsOf,
  readEach,
  type Source,
} from "./drafts.ts";
import { allOf, type Clause, type ListField } from "./goods-filter.ts";
import {
  asObject,
  entriesOf,
  type Fields,
  flag,
  id,
  list,
  malformed,
  moment,
  NotCarried,
  oneOf,
  positive,
  type Read,
  record,
  text,
  whole,
} from "./reading.ts";

/** Offers of bought and free units come first, then what else there is. */
type MedusaDraft = Draft & { isOffer: boolean };

export function importMedusa(value: unknown, { currency, policies }: Source): Drafts {
  const { promotions, count, offset = 0 } = asObject(value, "");
  const entries = entriesOf(promotions, "promotions");
  if (count !== undefined && count !== entries.length + Number(offset))
    throw malformed(`all ${count} promotions; raise the limit of the request`, entries.length, "promotions");
  const { found, missing } = readEach(entries, (entry, at) => checkDraft(promotion(currency)(entry, at), at));
  const drafts = [
    ...found.filter(({ draft }) => draft.isOffer),
    ...found.filter(({ draft }) => !draft.isOffer),
  ];
  if (found.length > 1) {
    const reason =
      "Medusa applies promotions in the order in which its database hands them out, offers of free units first; here it is that of the file";
    missing.push({ at: "promotions", reason, kept: true });
  }
  return { drafts: drafts.map(({ draft }) => draft), policy: policies["medusa-reserving"]!, missing };
}

function promotion(currency: Currency): Read<MedusaDraft> {
  return record((fields) => {
    fields.skip("metadata", "created_at", "updated_at", "deleted_at", "campaign_id");
    const own = `medusa-${fields.need("id", id)}`;
    const code = fields.need("code", text);
    const isAutomatic = fields.need("is_automatic", flag);
    if (fields.take("is_tax_inclusive", flag) === true)
      throw new NotCarried("a promotion on amounts with tax", `${fields.at}.is_tax_inclusive`);
    // Older versions have no status: all of theirs are active.
    fields.take("status", oneOf({ active: true }));
    const isOffer = fields.need("type", oneOf({ standard: false, buyget: true }));
    const campaign = fields.asked("campaign", campaignOf(currency));
    const limit = fields.take("limit", positive);
    const used = fields.take("used", whole) ?? 0;
    const counters = [
      ...(limit === undefined ? [] : [counter(`${own}/uses`, limit, used, "shop")]),
      ...(campaign?.counters ?? []),
    ];
    const conditions = (fields.asked("rules", list(rule(currency))) ?? []).flat();
    const effect = fields.need("application_method", isOffer ? offer(currency) : discount(currency));
    const carried: Omit<Promotion, "priority"> = stated({
      id: own,
      effects: [isAutomatic ? { ...effect, reason: code } : effect],
      conditions: conditions.length > 0 ? conditions : undefined,
      coupon: isAutomatic ? undefined : own,
      window: campaign?.window,
      unitsOnce: isOffer ? true : undefined,
      ...limitsOf(counters),
    });
    return {
      isOffer,
      promotions: [carried],
      counters,
      coupons: isAutomatic ? [] : [{ code, symbol: own }],
    };
  });
}

type Campaign = { window: PromotionWindow | undefined; counters: Counter[] };

function campaignOf(currency: Currency): Read<Campaign> {
  return record((fields) => {
    fields.skip(
      "name",
      "description",
      "campaign_identifier",
      "currency",
      "created_at",
      "updated_at",
      "deleted_at",
    );
    const own = fields.need("id", id);
    const window: PromotionWindow = stated({
      from: fields.take("starts_at", moment),
      until: fields.take("ends_at", moment),
    });
    const budget = fields.take("budget", budgetOf(`medusa-${own}/budget`, currency));
    return {
      window: Object.keys(window).length === 0 ? undefined : window,
      counters: budget === undefined ? [] : [budget],
    };
  });
}

function budgetOf(allowance: string, currency: Currency): Read<Counter | undefined> {
  return record((fields) => {
    fields.skip("id", "campaign_id", "created_at", "updated_at", "deleted_at", "raw_limit", "raw_used");
    const counts = fields.need(
      "type",
      oneOf({ spend: "money", usage: "uses", use_by_attribute: "uses" } as const),
    );
    const attribute = fields.take("attribute", oneOf({ customer_id: true, customer_email: true }));
    fields.take("currency_code", counts === "money" ? checkCurrency(currency) : text);
    const amount = counts === "money" ? minorUnits(currency) : whole;
    const limit = fields.take("limit", amount);
    const used = fields.take("used", amount) ?? 0;
    if (limit === undefined) return undefined;
    return counter(
      allowance,
      limit,
      attribute === true ? undefined : used,
      attribute === true ? "customer" : "shop",
      counts,
    );
  });
}

type Method = { type: "fixed" | "percentage"; value: object };

/** What all promotions that take something off have. */
function method(fields: Fields, currency: Currency): Method {
  fields.skip(
    "id",
    "promotion",
    "promotion_id",
    "created_at",
    "updated_at",
    "deleted_at",
    "raw_value",
    "description",
  );
  const type = fields.need("type", oneOf({ fixed: "fixed", percentage: "percentage" } as const));
  if (type === "percentage") {
    fields.skip("currency_code");
    return { type, value: { percent: fields.need("value", percent) } };
  }
  fields.need("currency_code", checkCurrency(currency));
  return { type, value: { amount: fields.need("value", minorUnits(currency)) } };
}

function discount(currency: Currency): Read<Effect> {
  return record((fields) => {
    fields.skip("apply_to_quantity", "buy_rules_min_quantity", "raw_max_amount");
    const { type, value } = method(fields, currency);
    const target = fields.need(
      "target_type",
      oneOf({ items: "items", order: "order", shipping_methods: "shipping" } as const),
    );
    const allocation = fields.take("allocation", oneOf(ALLOCATIONS));
    const max = fields.take("max_quantity", positive);
    const maxAmount = fields.take("max_amount", minorUnits(currency));
    const filter = allOf((fields.asked("target_rules", list(targetRule)) ?? []).flat());
    if ((fields.take("buy_rules", list(targetRule)) ?? []).length > 0)
      throw new NotCarried(
        "rules about bought goods in a promotion that is no offer of them",
        `${fields.at}.buy_rules`,
      );
    const read = { type, value, allocation, max, maxAmount, filter, at: fields.at };
    if (target === "shipping") return offShipping(read);
    return target === "order" || allocation === "across" ? spread(read) : offUnits(read, allocation);
  });
}

const ALLOCATIONS = { each: "each", across: "across", once: "once" } as const;

/** Of a discount, whatever it is of. */
type Discount = Method & {
  allocation: keyof typeof ALLOCATIONS | undefined;
  max: number | undefined;
  maxAmount: number | undefined;
  filter: Filter | undefined;
  /** Where it stands. */
  at: string;
};

function offShipping({ type, value, allocation, maxAmount, filter, at }: Discount): Effect {
  if (filter !== undefined || maxAmount !== undefined || allocation === "once")
    throw new NotCarried("shipping that is chosen by rules, capped or discounted once", at);
  if (type === "percentage" && allocation === "across" && "percent" in value && value.percent !== "100")
    throw new NotCarried("a percentage of all shipping together, less what was taken off before", at);
  const each = type === "fixed" && allocation === "each" ? true : undefined;
  return stated({ target: "shipping", ...value, each }) as Effect;
}

/** One amount, or a percentage, off all that the filter lets through. */
function spread({ value, max, maxAmount, filter, at }: Discount): Effect {
  if (max !== undefined)
    throw new NotCarried("a number of units for a discount that is spread", `${at}.max_quantity`);
  const target = filter === undefined ? "order" : "lines";
  return stated({ target, ...value, filter, ...capOf(maxAmount) }) as Effect;
}

function offUnits(
  { value, max, maxAmount, filter, at }: Discount,
  allocation: "each" | "once" | undefined,
): Effect {
  if (allocation === undefined) throw malformed("each, across or once", undefined, `${at}.allocation`);
  // Medusa reads a missing number as one, for each line; "once" is so many in all, the cheapest first.
  const units: Units =
    allocation === "once" ? { pick: "cheapest", max: max ?? 1 } : { pick: "given", maxPerLine: max ?? 1 };
  return stated({ target: "unit", ...value, filter, units, ...capOf(maxAmount) }) as Effect;
}

function capOf(maxAmount: number | undefined) {
  return stated({ maxAmount, capSplit: maxAmount === undefined ? undefined : ("order" as const) });
}

/** So many bought, so many of the dearest that the offer is for go free. */
function offer(currency: Currency): Read<Effect> {
  return record((fields) => {
    fields.skip("allocation");
    const { value } = method(fields, currency);
    if (!("percent" in value && value.percent === "100"))
      throw new NotCarried(
        "an offer of units that are not free: versions of Medusa differ on what they cost",
        fields.at,
      );
    fields.need("target_type", oneOf({ items: true }));
    const get = fields.need("apply_to_quantity", positive);
    const quantity = fields.need("buy_rules_min_quantity", positive);
    return stated({
      target: "unit" as const,
      percent: "100",
      base: "initial" as const,
      filter: allOf((fields.asked("target_rules", list(targetRule)) ?? []).flat()),
      units: stated({
        pick: "dearest" as const,
        buy: stated({ quantity, filter: allOf(fields.need("buy_rules", list(targetRule)).flat()) }),
        get,
        max: fields.take("max_quantity", positive),
      }),
    });
  });
}

type Rule = { attribute: string; mode: "any" | "every" | "none"; values: string[]; at: string };

/** "eq" asks that a list has nothing else in it, which only an attribute of one value can be told to say. */
const ruleOf: Read<Rule> = record((fields) => {
  fields.skip("id", "description", "created_at", "updated_at", "deleted_at");
  const attribute = fields.need("attribute", text);
  const operator = fields.need("operator", oneOf({ in: "in", eq: "eq", ne: "ne" } as const));
  const values = fields.need("values", list(ruleValue));
  if (values.length === 0) throw new NotCarried("a rule without values never holds", fields.at);
  if (operator === "eq" && LISTS.has(attribute))
    throw new NotCarried(
      `"eq" of a list asks that it holds nothing else; "in" would be carried over`,
      fields.at,
    );
  return { attribute, mode: operator === "ne" ? "none" : "any", values, at: fields.at };
});

const ruleValue: Read<string> = (value, at) =>
  typeof value === "string" ? text(value, at) : text(asObject(value, at).value, `${at}.value`);

const LISTS = new Set(["customer.groups.id", "items.product.categories.id", "items.product.tags.id"]);

const CART_RULES: Readonly<Record<string, "segments" | "market" | "channel">> = {
  "customer.groups.id": "segments",
  "region.id": "market",
  sales_channel_id: "channel",
};

function rule(currency: Currency): Read<Condition[]> {
  return (value, at) => {
    const { attribute, mode, values } = ruleOf(value, at);
    if (attribute === "currency_code") {
      if (mode !== "any" || values.length > 1) throw new NotCarried("several currencies", at);
      checkCurrency(currency)(values[0], `${at}.values`);
      return [];
    }
    const match = mode === "none" ? { none: values } : values;
    if (attribute === "shipping_address.country_code" && mode === "any")
      return [{ kind: "customer", key: "shippingCountry", match }];
    const kind = Object.hasOwn(CART_RULES, attribute) ? CART_RULES[attribute] : undefined;
    if (kind === undefined) throw new NotCarried(`there is no mechanism for rules on "${attribute}"`, at);
    return [{ kind, match }];
  };
}

/** Collections, types and tags stand among the categories of a line: their ids differ from one another. */
const ITEM_RULES: Readonly<Record<string, ListField>> = {
  "items.product.id": "products",
  "items.product.categories.id": "categories",
  "items.product.collection_id": "categories",
  "items.product.type_id": "categories",
  "items.product.tags.id": "categories",
};

const targetRule: Read<Clause[]> = (value, at) => {
  const { attribute, mode, values } = ruleOf(value, at);
  const field = Object.hasOwn(ITEM_RULES, attribute) ? ITEM_RULES[attribute] : undefined;
  if (field === undefined) throw new NotCarried(`there is no mechanism for rules on "${attribute}"`, at);
  return [{ field, mode, values, at }];
};
