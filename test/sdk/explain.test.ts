// Decisions in words: every status, in both languages.

import type { Promotion } from "@haggle/abi";
import { explain, explainTable } from "@haggle/sdk/explain";
import { describe, expect, it } from "vitest";
import { explainable, line, NOW, type Told, tell } from "../support/outcomes.ts";

describe("a promotion", () => {
  it.each<[string, Told, Partial<Promotion>, string, string]>([
    [
      "that applied",
      {
        outcome: { status: "applied" },
        lines: [line("1", 10_00), line("2", 2_50)],
        shipping: [line("s", 4_90)],
      },
      {},
      "'it' took €12.50 off 2 lines; took €4.90 off shipping.",
      "「it」在 2 行商品上优惠 €12.50；运费优惠 €4.90。",
    ],
    [
      "that gave what is not money",
      {
        outcome: { status: "applied" },
        added: [
          { promotion: "it", sku: "mug", productId: "m", quantity: 2, unitPrice: 1, discount: 2 },
          { promotion: "other", sku: "cap", productId: "c", quantity: 1, unitPrice: 1, discount: 1 },
        ],
        grants: [
          { promotion: "it", kind: "points", amount: 1200, reason: "R" },
          { promotion: "it", kind: "cashback", amount: 2_50, reason: "R" },
        ],
      },
      {},
      "'it' added 2 × mug; gave 1,200 points; gives €2.50 back later.",
      "「it」赠送 2 件 mug；赠送 1,200 积分；之后返还 €2.50。",
    ],
    [
      "that got less than it wanted",
      {
        outcome: { status: "capped", wanted: 5_00, granted: 1_00 },
        lines: [line("1", 1_00)],
        marginHeld: true,
      },
      {},
      "'it' took €1.00 off 1 line; wanted €5.00, but no more could be taken off; the margin floor held discounts back.",
      "「it」在 1 行商品上优惠 €1.00；应优惠 €5.00，但可优惠的金额不足；毛利底线限制了优惠。",
    ],
    [
      "that got nothing",
      { outcome: { status: "capped", wanted: 5_00 } },
      {},
      "'it' wanted €5.00, but nothing could be taken off.",
      "「it」应优惠 €5.00，但已无可优惠的金额。",
    ],
    [
      "that lost",
      { outcome: { status: "lost", lostTo: "best" } },
      {},
      "'it' lost to 'best'.",
      "「it」让位于「best」。",
    ],
    [
      "that lost to whom",
      { outcome: { status: "lost" } },
      {},
      "'it' lost to another promotion.",
      "「it」让位于其他优惠。",
    ],
    [
      "that was stopped",
      { outcome: { status: "stopped", lostTo: "final" } },
      {},
      "'it' did not run: 'final' lets nothing follow.",
      "「it」未执行：「final」之后不再叠加其他优惠。",
    ],
    [
      "whose allowance is used up",
      { outcome: { status: "exhausted" } },
      { limits: [{ allowance: "spring", counts: "money" }] },
      "'it' did not apply: too little is left of 'spring'.",
      "「it」未生效：「spring」的剩余额度不足。",
    ],
    [
      "that failed",
      { outcome: { status: "failed", error: "ENGINE_RULE_FUEL" } },
      {},
      "'it' failed and was left out (ENGINE_RULE_FUEL).",
      "「it」执行出错，未计入（ENGINE_RULE_FUEL）。",
    ],
    [
      "that has not begun",
      { outcome: { status: "inactive" } },
      { window: { from: NOW + 1 } },
      "'it' did not run: it starts at Nov 25, 2026, 9:30 AM UTC.",
      "「it」未执行：2026年11月25日 09:30 UTC 开始。",
    ],
    [
      "that is over",
      { outcome: { status: "inactive" } },
      { window: { until: NOW } },
      "'it' did not run: it ended at Nov 25, 2026, 9:30 AM UTC.",
      "「it」未执行：已于 2026年11月25日 09:30 UTC 结束。",
    ],
    [
      "without its coupon",
      { outcome: { status: "inactive" } },
      { coupon: "WELCOME" },
      "'it' did not run: it needs the coupon WELCOME.",
      "「it」未执行：需要优惠券 WELCOME。",
    ],
    [
      "of the server",
      { outcome: { status: "inactive" } },
      { serverOnly: true, coupon: "HELLO" },
      "'it' did not run: it runs on the server only.",
      "「it」未执行：仅在服务器上执行。",
    ],
    [
      "whose rule said no",
      {},
      {},
      "'it' did not apply: it gives this cart nothing.",
      "「it」未生效：对此购物车没有优惠。",
    ],
    [
      "that has something to say",
      { messages: [{ promotion: "it", reason: "NEARLY", amount: 5_50 }] },
      {},
      "'it' did not apply: it gives this cart nothing; says NEARLY (€5.50).",
      "「it」未生效：对此购物车没有优惠；提示 NEARLY（€5.50）。",
    ],
  ])("%s", (_, told, promotion, english, chinese) => {
    expect(tell(promotion, told)).toEqual([english, chinese]);
  });
});

describe("amounts", () => {
  it.each([
    ["JPY", "¥1,250"],
    ["KWD", "KWD 1.250"],
    ["USD", "$12.50"],
  ])("of %s have its minor digits", (currency, spelt) => {
    const decision = explainable({ status: "applied" }, { currency, lines: [line("1", 1250)] });
    const { text } = explain(decision, { promotions: [] })[0]!;
    expect(text.replace(/\u00a0/g, " ")).toBe(`'it' took ${spelt} off 1 line.`);
  });
});

describe("the table", () => {
  it("aligns columns, in Chinese too, where a character is two columns wide", () => {
    const decision = explainable({ id: "满300减50", status: "applied", wanted: 50_00, granted: 50_00 });
    decision.promotions.push({ id: "b", status: "lost", wanted: 0, granted: 0, lostTo: "满300减50" });
    const table = explainTable(decision, { promotions: [], locale: "en" });
    expect(table.split("\n")).toEqual([
      "Promotion  Status   Wanted  Granted  Why",
      "满300减50  applied  €50.00   €50.00  '满300减50' applied.",
      "b          lost      €0.00    €0.00  'b' lost to '满300减50'.",
    ]);
  });
});
