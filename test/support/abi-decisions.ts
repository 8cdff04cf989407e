// The decisions among the golden vectors, which make-vectors.ts turns into files.

import {
  DECISION_GREEDY,
  DECISION_MARGIN,
  type DecisionRecords,
  type DecisionTotals,
  packCurrency,
  TARGET_GIFT,
  TARGET_LINE,
  TARGET_MESSAGE,
  TARGET_ORDER,
  TARGET_SHIPPING,
  TARGET_UNIT,
  TYPE_AMOUNT,
  TYPE_PERCENT,
} from "@haggle/abi";

const MAX = Number.MAX_SAFE_INTEGER;

const TOTALS: DecisionTotals = {
  currency: packCurrency("EUR"),
  subtotal: 100_00,
  discountTotal: 14_90,
  shippingTotal: 0,
  total: 90_00,
  taxTotal: 0,
  cash: 0,
  flags: 0,
};

const NOTHING: DecisionRecords = {
  lines: [],
  shipping: [],
  outcomes: [],
  offers: [],
  lineShares: [],
  shippingShares: [],
  added: [],
  claims: [],
};

export const DECISIONS: Record<string, { about: string; totals: DecisionTotals; records: DecisionRecords }> =
  {
    empty: {
      about: "Nothing decided: a header.",
      totals: { ...TOTALS, subtotal: 0, discountTotal: 0, total: 0 },
      records: NOTHING,
    },
    "every-field": {
      about: "Offers of several targets, shares of lines and shipping, a gift, claims, and each status.",
      totals: { ...TOTALS, taxTotal: 14_37, cash: -2, flags: DECISION_GREEDY | DECISION_MARGIN },
      records: {
        lines: [
          { discount: 4_00, total: 36_00, tax: 5_75 },
          { discount: 6_00, total: 54_00, tax: 8_62 },
        ],
        shipping: [{ discount: 4_90, total: 0, tax: 0 }],
        outcomes: [
          { status: "applied", wanted: 10_00, granted: 10_00 },
          { status: "capped", wanted: 9_90, granted: 4_90 },
          { status: "notEligible", wanted: 0, granted: 0 },
          { status: "notEligible", wanted: 0, granted: 0, condition: 2 },
          { status: "lost", wanted: 0, granted: 0, lostTo: 0 },
          { status: "stopped", wanted: 0, granted: 0, lostTo: 1 },
          { status: "exhausted", wanted: 0, granted: 0 },
          { status: "inactive", wanted: 0, granted: 0 },
        ],
        offers: [
          { promotion: 0, target: TARGET_ORDER, type: TYPE_AMOUNT, reason: 1, wanted: 8_00, granted: 8_00 },
          { promotion: 0, target: TARGET_UNIT, type: TYPE_AMOUNT, reason: 2, wanted: 2_00, granted: 2_00 },
          {
            promotion: 1,
            target: TARGET_SHIPPING,
            type: TYPE_PERCENT,
            reason: 3,
            wanted: 9_90,
            granted: 4_90,
          },
          { promotion: 2, target: TARGET_MESSAGE, type: TYPE_AMOUNT, reason: 4, wanted: 1, granted: 0 },
          { promotion: 0, target: TARGET_GIFT, type: TYPE_PERCENT, reason: 0, wanted: 0, granted: 0 },
        ],
        lineShares: [
          [{ offer: 0, amount: 4_00, units: 2, first: 0 }],
          [
            { offer: 0, amount: 4_00, units: 3, first: 0 },
            { offer: 1, amount: 2_00, units: 1, first: 2 },
          ],
        ],
        shippingShares: [[{ offer: 2, amount: 4_90, units: 1, first: 0 }]],
        added: [{ offer: 4, sku: 5, product: 6, quantity: 2, unitPrice: 3_00, discount: 6_00 }],
        claims: [
          { promotion: 0, allowance: 7, amount: 10_00 },
          { promotion: 1, allowance: 8, amount: 1 },
        ],
      },
    },
    faults: {
      about: "Why promotions failed: each code that a rule can stop with.",
      totals: { ...TOTALS, discountTotal: 0, total: 100_00 },
      records: {
        ...NOTHING,
        lines: [{ discount: 0, total: 100_00, tax: 0 }],
        lineShares: [[]],
        outcomes: (
          [
            "ENGINE_RULE_FUEL",
            "ENGINE_RULE_TRAP",
            "ENGINE_RULE_STACK",
            "ENGINE_RULE_MONEY",
            "ENGINE_RULE_EFFECTS",
          ] as const
        ).map((error) => ({ status: "failed" as const, wanted: 0, granted: 0, error })),
      },
    },
    extremes: {
      about: "2^53 - 1 in every amount.",
      totals: {
        currency: packCurrency("ZWG"),
        subtotal: MAX,
        discountTotal: MAX,
        shippingTotal: MAX,
        total: MAX,
        taxTotal: MAX,
        cash: -MAX,
        flags: 0,
      },
      records: {
        ...NOTHING,
        lines: [{ discount: MAX, total: 4_294_967_296, tax: MAX }],
        outcomes: [{ status: "applied", wanted: MAX, granted: MAX }],
        offers: [
          { promotion: 0, target: TARGET_LINE, type: TYPE_AMOUNT, reason: 59_999, wanted: MAX, granted: MAX },
        ],
        lineShares: [[{ offer: 0, amount: MAX, units: 1_000_000, first: 0 }]],
        claims: [{ promotion: 0, allowance: 1, amount: MAX }],
      },
    },
  };
