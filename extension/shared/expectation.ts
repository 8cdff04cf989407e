// What a case expects of a decision: the part of it that the case speaks of, and how its text changes when another
// decision becomes what is expected.

import { findProperty, type JsonNode, jsonValue } from "./json-places.ts";
import { type JsonStyle, printJson, styleOf } from "./json-print.ts";

/** A piece of a text, by offsets in UTF-16 units, and what comes in its place. */
export type TextChange = { start: number; end: number; text: string };

/** Fields that say what a decision costs, for cases that have spoken of nothing that it has. */
const TOTALS = ["subtotal", "discountTotal", "total"];

/**
 * The fields of `actual` that `expected` names, in its order: what stands beside it in a diff. Arrays are compared
 * whole, so an array has all its items, each with the fields that the item of its place names, or the last one does.
 */
export function projectDecision(expected: unknown, actual: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return actual.map((item, index) => {
      const example: unknown = index < expected.length ? expected[index] : expected.at(-1);
      return example === undefined ? item : projectDecision(example, item);
    });
  }
  if (!isObject(expected) || !isObject(actual)) return actual;
  const named = Object.keys(expected).filter((key) => has(actual, key));
  return Object.fromEntries(named.map((key) => [key, projectDecision(expected[key], actual[key])]));
}

/**
 * The changes of a text of cases after which one of them expects `decision`. Only fields that it names already change,
 * and all else of the text stays as it is written. A case whose fields a decision has none of (the cart is refused now,
 * or is not any more) gets the code, or the totals.
 */
export function acceptDecision(text: string, caseNode: JsonNode, decision: unknown): TextChange[] {
  const node = findProperty(caseNode, "expect")?.value;
  if (node === undefined) return [];
  const style = styleOf(text);
  const expected = jsonValue(text, node);
  const projected = projectDecision(expected, decision);
  const hasNothing = !isObject(projected) || Object.keys(projected).length === 0;
  if (hasNothing && !isEmptyObject(expected)) return [replace(text, node, freshExpectation(decision), style)];
  return changesOf(text, node, decision, style);
}

function freshExpectation(decision: unknown): unknown {
  if (!isObject(decision)) return decision;
  if (isObject(decision.error)) return { error: { code: decision.error.code } };
  return Object.fromEntries(TOTALS.map((key) => [key, decision[key]]));
}

function changesOf(text: string, node: JsonNode, actual: unknown, style: JsonStyle): TextChange[] {
  if (node.kind === "object" && isObject(actual)) {
    return [
      ...withoutAbsent(node, actual),
      ...node.properties.flatMap(({ key, value }) =>
        !has(actual, key) ? [] : changesOf(text, value, actual[key], style),
      ),
    ];
  }
  if (node.kind === "array" && Array.isArray(actual)) {
    if (node.items.length === actual.length) {
      return node.items.flatMap((item, index) => changesOf(text, item, actual[index], style));
    }
    return [replace(text, node, projectDecision(jsonValue(text, node), actual), style)];
  }
  if (node.kind === "scalar" && node.value === actual) return [];
  return [replace(text, node, actual, style)];
}

/** Takes out the fields that the decision has not, each with the comma that it no longer needs. */
function withoutAbsent(
  { start, end, properties }: JsonNode & { kind: "object" },
  actual: Record<string, unknown>,
): TextChange[] {
  const isKept = properties.map(({ key }) => has(actual, key));
  const first = isKept.indexOf(true);
  if (first < 0) return properties.length === 0 ? [] : [{ start, end, text: "{}" }];
  return properties.flatMap((property, index) => {
    if (isKept[index]) return [];
    // Behind one that stays, the comma before it goes too; in front of all, the one behind.
    const [from, to] =
      index > first
        ? [properties[index - 1]!.value.end, property.value.end]
        : [property.start, properties[index + 1]!.start];
    return [{ start: from, end: to, text: "" }];
  });
}

function replace(text: string, { start, end }: JsonNode, value: unknown, style: JsonStyle): TextChange {
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1);
  const indent = /^[ \t]*/.exec(line)![0];
  const wasFlat = !text.slice(start, end).includes("\n");
  return {
    start,
    end,
    text: printJson(value, { ...style, indent, column: start - (text.length - line.length), wasFlat }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Its own: a case may expect a `constructor`, which every object has from elsewhere. */
function has(actual: Record<string, unknown>, key: string): boolean {
  return Object.hasOwn(actual, key) && actual[key] !== undefined;
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
