// The hand-made promotion tables of the golden vectors. make-vectors.ts turns them into files; no test reads this.

import { DEFAULT_POLICY, type Filter, type ParameterSchema } from "@haggle/abi";
import { type Inputs, MAX, NOW } from "./abi-carts.ts";
import { ALL_READS, type TableVector } from "./abi-vectors.ts";

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
