// Files of cases as text, and how they change when a cart becomes a case or a case gets another cart.

import type { DecisionJson } from "@haggle/sdk";
import { acceptDecision, type TextChange } from "./expectation.ts";
import { findProperty, type JsonNode, jsonValue, parseJson } from "./json-places.ts";
import { printJson, styleOf } from "./json-print.ts";
import type { Circumstances, PricedBy } from "./price.ts";

/** A case as its file says it. */
export type CaseText = { cart: unknown } & Circumstances;

/** @throws JsonError for what is no JSON */
export function findCase(text: string, name: string): { node: JsonNode; stated: CaseText } | undefined {
  const root = parseJson(text);
  if (root.kind !== "array") return undefined;
  const node = root.items.find((item) => nameOf(text, item) === name);
  if (node === undefined) return undefined;
  const {
    name: _,
    expect: __,
    ...stated
  } = jsonValue(text, node) as CaseText & { name: unknown; expect: unknown };
  return { node, stated };
}

/** @throws JsonError for what is no JSON */
export function caseNames(text: string): string[] {
  const root = parseJson(text);
  return root.kind === "array" ? root.items.flatMap((item) => nameOf(text, item) ?? []) : [];
}

/** The text with one case more at its end; undefined for what is no list of cases. */
export function appendCase(text: string, added: object): TextChange | undefined {
  if (text.trim() === "")
    return { start: 0, end: text.length, text: `${JSON.stringify([added], null, 2)}\n` };
  const root = parseJson(text);
  if (root.kind !== "array") return undefined;
  const style = styleOf(text);
  const { unit, newline } = style;
  const printed = printJson(added, { ...style, indent: unit, column: unit.length, wasFlat: false });
  const last = root.items.at(-1);
  if (last === undefined)
    return { start: root.start, end: root.end, text: `[${newline}${unit}${printed}${newline}]` };
  return { start: last.end, end: last.end, text: `,${newline}${unit}${printed}` };
}

/** The changes after which a case has another cart, and expects what that comes to. */
export function changeCase(
  text: string,
  node: JsonNode,
  cart: unknown,
  decision: DecisionJson,
): TextChange[] {
  const own = findProperty(node, "cart")?.value;
  if (own === undefined) return [];
  const line = text.slice(text.lastIndexOf("\n", own.start - 1) + 1);
  const indent = /^[ \t]*/.exec(line)![0];
  const isSame = JSON.stringify(jsonValue(text, own)) === JSON.stringify(cart);
  const printed = printJson(cart, { ...styleOf(text), indent, column: indent.length, wasFlat: false });
  const change = { start: own.start, end: own.end, text: printed };
  return [...(isSame ? [] : [change]), ...acceptDecision(text, node, decision)];
}

/**
 * What a case has to say beside its cart, so that in that file, beside those rules, it is priced as it was priced by `by`.
 * `promotions` are what it was priced with.
 */
export function circumstancesOf(
  by: PricedBy,
  { file, rules }: { file: string; rules: readonly string[] },
  promotions: unknown[],
): Circumstances {
  if (by.kind === "case") {
    const { kind: _, file: own, ...stated } = by;
    if (own === file) return stated;
    const { parameters: __, ...others } = stated;
    return { ...others, promotions };
  }
  // Beside a single rule a case need not say which one it means.
  const isPlain = by.kind === "rule" && rules.length === 1 && rules[0] === by.rule;
  if (isPlain) return by.parameters === undefined ? {} : { parameters: by.parameters };
  return { promotions };
}

/** What a new case expects: what the cart comes to, and who gave what. */
export function expectationOf(decision: DecisionJson): object {
  const { subtotal, discountTotal, shippingTotal, total, lines, shipping, added, messages } = decision;
  const shares = (entries: DecisionJson["lines"]) =>
    entries.map(({ id, discount, total: rest, discounts }) => ({ id, discount, total: rest, discounts }));
  return {
    subtotal,
    discountTotal,
    ...(shipping.length > 0 && { shippingTotal }),
    total,
    lines: shares(lines),
    ...(shipping.some(({ discount }) => discount > 0) && { shipping: shares(shipping) }),
    ...(added.length > 0 && { added }),
    ...(messages.length > 0 && { messages }),
  };
}

function nameOf(text: string, item: JsonNode): string | undefined {
  const node = findProperty(item, "name")?.value;
  const name = node && jsonValue(text, node);
  return typeof name === "string" ? name : undefined;
}
