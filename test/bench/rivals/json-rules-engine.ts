// json-rules-engine: its conditions decide which promotions apply. It cannot compute amounts, so the effects of those
// that do and their settlement are the hand-written ones.

import type { Cart } from "@haggle/sdk";
import { Engine, type TopLevelCondition } from "json-rules-engine";
import { type HandDecision, settle, subtotalOf, toPromotion } from "../hand.ts";
import type { BenchRule } from "../rules.ts";
import { readShares, type Subject } from "../subject.ts";

export function jsonRulesEngine(rules: readonly BenchRule[]): Subject {
  const promotions = rules.map(toPromotion);
  // Without priorities the engine evaluates all rules side by side, which is its fastest way; we know the order.
  const engine = new Engine();
  for (const rule of rules) engine.addRule({ conditions: conditionsOf(rule), event: { type: rule.name } });

  async function decide(cart: Cart): Promise<HandDecision> {
    const subtotal = subtotalOf(cart);
    const { events } = await engine.run({
      subtotal,
      categories: cart.lines.flatMap((line) => line.categories),
      segments: cart.customer?.segments ?? [],
      coupons: cart.coupons,
    });
    const applied = new Set(events.map((event) => event.type));
    return settle(cart, subtotal, promotions, (promotion) =>
      applied.has(promotion.id) ? promotion.effects(cart, subtotal) : [],
    );
  }

  return { name: "json-rules-engine", run: async (cart) => readShares(await decide(cart)), decide };
}

function conditionsOf(rule: BenchRule): TopLevelCondition {
  const contains = (fact: string, value: string) => ({ fact, operator: "contains", value });
  const from = (value: number) => ({ fact: "subtotal", operator: "greaterThanInclusive", value });
  const all = [];
  if (rule.segment !== undefined) all.push(contains("segments", rule.segment));
  if (rule.coupon !== undefined) all.push(contains("coupons", rule.coupon));
  if (rule.kind === "threshold") all.push(from(rule.from));
  else if (rule.kind === "tiered") all.push(from(rule.low));
  else if (rule.kind === "bundle")
    all.push(contains("categories", rule.first), contains("categories", rule.second));
  else all.push(contains("categories", rule.category));
  return { all };
}
