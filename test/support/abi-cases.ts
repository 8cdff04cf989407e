// The hand-made inputs of the golden vectors, decisions apart. make-vectors.ts turns them into files; no test reads this.

import {
  type Cart,
  type CartLine,
  DEFAULT_POLICY,
  type Filter,
  type ParameterSchema,
  READS_CATEGORIES,
  READS_CUSTOMER_ATTRIBUTES,
  READS_GROUPS,
  READS_LINE_ATTRIBUTES,
  READS_PRODUCT,
  READS_SEGMENTS,
  READS_SKU,
} from "@haggle/abi";
import type { CartVector, TableVector } from "./abi-vectors.ts";

type Inputs<T, Made extends keyof T> = Record<string, Omit<T, Made>>;

const MAX = Number.MAX_SAFE_INTEGER;
const NOW = 1_790_000_000_000;
const ALL_READS =
  READS_CATEGORIES |
  READS_SKU |
  READS_PRODUCT |
  READS_LINE_ATTRIBUTES |
  READS_SEGMENTS |
  READS_CUSTOMER_ATTRIBUTES |
  READS_GROUPS;

const EMPTY: Cart = { id: "c1", currency: "EUR", now: NOW, lines: [], shipping: [], coupons: [] };
const LINE: CartLine = {
  id: "l1",
  sku: "shirt-m",
  productId: "shirt",
  categories: ["clothes"],
  quantity: 2,
  unitPrice: 19_99,
};

