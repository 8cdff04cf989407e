// A share that cannot be, one word at a time: what no sum betrays is refused by the word itself, listed or not.

import {
  type Asked,
  checkDecision,
  DECISION,
  DECISION_SHARES,
  encodeDecision,
  MAX_I32,
  packCurrency,
  SHARE_FIRST,
  SHARE_OFFER,
  SHARE_TARGET,
  SHARE_UNITS,
  type ShareLists,
  TARGET_LINE,
  TYPE_AMOUNT,
} from "@haggle/abi";
import { describe, expect, it } from "vitest";

const currency = packCurrency("EUR");
const COUNTS = { lines: 1, shipping: 0, promotions: 1, symbols: 1 };
const ASKED: Asked = {
  currency,
  prices: Float64Array.of(10),
  quantities: Int32Array.of(3),
  isNet: false,
  cashStep: 1,
};

function makeWords(): Int32Array {
  const offer = { promotion: 0, target: TARGET_LINE, type: TYPE_AMOUNT, reason: 1, wanted: 4, granted: 4 };
  const totals = { subtotal: 10, discountTotal: 4, shippingTotal: 0, total: 6, taxTotal: 0, cash: 0 };
  const bytes = encodeDecision(
    { currency, flags: 0, ...totals },
    {
      lines: [{ discount: 4, total: 6, tax: 0 }],
      shipping: [],
      outcomes: [{ status: "applied", wanted: 4, granted: 4 }],
      offers: [offer],
      lineShares: [[{ offer: 0, amount: 4, units: 2, first: 1 }]],
      shippingShares: [],
      added: [],
      claims: [],
    },
  );
  return new Int32Array(bytes.buffer);
}

const makeLists = (): ShareLists => ({ byRecord: [undefined], id: () => "half", text: () => "HALF" });

describe("a share", () => {
  it("is listed by its record, with the names of its offer", () => {
    const lists = makeLists();
    checkDecision(makeWords(), COUNTS, ASKED, lists);
    expect(lists.byRecord).toEqual([[{ promotion: "half", amount: 4, reason: "HALF", units: 2 }]]);
  });

  const words: [name: string, field: number, wrong: number[]][] = [
    ["offer", SHARE_OFFER, [-1, 1, MAX_I32, -MAX_I32 - 1]],
    ["target", SHARE_TARGET, [-1, 1, MAX_I32, -MAX_I32 - 1]],
    ["units", SHARE_UNITS, [-1, 3, 4, MAX_I32]],
    ["first unit", SHARE_FIRST, [-1, 2, 3, MAX_I32]],
  ];

  it.each(words)("is refused where its %s is none", (_, field, wrong) => {
    for (const value of wrong) {
      for (const lists of [undefined, makeLists()]) {
        const spoilt = makeWords();
        const at = spoilt[DECISION_SHARES >> 2]! - DECISION;
        spoilt[(at + field) >> 2] = value;
        const check = () => checkDecision(spoilt, COUNTS, ASKED, lists);
        expect(check, String(value)).toThrow(
          expect.objectContaining({ code: "ENGINE_DECISION_INVALID", at }),
        );
      }
    }
  });
});
