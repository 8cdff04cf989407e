// Fifty rules as a shop might have them, as data: the rivals are made of the data, ours of sources with the numbers
// written in. Five kinds take turns; half of the rules ask for a segment or a coupon first.

import { CATEGORIES } from "../support/carts.ts";

type Common = {
  name: string;
  /** What a discount is explained by. */
  reason: string;
  /** Higher runs first; no two are equal. Those on lines stand before those on the order, as phases put them. */
  priority: number;
  segment?: string;
  coupon?: string;
};

export type BenchRule = Common &
  (
    | { kind: "category"; category: string; percent: number }
    | { kind: "threshold"; from: number; off: number }
    | { kind: "buy"; category: string; buy: number; free: number }
    | { kind: "tiered"; low: number; lowPercent: number; high: number; highPercent: number }
    | { kind: "bundle"; first: string; second: string; percent: number }
  );

export const MOST_RULES = 50;

/**
 * The first `count` of the fifty, in the order in which they run. Together they leave something of most carts, so that
 * none is priced at zero.
 */
export function makeRules(count: number): BenchRule[] {
  return Array.from({ length: count }, (_, i) => makeRule(i)).sort((a, b) => b.priority - a.priority);
}

function makeRule(i: number): BenchRule {
  const cycle = Math.floor(i / 5);
  const number = String(i + 1).padStart(2, "0");
  const category = (shift: number) => CATEGORIES[(cycle * 3 + i + shift) % CATEGORIES.length]!;
  const isOnOrder = i % 5 === 1 || i % 5 === 3;
  const priority = (isOnOrder ? 1000 : 2000) - i;
  const common: Common = { name: `rule-${number}`, reason: `R${number}`, priority };
  if (cycle % 2 === 1) Object.assign(common, i % 2 === 0 ? { segment: "vip" } : { coupon: "WELCOME10" });
  switch (i % 5) {
    case 0:
      return { ...common, kind: "category", category: category(0), percent: 2 + (cycle % 4) };
    case 1:
      return { ...common, kind: "threshold", from: 100_00 + cycle * 50_00, off: 2_00 + cycle * 45 };
    case 2:
      return { ...common, kind: "buy", category: category(1), buy: 2 + (cycle % 3), free: 1 };
    case 3:
      return {
        ...{ ...common, kind: "tiered", low: 200_00 + cycle * 10_00, lowPercent: 1 },
        ...{ high: 1000_00 + cycle * 40_00, highPercent: 2 },
      };
    default:
      return { ...common, kind: "bundle", first: category(0), second: category(3), percent: 1 + (cycle % 3) };
  }
}

/** The sources of a project with these rules, one file each. */
export function writeSources(rules: readonly BenchRule[]): Record<string, string> {
  return Object.fromEntries(rules.map((rule) => [`rules/${rule.name}.rule.ts`, writeSource(rule)]));
}

function writeSource(rule: BenchRule): string {
  const guards = [
    rule.segment && `  if (!ctx.customer.inSegment("${rule.segment}")) return Result.none();\n`,
    rule.coupon && `  if (!ctx.cart.hasCoupon("${rule.coupon}")) return Result.none();\n`,
  ];
  return `@promo(name="${rule.name}", priority=${rule.priority})
export function apply(ctx: Context): Result {
${guards.filter(Boolean).join("")}${writeBody(rule)}}
`;
}

function writeBody(rule: BenchRule): string {
  const { reason } = rule;
  switch (rule.kind) {
    case "category":
      return `  return Result.linesPercent(ctx.cart.inCategory("${rule.category}"), Percent.of(${rule.percent}), "${reason}");
`;
    case "threshold":
      return `  if (ctx.cart.total < ${rule.from}) return Result.none();
  return Result.order(${rule.off}, "${reason}");
`;
    case "buy":
      return `  const lines = ctx.cart.inCategory("${rule.category}");
  let result = Result.none();
  for (let i = 0; i < lines.count; i++) {
    const line = lines.at(i);
    const free = (line.quantity / ${rule.buy + rule.free}) * ${rule.free};
    result = result.and(Result.line(line, line.unitPrice * i64(free), "${reason}"));
  }
  return result;
`;
    case "tiered":
      return `  const total = ctx.cart.total;
  if (total >= ${rule.high}) return Result.orderPercent(Percent.of(${rule.highPercent}), "${reason}");
  if (total >= ${rule.low}) return Result.orderPercent(Percent.of(${rule.lowPercent}), "${reason}");
  return Result.none();
`;
    case "bundle":
      return `  const first = ctx.cart.inCategory("${rule.first}");
  const second = ctx.cart.inCategory("${rule.second}");
  if (first.count == 0 || second.count == 0) return Result.none();
  const percent = Percent.of(${rule.percent});
  return Result.linesPercent(first, percent, "${reason}").and(Result.linesPercent(second, percent, "${reason}"));
`;
  }
}