export const CARTS: Inputs<CartVector, "bytes" | "sees"> = {
  empty: { about: "Nothing in it: a header and no records.", cart: EMPTY, symbols: [], reads: ALL_READS },
  "every-field": {
    about: "Each field of a cart once, each with something that a rule compares with.",
    symbols: [
      "web",
      "de",
      "Europe/Berlin",
      "card",
      "shirt-m",
      "shirt",
      "clothes",
      "sale",
      "color",
      "red",
    ].concat(["weight", "gift", "vip", "gold", "age", "city", "Lyon", "WELCOME10", "budget-1", "express"]),
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      channel: "web",
      market: "de",
      timeZone: "Europe/Berlin",
      paymentMethod: "card",
      lines: [
        {
          ...LINE,
          categories: ["clothes", "sale"],
          unitCost: 8_00,
          minUnitPrice: 10_00,
          taxRate: "19",
          subscription: true,
          attributes: { color: "red", weight: -250, gift: true },
        },
      ],
      shipping: [{ id: "s1", method: "express", price: 4_90, taxRate: "7.7" }],
      customer: {
        id: "u1",
        segments: ["vip"],
        tier: "gold",
        loggedIn: true,
        orders: 12,
        attributes: { age: 41, city: "Lyon", gift: false },
      },
      coupons: ["WELCOME10"],
      allowances: { "budget-1": 500_00 },
    },
  },
  "merged-lines": {
    about:
      "Lines that differ in id and quantity alone are one record; order, ids and category order do not matter.",
    symbols: ["clothes", "sale"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      lines: [
        { ...LINE, id: "l3", categories: ["sale", "clothes"], quantity: 1 },
        { ...LINE, id: "l1", unitPrice: 20_00 },
        { ...LINE, id: "l2", categories: ["clothes", "sale"], quantity: 4 },
        { ...LINE, id: "l4", categories: ["sale", "clothes"], quantity: 2, taxRate: "19" },
      ],
    },
  },
  "unknown-strings": {
    about: "Strings that nothing compares with are symbol 0, or are left out of lists; numbers stay.",
    symbols: ["clothes", "color", "vip"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      channel: "kiosk",
      market: "xx",
      lines: [
        {
          ...LINE,
          categories: ["zzz", "clothes", "yyy", "clothes"],
          attributes: { color: "mauve", size: 3 },
        },
      ],
      shipping: [{ id: "s1", method: "pigeon", price: 0 }],
      customer: {
        id: "u1",
        segments: ["nobody", "vip"],
        tier: "x",
        loggedIn: false,
        orders: 0,
        attributes: { z: 1 },
      },
      coupons: ["NO_SUCH_CODE"],
      allowances: { nothing: 5 },
    },
  },
  "nothing-read": {
    about: "What no rule reads is not encoded.",
    symbols: ["clothes", "shirt-m", "shirt", "color", "red", "vip", "age"],
    reads: 0,
    cart: {
      ...EMPTY,
      lines: [{ ...LINE, attributes: { color: "red" } }],
      customer: { id: "u1", segments: ["vip"], loggedIn: true, orders: 3, attributes: { age: 41 } },
    },
  },
  "lines-as-given": {
    about: "Where the policy wants lines as given, they are neither sorted nor merged.",
    symbols: ["clothes"],
    reads: ALL_READS,
    lines: "asGiven",
    cart: {
      ...EMPTY,
      lines: [
        { ...LINE, id: "l1", unitPrice: 20_00 },
        { ...LINE, id: "l2", quantity: 1 },
        { ...LINE, id: "l3", quantity: 4 },
      ],
    },
  },
  extremes: {
    about:
      "The largest numbers that a cart may hold: 2^53 - 1 in all its places, both halves of an i64 at their edges.",
    symbols: ["n", "m", "b"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      currency: "KWD",
      now: MAX,
      lines: [
        {
          ...LINE,
          id: "a",
          quantity: 1,
          unitPrice: MAX - 4_294_967_296,
          unitCost: MAX,
          minUnitPrice: 4_294_967_295,
        },
        { ...LINE, id: "b", quantity: 1, unitPrice: 4_294_967_296, attributes: { n: MAX, m: -MAX } },
        {
          ...LINE,
          id: "c",
          quantity: 1_000_000,
          unitPrice: 0,
          taxRate: "100",
          attributes: { n: -1, m: -4_294_967_296 },
        },
      ],
      shipping: [{ id: "s1", method: "m", price: 0, taxRate: "0.0001" }],
      customer: {
        id: "u1",
        segments: [],
        loggedIn: true,
        orders: 1_000_000,
        attributes: { n: 2_147_483_648 },
      },
      allowances: { b: MAX },
    },
  },
  groups: {
    about:
      "Skus and products are numbered in canonical order: cheapest first, whatever the order of the cart.",
    symbols: ["shirt"],
    reads: READS_GROUPS | READS_SKU | READS_PRODUCT,
    cart: {
      ...EMPTY,
      currency: "JPY",
      lines: [
        { ...LINE, id: "a", sku: "z", productId: "coat", unitPrice: 900 },
        { ...LINE, id: "b", sku: "y", productId: "shirt", unitPrice: 300 },
        { ...LINE, id: "c", sku: "x", productId: "shirt", unitPrice: 300 },
        { ...LINE, id: "d", sku: "y", productId: "shirt", unitPrice: 500 },
      ],
    },
  },
  "names-of-objects": {
    about: "Keys that mean something to JavaScript mean nothing here, and strings may be any UTF-16.",
    symbols: ["constructor", "__proto__", "满减", "\ud83d\ude00"],
    reads: ALL_READS,
    cart: {
      ...EMPTY,
      lines: [
        {
          ...LINE,
          sku: "满减",
          categories: ["__proto__", "\ud83d\ude00", "toString"],
          attributes: JSON.parse('{"__proto__": 3, "constructor": "满减", "toString": 1}'),
        },
      ],
      allowances: JSON.parse('{"__proto__": 7, "hasOwnProperty": 1}'),
    },
  },
};

const parameter = (
  type: ParameterSchema["x-haggle-type"],
  json: ParameterSchema["type"],
  standard: ParameterSchema["default"],
): ParameterSchema => ({ type: json, default: standard, "x-haggle-type": type });

/** The class `Parameters` of probe.rule.ts. */
const EVERY_TYPE = {
  name: "every-type",
  parameters: {
    type: "object",
    additionalProperties: false,
    properties: {
      first: parameter("boolean", "boolean", true),
      amount: parameter("money", "integer", 300_00),
      second: parameter("boolean", "boolean", false),
      percent: parameter("percent", "string", "12.5"),
      count: parameter("integer", "integer", -3),
      name: parameter("symbol", "string", "gold"),
      third: parameter("boolean", "boolean", true),
      some: parameter("tags", "array", ["shoes", "bags"]),
      any: parameter("tags", "array", null),
    },
  },
} as const satisfies TableVector["rules"][number];

