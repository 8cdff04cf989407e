// Vendure: promotions of the Admin API, whose conditions and actions are operations with arguments as texts.

import type { Condition, Effect, Promotion } from "@haggle/abi";
import { stated } from "../vocabulary/read.ts";
import { type Currency, hundredths, percent } from "./amounts.ts";
import { checkDraft, counter, type Draft, type Drafts, limitsOf, readEach, type Source } from "./drafts.ts";
import {
  asObject,
  entriesOf,
  type Fields,
  flag,
  id,
  label,
  list,
  malformed,
  moment,
  NotCarried,
  positive,
  type Read,
  record,
  text,
} from "./reading.ts";

type VendureDraft = Draft & { score: number };

export function importVendure(value: unknown, { currency, policies }: Source): Drafts {
  const file = asObject(value, "");
  const [root, path] = file.data === undefined ? [file, ""] : [asObject(file.data, "data"), "data."];
  const at = `${path}promotions`;
  const entries = entriesOf(root.promotions, at);
  const total = Array.isArray(root.promotions) ? undefined : asObject(root.promotions, at).totalItems;
  if (total !== undefined && total !== entries.length)
    throw malformed(`all ${total} promotions; raise "take" of the query`, entries.length, at);
  const { found, missing } = readEach(entries, (entry, place) =>
    checkDraft(promotion(currency)(entry, place), place),
  );
  // The order of Vendure: ascending scores. It does not say what comes first of equal ones.
  const drafts = found.map(({ draft }) => draft).sort((a, b) => a.score - b.score);
  if (drafts.length > 1) {
    const reason =
      "Vendure does not say in which order it applies promotions of equal score; here it is that of the file";
    missing.push({ at, reason, kept: true });
  }
  if (currency === undefined) {
    const reason =
      "Vendure does not say the currency: amounts are taken as hundredths, unless --currency says another";
    missing.push({ at, reason, kept: true });
  }
  return { drafts, policy: policies.vendure!, missing };
}

function promotion(currency: Currency): Read<VendureDraft> {
  return record((fields) => {
    fields.skip(
      "createdAt",
      "updatedAt",
      "deletedAt",
      "description",
      "translations",
      "customFields",
      "priorityScore",
    );
    const own = `vendure-${fields.need("id", id)}`;
    const title = fields.take("name", label);
    if (!fields.need("enabled", flag)) throw new NotCarried("it is not enabled", `${fields.at}.enabled`);
    const code = fields.asked("couponCode", label);
    const window = stated({ from: fields.asked("startsAt", moment), until: fields.asked("endsAt", moment) });
    const perCustomer = fields.asked("perCustomerUsageLimit", positive);
    // Older versions have none to ask for.
    const isLimitAsked = fields.names("usageLimit");
    const uses = fields.take("usageLimit", positive);
    const read = fields.need("conditions", list(operation(CONDITIONS, currency)));
    const conditions = read.flatMap(({ conditions }) => conditions);
    const offer = read.find(({ offer }) => offer !== undefined)?.offer;
    const actions = fields.need("actions", list(operation(actionsWith(offer), currency)));
    if (actions.length === 0) throw new NotCarried("it takes nothing off", `${fields.at}.actions`);
    const parts = split(actions);
    const promotions = parts.map(([part, effects]) => {
      const name = parts.length === 1 ? own : `${own}/${part}`;
      const counters = [
        ...(uses === undefined ? [] : [counter(`${name}/uses`, uses, undefined, "shop")]),
        ...(perCustomer === undefined
          ? []
          : [counter(`${name}/customer`, perCustomer, undefined, "customer")]),
      ];
      const carried: Omit<Promotion, "priority"> = stated({
        id: name,
        effects: effects.map((effect) =>
          stated({ ...effect, reason: code === undefined ? title : undefined }),
        ),
        conditions: conditions.length > 0 ? conditions : undefined,
        coupon: code === undefined ? undefined : own,
        window: Object.keys(window).length > 0 ? window : undefined,
        ...limitsOf(counters),
      });
      return { carried, counters };
    });
    return {
      score: read.reduce((sum, { score = 0 }) => sum + score, 0),
      promotions: promotions.map(({ carried }) => carried),
      counters: promotions.flatMap(({ counters }) => counters),
      coupons: code === undefined ? [] : [stated({ code, symbol: own, title })],
      notes: isLimitAsked
        ? []
        : [{ at: fields.at, reason: "the export does not say usageLimit; without it there is no limit" }],
    };
  });
}

