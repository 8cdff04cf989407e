// The makers of `Result`, read off the syntax: where each takes its reason, and to which phase of pricing what it makes
// belongs.

import type { Phase } from "@haggle/abi";
import { type AscNode, type AscSource, asc } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { changeTo, insertAt, upperCase } from "./fixes.ts";
import {
  type Call,
  type Declaration,
  isBinary,
  isCall,
  isDeclaration,
  isFunction,
  isIdentifier,
  isImport,
  isPropertyAccess,
  isString,
  isTemplate,
  type PropertyAccess,
  walk,
} from "./syntax.ts";

type Maker = {
  /** The position of the reason among the arguments. */
  reason: number;
  /** A message belongs to no phase. */
  phase?: Phase;
};

/** `none` is not here: there is nothing to give a reason for. */
const MAKERS: Record<string, Maker> = {
  order: { reason: 1, phase: "order" },
  orderPercent: { reason: 1, phase: "order" },
  orderPrice: { reason: 1, phase: "order" },
  line: { reason: 2, phase: "line" },
  linePercent: { reason: 2, phase: "line" },
  linePrice: { reason: 2, phase: "line" },
  lines: { reason: 2, phase: "line" },
  linesPercent: { reason: 2, phase: "line" },
  linesPrice: { reason: 2, phase: "line" },
  units: { reason: 2, phase: "line" },
  unitsPercent: { reason: 2, phase: "line" },
  unitsPrice: { reason: 2, phase: "line" },
  shipping: { reason: 1, phase: "shipping" },
  shippingPercent: { reason: 1, phase: "shipping" },
  shippingPrice: { reason: 1, phase: "shipping" },
  gift: { reason: 4, phase: "order" },
  giftPercent: { reason: 5, phase: "order" },
  points: { reason: 1, phase: "order" },
  pointsPercent: { reason: 1, phase: "order" },
  cashback: { reason: 1, phase: "order" },
  cashbackPercent: { reason: 1, phase: "order" },
  message: { reason: 1 },
};

const REASON_HINT = 'say why in a text literal: `Result.order(50_00, "FULL_300_OFF_50")`';

/** Refuses results without a reason that hosts can know before a cart comes. */
export function checkReasons(source: AscSource, found: Diagnostic[]): void {
  for (const statement of source.statements) {
    const text = JSON.stringify(isFunction(statement) ? upperCase(statement.name.text) : "REASON");
    walk(statement, (node) => {
      if (!isCall(node) || !isPropertyAccess(node.expression)) return;
      const maker = makerOf(node.expression);
      if (maker === undefined) return;
      const reason = node.args[maker.reason];
      if (reason === undefined) {
        const message = `Result.${node.expression.property.text} without a reason`;
        const isNext = node.args.length === maker.reason;
        found.push({
          ...diagnosticAt(node, "BUILD_MISSING_REASON", message, REASON_HINT),
          ...(isNext && { fixes: [insertAt(source, node.args.at(-1)!.range.end, `, ${text}`, text)] }),
        });
      } else if (isString(reason) && reason.value.trim() === "") {
        found.push({
          ...diagnosticAt(reason, "BUILD_MISSING_REASON", "The reason is empty", REASON_HINT),
          fixes: [changeTo(reason, text)],
        });
      } else if (isTemplate(reason) || (isBinary(reason) && reason.operator === asc.Token.Plus)) {
        const hint = "hosts know every reason before a cart comes; name amounts in the message of the shop";
        found.push(diagnosticAt(reason, "BUILD_NOT_LITERAL", "The reason is made at run time", hint));
      }
    });
  }
}

/** What of a call to a maker says how much it gives, and in what. */
export function amountGiven(call: Call): { argument: AscNode; kind: "percent" | "amount" } | undefined {
  if (!isPropertyAccess(call.expression)) return undefined;
  const maker = makerOf(call.expression);
  const argument = maker && call.args[maker.reason - 1];
  const { text } = call.expression.property;
  // A gift is counted, and so are points.
  if (argument === undefined || text === "gift" || text === "points") return undefined;
  return { argument, kind: text.endsWith("Percent") ? "percent" : "amount" };
}

function makerOf({ expression, property }: PropertyAccess): Maker | undefined {
  if (!isIdentifier(expression) || expression.text !== "Result") return undefined;
  return Object.hasOwn(MAKERS, property.text) ? MAKERS[property.text] : undefined;
}

/** Phases from the narrowest effect to the widest. No maker says `catalog`: a rule has to ask for it. */
const WIDTH: readonly Phase[] = ["catalog", "line", "order", "shipping"];

/**
 * The phase of the widest effect that a rule's function names, itself or through what it mentions of its file and of
 * the project's files that it imports from; `order` when that is none.
 */
export function phaseOf(rule: Declaration, sources: readonly AscSource[]): Phase {
  let widest = -1;
  const seen = new Set<AscNode>([rule]);
  const open: AscNode[] = [rule];
  const follow = (nodes: readonly AscNode[]) => {
    for (const each of nodes) if (!seen.has(each)) seen.add(each) && open.push(each);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    walk(next, (node) => {
      if (isPropertyAccess(node)) {
        const phase = makerOf(node)?.phase;
        if (phase !== undefined) widest = Math.max(widest, WIDTH.indexOf(phase));
      } else if (isIdentifier(node)) follow(meaningOf(node.text, node.range.source, sources));
    });
  }
  return WIDTH[widest] ?? "order";
}

/** What a name at the top of a file stands for: its declaration, or all of the file that it is imported from. */
function meaningOf(name: string, source: AscSource, sources: readonly AscSource[]): readonly AscNode[] {
  for (const statement of source.statements) {
    if (isDeclaration(statement) && statement.name.text === name) return [statement];
    if (!isImport(statement)) continue;
    const names = statement.declarations?.map((each) => each.name.text) ?? [];
    if (!names.includes(name) && statement.namespaceName?.text !== name) continue;
    return sources.find(({ internalPath }) => internalPath === statement.internalPath)?.statements ?? [];
  }
  return [];
}
