// Where a rule's parameter is given: in strategies and promotions that name the rule, and in the cases beside it.

import { belongsTo } from "@haggle/toolchain/cases";
import type { Range } from "../../shared/protocol.ts";
import { kindOf } from "./kind.ts";
import { holderOf } from "./parameters.ts";
import { nameOf, type Parsed, parse, rangeOf, spanOf, visit } from "./parsed.ts";

export type ParameterKey = {
  /** Project-relative. */
  file: string;
  /** Of the name, without quotes. */
  range: Range;
};

/** `texts` are files of a project by their paths; those that say nothing of parameters are left out. */
export function findParameterKeys(
  texts: Readonly<Record<string, string>>,
  rule: { name: string; file: string },
  parameter: string,
): ParameterKey[] {
  return Object.entries(texts).flatMap(([file, text]) => {
    const isOfCases = belongsTo(rule, file);
    const isData = ["strategies", "promotions"].includes(kindOf(file) ?? "");
    return isOfCases || isData ? keysIn(file, text, rule.name, parameter, isOfCases) : [];
  });
}

function keysIn(
  file: string,
  text: string,
  rule: string,
  parameter: string,
  isOfCases: boolean,
): ParameterKey[] {
  const parsed = parse(text);
  const keys: ParameterKey[] = [];
  visit(parsed.document.contents, (path, _, pair) => {
    const holder = pair !== undefined && nameOf(pair.key) === parameter ? holderOf(path) : undefined;
    if (pair === undefined || holder === undefined) return;
    // A case without a rule in it is about the rule that it stands beside.
    const named = ruleAround(parsed, holder) ?? (isOfCases ? rule : undefined);
    const span = spanOf(pair.key as Parameters<typeof spanOf>[0]);
    if (named !== rule || span === undefined) return;
    const quote = /["']/.test(text.charAt(span.start)) ? 1 : 0;
    const name = { start: span.start + quote, end: span.end - quote };
    keys.push({ file, range: rangeOf(parsed, name) });
  });
  return keys;
}

/** The rule that what stands at a path names, or that what is around it does: variants say parameters alone. */
function ruleAround({ document }: Parsed, path: readonly (string | number)[]): string | undefined {
  for (let length = path.length; length >= 0; length--) {
    const rule: unknown = document.getIn([...path.slice(0, length), "rule"]);
    if (typeof rule === "string") return rule;
  }
  return undefined;
}
