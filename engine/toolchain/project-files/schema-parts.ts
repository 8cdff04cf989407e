// What filters, conditions and effects look like, as JSON Schema.

import {
  MAX_CLAUSES,
  MAX_LINES,
  MAX_QUANTITY,
  MAX_SLOTS,
  MAX_TAGS,
  MAX_TIERS,
  type Schema,
  schemaParts,
} from "@haggle/abi";

const COUNT: Schema = { type: "integer", minimum: 0, maximum: MAX_QUANTITY * MAX_LINES };
const QUANTITY: Schema = { type: "integer", minimum: 1, maximum: MAX_QUANTITY };

export const { FLAG, INTEGER, MOMENT, NAME, PERCENT, choice, list, record, ref, when } = schemaParts;
const { AMOUNT } = schemaParts;

const TEXTS = list(NAME, MAX_TAGS);
const LISTS: Schema = { ...record({ any: TEXTS, every: TEXTS, none: TEXTS }), minProperties: 1 };

const filter = record({
  match: choice("all", "any"),
  categories: ref("match"),
  products: ref("match"),
  skus: ref("match"),
  attributes: {
    type: "object",
    propertyNames: NAME,
    maxProperties: MAX_CLAUSES,
    additionalProperties: { oneOf: [TEXTS, LISTS, ref("range")] },
  },
  unitPrice: ref("range"),
  quantity: ref("range"),
  subscription: FLAG,
  undiscounted: { const: true },
});

/** By what a filter, a condition and an effect call them. */
export const PARTS: Record<string, Schema> = {
  match: { oneOf: [TEXTS, LISTS] },
  oneMatch: { oneOf: [TEXTS, { ...LISTS, maxProperties: 1 }] },
  range: { ...record({ min: INTEGER, max: INTEGER }), minProperties: 1 },
  filter: {
    ...filter,
    description: 'Which lines: all that is stated must hold, or one of it with `match: "any"`',
  },
};

type Kinds = readonly {
  words: readonly string[];
  fields: Record<string, Schema>;
  required?: readonly string[];
}[];

/** Objects whose fields depend on one word: an editor offers the fields of the word that stands there. */
function byWord(
  key: string,
  kinds: Kinds,
  more: (words: readonly string[]) => readonly Schema[] = () => [],
): Schema {
  const words = kinds.flatMap((kind) => kind.words);
  return {
    type: "object",
    required: [key],
    properties: { [key]: choice(...words) },
    allOf: kinds.map((kind) =>
      when(
        { properties: { [key]: choice(...kind.words) }, required: [key] },
        {
          ...record({ [key]: choice(...kind.words), ...kind.fields }, [key, ...(kind.required ?? [])]),
          ...(more(kind.words).length > 0 && { allOf: more(kind.words) }),
        },
      ),
    ),
  };
}

const OPERATOR = choice("atLeast", "atMost", "equal", "moreThan", "lessThan");
const MONEY_TEST = {
  operator: OPERATOR,
  value: AMOUNT,
  base: choice("initial", "current", "after"),
  tax: choice("gross", "net"),
};
const COUNT_TEST = { operator: OPERATOR, value: COUNT };
const TIME: Schema = {
  description: 'A time of day in quotes, such as "09:30"',
  type: "string",
  pattern: "^([01]\\d|2[0-3]):[0-5]\\d$",
};
const FILTERED = { filter: ref("filter") };
const NOT = { not: FLAG };

PARTS.condition = byWord("kind", [
  {
    words: ["goodsTotal", "cheapest", "dearest"],
    fields: { ...FILTERED, ...MONEY_TEST, ...NOT },
    required: ["value"],
  },
  {
    words: ["quantity", "lines", "lineQuantity"],
    fields: { ...FILTERED, ...COUNT_TEST, ...NOT },
    required: ["value"],
  },
  { words: ["orderTotal", "shippingTotal"], fields: { ...MONEY_TEST, ...NOT }, required: ["value"] },
  {
    words: ["segments", "tier", "channel", "market", "paymentMethod", "shippingMethod", "coupons"],
    fields: { match: ref("oneMatch"), ...NOT },
    required: ["match"],
  },
  { words: ["loggedIn"], fields: NOT },
  { words: ["orders"], fields: { ...COUNT_TEST, ...NOT }, required: ["value"] },
  {
    words: ["counter"],
    fields: { key: NAME, operator: OPERATOR, value: INTEGER, ...NOT },
    required: ["key", "value"],
  },
  { words: ["customer"], fields: { key: NAME, match: ref("oneMatch"), ...NOT }, required: ["key", "match"] },
  { words: ["timeOfDay"], fields: { from: TIME, until: TIME, ...NOT }, required: ["from", "until"] },
  {
    words: ["weekday"],
    fields: { days: list({ type: "integer", minimum: 1, maximum: 7 }, 7, 1), ...NOT },
    required: ["days"],
  },
  { words: ["period"], fields: { from: MOMENT, until: MOMENT, ...NOT } },
]);

