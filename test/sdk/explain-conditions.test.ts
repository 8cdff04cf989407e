// Conditions that failed, in words: every kind, in both languages.

import type { Cart, Condition, Policy, Promotion } from "@haggle/abi";
import { explain } from "@haggle/sdk/explain";
import { describe, expect, it } from "vitest";
import { CART, explainable, explainOne, NOW, POLICY, tell } from "../support/outcomes.ts";

/** What is said of a condition that failed, without what stands around it. */
function say(condition: Condition, cart: Cart | undefined = CART): string[] {
  const conditions: Condition[] = [{ kind: "loggedIn", not: true }, condition];
  return tell({ conditions }, { outcome: { condition: 1 } }, cart).map((text) =>
    text!.replace(/^'it' did not apply: |^「it」未生效：|[.。]$/gu, ""),
  );
}

describe("a condition that failed", () => {
  it.each<[Condition, string, string]>([
    [
      { kind: "goodsTotal", value: 50_00 },
      "goods total €45.00, needs at least €50.00 (€5.00 more)",
      "商品总额为 €45.00，需要至少 €50.00（还差 €5.00）",
    ],
    [
      { kind: "goodsTotal", operator: "lessThan", value: 30_00, filter: { categories: ["shoes"] } },
      "goods total (category shoes) €30.00, needs less than €30.00 (€0.01 too much)",
      "商品总额（类目 shoes）为 €30.00，需要少于 €30.00（超出 €0.01）",
    ],
    [
      { kind: "goodsTotal", value: 40_00, not: true },
      "goods total €45.00, needs less than €40.00 (€5.01 too much)",
      "商品总额为 €45.00，需要少于 €40.00（超出 €5.01）",
    ],
    [
      { kind: "goodsTotal", value: 50_00, base: "current" },
      "goods total, needs at least €50.00",
      "商品总额，需要至少 €50.00",
    ],
    [
      { kind: "goodsTotal", value: 50_00, tax: "gross" },
      "goods total, needs at least €50.00",
      "商品总额，需要至少 €50.00",
    ],
    [
      { kind: "orderTotal", value: 50_00 },
      "order total €49.90, needs at least €50.00 (€0.10 more)",
      "订单总额为 €49.90，需要至少 €50.00（还差 €0.10）",
    ],
    [
      { kind: "shippingTotal", operator: "moreThan", value: 5_00 },
      "shipping total €4.90, needs more than €5.00 (€0.11 more)",
      "运费总额为 €4.90，需要超过 €5.00（还差 €0.11）",
    ],
    [
      { kind: "cheapest", operator: "equal", value: 4_00 },
      "lowest unit price €3.00, needs exactly €4.00",
      "最低单价为 €3.00，需要等于 €4.00",
    ],
    [
      { kind: "dearest", operator: "atMost", value: 10_00, filter: { attributes: { color: ["red"] } } },
      "highest unit price (color red) €15.00, needs at most €10.00 (€5.00 too much)",
      "最高单价（color red）为 €15.00，需要至多 €10.00（超出 €5.00）",
    ],
    [
      {
        kind: "quantity",
        value: 10,
        filter: { match: "any", skus: ["boot"], attributes: { weight: { min: 2 } } },
      },
      "number of pieces (sku boot or weight from 2) 2, needs at least 10 (8 more)",
      "商品件数（SKU boot或weight 不低于 2）为 2，需要至少 10（还差 8）",
    ],
    [
      {
        kind: "lines",
        value: 2,
        filter: { products: { none: ["socks"] }, unitPrice: { min: 1_00, max: 20_00 } },
      },
      "number of lines (product none of socks and unit price from €1.00 to €20.00) 1, needs at least 2 (1 more)",
      "商品行数（商品 不含 socks和单价 €1.00 至 €20.00）为 1，需要至少 2（还差 1）",
    ],
    [
      { kind: "lineQuantity", value: 6, filter: { quantity: { max: 5 }, subscription: false } },
      "largest quantity of one line (quantity up to 5 and without subscription) 5, needs at least 6 (1 more)",
      "单行最大件数（件数 不超过 5和非订阅商品）为 5，需要至少 6（还差 1）",
    ],
    [
      { kind: "quantity", value: 8, filter: { undiscounted: true } },
      "number of pieces (not yet discounted), needs at least 8",
      "商品件数（尚未优惠），需要至少 8",
    ],
    [
      { kind: "segments", match: { every: ["vip", "new"] } },
      "customer segments new, needs all of vip and new",
      "客户分群为 new，需要 同时满足 vip和new",
    ],
    [{ kind: "tier", match: ["gold"] }, "customer tier none, needs gold", "会员等级为 无，需要 gold"],
    [
      { kind: "channel", match: ["web"], not: true },
      "channel web, needs none of web",
      "渠道为 web，需要 不含 web",
    ],
    [{ kind: "market", match: ["fr", "de"] }, "market none, needs fr or de", "市场为 无，需要 fr或de"],
    [
      { kind: "paymentMethod", match: ["card"] },
      "payment method none, needs card",
      "支付方式为 无，需要 card",
    ],
    [
      { kind: "shippingMethod", match: ["express"] },
      "shipping method parcel, needs express",
      "配送方式为 parcel，需要 express",
    ],
    [
      { kind: "coupons", match: { none: ["HELLO"] } },
      "coupons HELLO, needs none of HELLO",
      "优惠券为 HELLO，需要 不含 HELLO",
    ],
    [{ kind: "loggedIn" }, "the customer is not logged in", "客户未登录"],
    [{ kind: "loggedIn", not: true }, "the customer is logged in", "客户已登录"],
    [
      { kind: "orders", operator: "equal", value: 0 },
      "number of earlier orders 2, needs exactly 0",
      "历史订单数为 2，需要等于 0",
    ],
    [
      { kind: "counter", key: "visits", value: 5 },
      "customer's 'visits' 3, needs at least 5 (2 more)",
      "客户属性「visits」为 3，需要至少 5（还差 2）",
    ],
    [
      { kind: "customer", key: "city", match: ["Paris"] },
      "customer's 'city' Lyon, needs Paris",
      "客户属性「city」为 Lyon，需要 Paris",
    ],
    [
      { kind: "timeOfDay", from: "18:00", until: "20:00" },
      "local time 10:30, needs from 18:00 until 20:00",
      "当地时间为 10:30，需要在 18:00 至 20:00 之间",
    ],
    [
      { kind: "weekday", days: [6, 7] },
      "today is Wednesday, needs Saturday or Sunday",
      "今天是星期三，需要是星期六或星期日",
    ],
    [
      { kind: "period", from: NOW + 60_000 },
      "holds from Nov 25, 2026, 9:31 AM UTC",
      "仅在自 2026年11月25日 09:31 UTC 起的期间内有效",
    ],
  ])("%j", (condition, english, chinese) => {
    expect(say(condition)).toEqual([english, chinese]);
  });

  it("is named without figures where the cart is not given", () => {
    const conditions: Condition[] = [{ kind: "quantity", value: 8 }];
    const decision = { outcome: { condition: 0 } };
    const withoutCart = explainOne({ conditions }, decision);
    expect(withoutCart).toBe("'it' did not apply: number of pieces, needs at least 8.");
  });

  it("is measured on what the catalog phase left, and on merged lines", () => {
    const cart: Cart = { ...CART, lines: [CART.lines[1]!, { ...CART.lines[1]!, id: "3", quantity: 2 }] };
    const catalog: Promotion = { id: "sale", priority: 0, phase: "catalog" };
    const it: Promotion = { id: "it", priority: 0, conditions: [{ kind: "goodsTotal", value: 30_00 }] };
    const lines = [
      { id: "2", discount: 5_00, total: 10_00, discounts: [{ promotion: "sale", amount: 5_00, reason: "" }] },
    ];
    const decision = explainable({ condition: 0 }, { lines });
    const promotions = [catalog, it];
    expect(explain(decision, { promotions, policy: POLICY, cart })[0]!.text).toContain("goods total €16.00");
    const byLine: Promotion = { ...it, conditions: [{ kind: "lineQuantity", value: 9 }] };
    const merged = explain(decision, { promotions: [byLine], policy: POLICY, cart })[0]!.text;
    expect(merged).toContain("one line 7,");
    const policy: Policy = { ...POLICY, lines: "asGiven" };
    expect(explain(decision, { promotions: [byLine], policy, cart })[0]!.text).toContain("one line 5,");
  });

  it("and is all that is missing unlocks the promotion", () => {
    const messages = [{ promotion: "it", reason: "unlock", amount: 3 }];
    const pieces: Condition[] = [{ kind: "quantity", value: 10 }];
    expect(tell({ conditions: pieces }, { outcome: { condition: 0 }, messages })[0]).toMatch(
      /; is 3 away\.$/,
    );
    const goods: Condition[] = [{ kind: "goodsTotal", value: 45_03 }];
    expect(tell({ conditions: goods }, { outcome: { condition: 0 }, messages })[0]).toMatch(
      /; is €0\.03 away\.$/,
    );
  });
});
