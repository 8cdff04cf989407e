// @gorules/zen-engine: one expression node holds an expression per rule, which computes what it wants off the order or
// off each line; the settlement is the hand-written one.

import { ZenEngine } from "@gorules/zen-engine";
import type { Cart } from "@haggle/sdk";
import { type HandDecision, settle, subtotalOf } from "../hand.ts";
import type { BenchRule } from "../rules.ts";
import { readShares, type Subject } from "../subject.ts";
import { effectsOfWanted } from "./wanted.ts";

export function zen(rules: readonly BenchRule[]): Subject {
  const promotions = rules.map(({ name, reason }, i) => ({ id: name, reason, key: `r${i}` }));
  const expressions = rules.map((rule, i) => ({ id: `e${i}`, key: `r${i}`, value: expressionOf(rule) }));
  const decision = new ZenEngine().createDecision({
    contentType: "application/vnd.gorules.decision",
    nodes: [
      { id: "input", type: "inputNode", name: "input" },
      { id: "rules", type: "expressionNode", name: "rules", content: { expressions } },
      { id: "output", type: "outputNode", name: "output" },
    ],
    edges: [
      { id: "in", type: "edge", sourceId: "input", targetId: "rules" },
      { id: "out", type: "edge", sourceId: "rules", targetId: "output" },
    ],
  });

  async function decide(cart: Cart): Promise<HandDecision> {
    const subtotal = subtotalOf(cart);
    const { result } = await decision.evaluate({
      ...{ lines: cart.lines, subtotal },
      ...{ segments: cart.customer?.segments ?? [], coupons: cart.coupons },
    });
    return settle(cart, subtotal, promotions, ({ key }) => effectsOfWanted(cart, result[key]));
  }

  return { name: "zen-engine", run: async (cart) => readShares(await decide(cart)), decide };
}

function expressionOf(rule: BenchRule): string {
  const guards = [
    ...(rule.segment === undefined ? [] : [`"${rule.segment}" in segments`]),
    ...(rule.coupon === undefined ? [] : [`"${rule.coupon}" in coupons`]),
    ...(rule.kind === "bundle" ? [someLine(rule.first), someLine(rule.second)] : []),
  ];
  const wanted = wantedOf(rule);
  return guards.length === 0 ? wanted : `(${guards.join(" and ")}) ? (${wanted}) : 0`;
}

function wantedOf(rule: BenchRule): string {
  const lineTotal = "#.unitPrice * #.quantity";
  switch (rule.kind) {
    case "category":
      return eachLine(inCategory(rule.category, percentOf(lineTotal, rule.percent)));
    case "threshold":
      return `subtotal >= ${rule.from} ? ${rule.off} : 0`;
    case "buy":
      return eachLine(
        inCategory(rule.category, `#.unitPrice * floor(#.quantity / ${rule.buy + rule.free}) * ${rule.free}`),
      );
    case "tiered": {
      const low = `subtotal >= ${rule.low} ? ${percentOf("subtotal", rule.lowPercent)} : 0`;
      return `subtotal >= ${rule.high} ? ${percentOf("subtotal", rule.highPercent)} : (${low})`;
    }
    case "bundle": {
      const part = percentOf(lineTotal, rule.percent);
      return eachLine(`${inCategory(rule.first, part)} + ${inCategory(rule.second, part)}`);
    }
  }
}

function someLine(category: string): string {
  return `some(lines, "${category}" in #.categories)`;
}

function eachLine(amount: string): string {
  return `map(lines, ${amount})`;
}

function inCategory(category: string, amount: string): string {
  return `("${category}" in #.categories ? ${amount} : 0)`;
}

/** Rounded half up. */
function percentOf(amount: string, percent: number): string {
  return `floor((${amount} * ${percent} + 50) / 100)`;
}