const PICK = choice("cheapest", "dearest", "given", "largest");
const units: Schema = {
  ...record({
    pick: PICK,
    bundle: list(record({ filter: ref("filter"), quantity: QUANTITY }, ["filter", "quantity"]), MAX_SLOTS, 1),
    buy: record({ quantity: QUANTITY, filter: ref("filter"), pick: PICK }, ["quantity"]),
    get: QUANTITY,
    maxTimes: QUANTITY,
    partial: FLAG,
    reserve: choice("get", "buy"),
    per: choice("product", "sku", "line"),
    groupsOf: QUANTITY,
    skipFirst: { type: "integer", minimum: 0, maximum: MAX_QUANTITY },
    every: QUANTITY,
    over: choice("units", "lines"),
    max: QUANTITY,
    maxPerLine: QUANTITY,
  }),
  // Free goods without bought ones, or the other way round, would say half of a thing.
  allOf: [
    when({ required: ["buy"] }, { required: ["get"] }),
    when({ required: ["get"] }, { required: ["buy"] }),
  ],
};

/** Exactly one of them says what an effect, or a step, is worth. */
function oneOf(...keys: readonly string[]): Schema {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}

function steps(key: string, value: Schema): Schema {
  return list(record({ from: AMOUNT, [key]: value }, ["from", key]), MAX_TIERS, 1);
}

const STEPS: Schema = { oneOf: [steps("percent", PERCENT), steps("amount", AMOUNT), steps("price", AMOUNT)] };

/** `by` what steps are measured, as far as the target of the effect knows it. */
function tiers(by: readonly string[], marginalBy: string | undefined): Schema {
  const whole = record({ by: choice(...by), mode: choice("whole"), steps: STEPS }, ["by", "steps"]);
  if (marginalBy === undefined) return whole;
  const marginal = record(
    { by: choice(marginalBy), mode: { const: "marginal" }, steps: steps("percent", PERCENT) },
    ["by", "mode", "steps"],
  );
  return {
    type: "object",
    properties: { mode: choice("whole", "marginal") },
    allOf: [
      when({ properties: { mode: { const: "marginal" } }, required: ["mode"] }, marginal),
      when({ not: { properties: { mode: { const: "marginal" } }, required: ["mode"] } }, whole),
    ],
  };
}

PARTS.units = units;
PARTS.unitTiers = tiers(["goods", "total", "quantity", "lineTotal", "lineQuantity"], undefined);
PARTS.lineTiers = tiers(["goods", "total", "quantity", "lineTotal", "lineQuantity"], "lineTotal");
PARTS.togetherTiers = tiers(["goods", "total", "quantity"], "total");

const BASE = choice("initial", "current");

function goods(tiersName: string): Record<string, Schema> {
  return {
    percent: PERCENT,
    amount: AMOUNT,
    price: { oneOf: [AMOUNT, record({ of: ref("filter") }, ["of"])] },
    tiers: ref(tiersName),
    filter: ref("filter"),
    units: ref("units"),
    base: BASE,
    split: choice("proportional", "quantity", "even"),
    maxAmount: AMOUNT,
    maxPerLine: AMOUNT,
    maxPerUnit: AMOUNT,
    capSplit: choice("wanted", "totals", "order"),
    reason: NAME,
  };
}

const VALUES: Record<string, Schema> = {
  goods: oneOf("percent", "amount", "price", "tiers"),
  shipping: oneOf("percent", "amount", "price"),
  side: oneOf("percent", "amount"),
};

PARTS.effect = byWord(
  "target",
  [
    { words: ["unit"], fields: goods("unitTiers") },
    { words: ["line"], fields: goods("lineTiers") },
    { words: ["lines", "order"], fields: goods("togetherTiers") },
    {
      words: ["shipping"],
      fields: {
        percent: PERCENT,
        amount: AMOUNT,
        price: AMOUNT,
        methods: TEXTS,
        each: FLAG,
        base: BASE,
        maxAmount: AMOUNT,
        reason: NAME,
      },
    },
    {
      words: ["gift"],
      fields: {
        sku: NAME,
        productId: NAME,
        unitPrice: AMOUNT,
        quantity: QUANTITY,
        perUnit: FLAG,
        filter: ref("filter"),
        percent: PERCENT,
        discountPresent: FLAG,
        reason: NAME,
      },
      required: ["sku", "productId", "unitPrice", "quantity"],
    },
    {
      words: ["points", "cashback", "message"],
      fields: { percent: PERCENT, amount: AMOUNT, filter: ref("filter"), reason: NAME },
    },
  ],
  ([word]) => {
    if (word === "gift") return [];
    return [VALUES[word === "shipping" ? word : word === "points" ? "side" : "goods"]!];
  },
);