const PLAIN = {
  name: "plain",
  parameters: { type: "object", additionalProperties: false, properties: {} },
} as const satisfies TableVector["rules"][number];

const EVERY_CLAUSE: Filter = {
  categories: { any: ["clothes"], none: ["sale"] },
  products: { every: ["shirt"] },
  skus: ["shirt-m"],
  attributes: { color: ["red"], weight: { min: -250, max: 250 } },
  unitPrice: { min: 1 },
  quantity: { max: 9 },
  subscription: false,
  undiscounted: true,
};

const EVERY_BUT: Pick<TableVector, "rules" | "policy" | "reads"> = {
  rules: [PLAIN, EVERY_TYPE],
  policy: DEFAULT_POLICY,
  reads: ALL_READS,
};

export const TABLES: Inputs<TableVector, "bytes" | "interned" | "sees"> = {
  empty: { ...EVERY_BUT, about: "No promotion.", symbols: ["a"], promotions: [] },
  defaults: {
    ...EVERY_BUT,
    about:
      "A promotion that gives nothing has the rule's defaults; strings that the bundle lacks get new symbols.",
    symbols: ["bags"],
    promotions: [{ id: "a", rule: "every-type", priority: 0 }],
  },
  "every-field": {
    ...EVERY_BUT,
    about: "Each field of a promotion with a rule, each type of parameter; sorted by the policy.",
    symbols: ["gold", "shoes"],
    policy: {
      ...DEFAULT_POLICY,
      lanes: ["pre"],
      groups: { once: { mode: "first" }, all: { mode: "best", per: "line", ties: "last", parent: "once" } },
    },
    promotions: [
      { id: "b", rule: "plain", priority: -5, group: "often" },
      { id: "z", rule: "plain", priority: 2, group: "once", exclusive: true, stopAfter: true },
      { id: "a", rule: "plain", priority: 2, group: "all", serverOnly: true, phase: "shipping" },
      { id: "p", rule: "plain", priority: 0, lane: "pre", linked: true, unitsOnce: true },
      {
        id: "c",
        rule: "every-type",
        priority: 7,
        window: { from: NOW, until: NOW + 1 },
        coupon: "WELCOME10",
        limits: [
          { allowance: "spring", counts: "money" },
          { allowance: "uses", counts: "uses" },
          { allowance: "pieces", counts: "units" },
        ],
        undiscounted: true,
        unlock: true,
        parameters: {
          first: false,
          amount: -1,
          second: true,
          percent: "0.0001",
          count: 7,
          name: "silver",
          third: false,
          some: ["toys", "shoes", "toys"],
          any: [],
        },
      },
    ],
  },
  conditions: {
    ...EVERY_BUT,
    about: "Each kind of condition and each clause of a filter.",
    symbols: [],
    reads: 0,
    promotions: [
      {
        id: "a",
        rule: "plain",
        priority: 0,
        conditions: [
          { kind: "goodsTotal", value: 50_00, base: "after", tax: "gross", filter: EVERY_CLAUSE },
          { kind: "quantity", operator: "moreThan", value: 3, filter: { match: "any", skus: ["shirt-m"] } },
          { kind: "lines", operator: "equal", value: 2 },
          { kind: "lineQuantity", operator: "atMost", value: 9, not: true },
          { kind: "orderTotal", operator: "lessThan", value: MAX, base: "current", tax: "net" },
          { kind: "shippingTotal", value: 0, base: "initial" },
          { kind: "cheapest", value: 1 },
          { kind: "dearest", value: 2 },
          { kind: "segments", match: { none: ["staff"] } },
          { kind: "tier", match: ["gold", "silver"] },
          { kind: "loggedIn", not: true },
          { kind: "orders", value: 2 },
          { kind: "counter", key: "visits", operator: "equal", value: -MAX },
          { kind: "customer", key: "city", match: { every: ["Lyon"] } },
          { kind: "channel", match: ["web"] },
          { kind: "market", match: ["de"] },
          { kind: "paymentMethod", match: ["card"] },
          { kind: "shippingMethod", match: ["express"] },
          { kind: "coupons", match: [] },
          { kind: "timeOfDay", from: "22:30", until: "06:00" },
          { kind: "weekday", days: [1, 6, 7] },
          { kind: "period", from: NOW, until: NOW + 1 },
        ],
      },
    ],
  },
  effects: {
    ...EVERY_BUT,
    about: "Each target and type of an effect, and all that an effect can say beyond them.",
    symbols: [],
    reads: 0,
    promotions: [
      {
        id: "a",
        priority: 0,
        effects: [
          { target: "order", percent: "10" },
          { target: "unit", amount: 5, filter: { categories: ["clothes"] }, reason: "FIVE" },
          {
            target: "unit",
            percent: "100",
            filter: { categories: ["clothes"] },
            units: {
              pick: "given",
              buy: { quantity: 2, filter: { skus: ["shirt-m"] }, pick: "largest" },
              get: 1,
              maxTimes: 3,
              partial: true,
              reserve: "buy",
              per: "product",
              groupsOf: 4,
              skipFirst: 5,
              every: 6,
              over: "lines",
              max: 7,
              maxPerLine: 8,
            },
            base: "current",
            split: "even",
            maxAmount: 9,
            maxPerLine: 10,
            maxPerUnit: MAX,
            capSplit: "order",
          },
          {
            target: "lines",
            price: 100_00,
            units: {
              bundle: [
                { filter: { skus: ["shirt-m"] }, quantity: 2 },
                { filter: { products: ["hat"] }, quantity: 1 },
              ],
            },
          },
          {
            target: "order",
            tiers: {
              by: "total",
              mode: "marginal",
              steps: [
                { from: 0, percent: "5" },
                { from: 100_00, percent: "7.5" },
              ],
            },
          },
          { target: "line", tiers: { by: "lineQuantity", steps: [{ from: 3, price: 4 }] } },
          { target: "unit", price: { of: { skus: ["hat-s"] } } },
          { target: "shipping", amount: 3, each: true, methods: ["express"], base: "initial", maxAmount: 4 },
          {
            target: "gift",
            sku: "cap",
            productId: "caps",
            unitPrice: 9_00,
            quantity: 2,
            perUnit: true,
            percent: "50",
            discountPresent: true,
          },
          { target: "points", percent: "1" },
          { target: "cashback", amount: 2 },
          { target: "message", amount: 3, reason: "MORE" },
        ],
      },
    ],
  },
  policy: {
    ...EVERY_BUT,
    about: "Each field of a policy with another value than the default, and time zones by name.",
    symbols: [],
    promotions: [],
    policy: {
      ...DEFAULT_POLICY,
      lines: "asGiven",
      percentBase: "current",
      thresholdBase: "current",
      rounding: { amount: "down", share: "halfEven", catalog: "halfDown", tax: "up", percentOf: "unit" },
      split: "quantity",
      splitBase: "initial",
      splitGross: true,
      partBase: "reduced",
      remainder: "last",
      respread: false,
      tax: { prices: "gross", per: "rate" },
      short: "dropShare",
      marginFloor: { basisPoints: 2_550, unknownCost: "ignoreLine" },
      cash: { step: 5, rounding: "halfEven" },
      timeZones: {
        "Europe/Berlin": [
          { from: -MAX, offset: 60 },
          { from: NOW, offset: 120 },
        ],
        "America/Lima": [{ from: 0, offset: -300 }],
      },
    },
  },
  extremes: {
    ...EVERY_BUT,
    about: "The largest and least values of each field.",
    symbols: [],
    promotions: [
      {
        id: "a",
        rule: "every-type",
        priority: 2_147_483_647,
        window: { from: 0, until: MAX },
        parameters: { amount: MAX, percent: "100", count: 2_147_483_647, some: null },
      },
      {
        id: "b",
        rule: "every-type",
        priority: -2_147_483_648,
        window: { from: MAX },
        parameters: { amount: -MAX, percent: "0", count: -2_147_483_648 },
      },
    ],
  },
};
