// The decisions among the golden vectors, which make-vectors.ts turns into files.

import {
  type DecisionRecords,
  type DecisionTotals,
  KIND_LINE_AMOUNT,
  KIND_LINES_PERCENT,
  KIND_MESSAGE,
  KIND_ORDER_AMOUNT,
  KIND_SHIPPING_PERCENT,
  NONE,
  packCurrency,
} from "@haggle/abi";

const MAX = Number.MAX_SAFE_INTEGER;

const TOTALS: DecisionTotals = {
  currency: packCurrency("EUR"),
  subtotal: 100_00,
  discountTotal: 14_90,
  shippingTotal: 0,
  total: 90_00,
};

const NOTHING: DecisionRecords = {
  lines: [],
  shipping: [],
  outcomes: [],
  offers: [],
  lineShares: [],
  shippingShares: [],
};

export const DECISIONS: Record<string, { about: string; totals: DecisionTotals; records: DecisionRecords }> =
  {
    empty: {
      about: "Nothing decided: a header.",
      totals: { ...TOTALS, subtotal: 0, discountTotal: 0, total: 0 },
      records: NOTHING,
    },
    "every-field": {
      about: "Offers of several kinds, shares of lines and shipping, and each status.",
      totals: TOTALS,
      records: {
        lines: [
          { discount: 4_00, total: 36_00 },
          { discount: 6_00, total: 54_00 },
        ],
        shipping: [{ discount: 4_90, total: 0 }],
        outcomes: [
          { status: "applied", wanted: 10_00, granted: 10_00 },
          { status: "capped", wanted: 9_90, granted: 4_90 },
          { status: "notEligible", wanted: 0, granted: 0 },
          { status: "lost", wanted: 0, granted: 0 },
          { status: "inactive", wanted: 0, granted: 0 },
        ],
        offers: [
          { promotion: 0, kind: KIND_ORDER_AMOUNT, target: NONE, reason: 1, wanted: 8_00, granted: 8_00 },
          { promotion: 0, kind: KIND_LINE_AMOUNT, target: 1, reason: 2, wanted: 2_00, granted: 2_00 },
          { promotion: 1, kind: KIND_SHIPPING_PERCENT, target: NONE, reason: 3, wanted: 9_90, granted: 4_90 },
          { promotion: 2, kind: KIND_MESSAGE, target: NONE, reason: 4, wanted: 1, granted: 0 },
          { promotion: 0, kind: KIND_LINES_PERCENT, target: NONE, reason: 0, wanted: 0, granted: 0 },
        ],
        lineShares: [
          [{ offer: 0, amount: 4_00 }],
          [
            { offer: 0, amount: 4_00 },
            { offer: 1, amount: 2_00 },
          ],
        ],
        shippingShares: [[{ offer: 2, amount: 4_90 }]],
      },
    },
    faults: {
      about: "Why promotions failed: each code that a rule can stop with.",
      totals: { ...TOTALS, discountTotal: 0, total: 100_00 },
      records: {
        ...NOTHING,
        lines: [{ discount: 0, total: 100_00 }],
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
      },
      records: {
        ...NOTHING,
        lines: [{ discount: MAX, total: 4_294_967_296 }],
        outcomes: [{ status: "applied", wanted: MAX, granted: MAX }],
        offers: [
          { promotion: 0, kind: KIND_LINE_AMOUNT, target: 0, reason: 19_999, wanted: MAX, granted: MAX },
        ],
        lineShares: [[{ offer: 0, amount: MAX }]],
      },
    },
  };