/** Vendure applies the actions on lines, on the order and on shipping of all promotions in this order. */
function split(actions: readonly Effect[]): [part: string, effects: Effect[]][] {
  const parts = new Map<string, Effect[]>();
  for (const effect of actions) {
    const part = effect.target === "order" || effect.target === "shipping" ? effect.target : "line";
    parts.set(part, [...(parts.get(part) ?? []), effect]);
  }
  return [...parts];
}

/** Reads the arguments of one operation. */
type Operation<T> = (args: Fields, currency: Currency) => T;

/** An operation by its code; those of plugins are code, which nothing but their shop can run. */
function operation<T>(known: Readonly<Record<string, Operation<T>>>, currency: Currency): Read<T> {
  return record((fields) => {
    const code = fields.need("code", text);
    const given = fields.need("args", list(argument));
    const at = `${fields.at}.args`;
    if (!Object.hasOwn(known, code))
      throw new NotCarried(`there is no mechanism for the operation "${code}"`, `${fields.at}.code`);
    return record((args) => known[code]!(args, currency))(Object.fromEntries(given), at);
  });
}

const argument: Read<[name: string, value: string]> = record((fields) => [
  fields.need("name", text),
  fields.need("value", (value, at) => {
    if (typeof value !== "string") throw malformed("a text, as arguments are", value, at);
    return value;
  }),
]);

/** Lists of ids are JSON in a text. */
const ids: Read<string[]> = (value, at) => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text(value, at));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed("a list of ids as JSON", value, at);
  }
  return list(id)(parsed, at);
};

const truth: Read<boolean> = (value, at) => {
  if (value !== "true" && value !== "false") throw malformed('"true" or "false"', value, at);
  return value === "true";
};

type Offer = { skus: string[]; quantity: number };
type Gate = { conditions: Condition[]; score?: number; offer?: Offer };

const CONDITIONS: Readonly<Record<string, Operation<Gate>>> = {
  // The only built-in operation with a score: what asks for a total comes after what lowers it.
  minimum_order_amount: (args, currency) => ({
    score: 10,
    conditions: [
      {
        kind: "goodsTotal",
        value: args.need("amount", hundredths(currency)),
        base: "current",
        tax: args.need("taxInclusive", truth) ? "gross" : "net",
      },
    ],
  }),
  contains_products: (args) => ({
    conditions: [
      {
        kind: "quantity",
        filter: { skus: args.need("productVariantIds", ids) },
        value: args.need("minimum", positive),
      },
    ],
  }),
  at_least_n_with_facets: (args) => ({
    conditions: [{ kind: "quantity", filter: withFacets(args), value: args.need("minimum", positive) }],
  }),
  customer_group: (args) => ({
    conditions: [{ kind: "segments", match: [args.need("customerGroupId", id)] }],
  }),
  buy_x_get_y_free: (args) => ({
    conditions: [
      {
        kind: "quantity",
        filter: { skus: args.need("variantIdsX", ids) },
        value: args.need("amountX", positive),
      },
    ],
    offer: { skus: args.need("variantIdsY", ids), quantity: args.need("amountY", positive) },
  }),
};

function actionsWith(offer: Offer | undefined): Readonly<Record<string, Operation<Effect>>> {
  return {
    ...ACTIONS,
    // So many free, once, the cheapest first; a bought unit may be one of them.
    buy_x_get_y_free: (args) => {
      if (offer === undefined)
        throw new NotCarried("an offer without the condition that says what is bought", args.at);
      const { skus, quantity } = offer;
      return { target: "unit", percent: "100", filter: { skus }, units: { pick: "cheapest", max: quantity } };
    },
  };
}

const ACTIONS: Readonly<Record<string, Operation<Effect>>> = {
  order_percentage_discount: (args) => ({ target: "order", percent: args.need("discount", percent) }),
  order_fixed_discount: (args, currency) => ({
    target: "order",
    amount: args.need("discount", hundredths(currency)),
  }),
  order_line_fixed_discount: (args, currency) => ({
    target: "line",
    amount: args.need("discount", hundredths(currency)),
  }),
  products_percentage_discount: (args) => ({
    target: "unit",
    percent: args.need("discount", percent),
    filter: { skus: args.need("productVariantIds", ids) },
  }),
  facet_based_discount: (args) => ({
    target: "unit",
    percent: args.need("discount", percent),
    filter: withFacets(args),
  }),
  free_shipping: () => ({ target: "shipping", percent: "100" }),
};

/** All of the facet values, which stand among the categories of a line. */
function withFacets(args: Fields) {
  const every = args.need("facets", ids);
  if (every.length === 0) throw new NotCarried("no facets, which all goods have", `${args.at}.facets`);
  return { categories: { every } };
}
