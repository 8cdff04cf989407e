// What may stand in the place of something that rules cannot use, where its surroundings say what was meant.

import { type AscNode, asc } from "./asc.ts";
import type { Fix } from "./diagnostics.ts";
import { changeTo, remove } from "./fixes.ts";
import { amountGiven } from "./makers.ts";
import {
  type Binary,
  type Call,
  isBinary,
  isCall,
  isExpressionStatement,
  isField,
  isFloat,
  isFunction,
  isIdentifier,
  isNamedType,
  isPropertyAccess,
  isVariables,
  walk,
} from "./syntax.ts";

/** The fixes of a node that is no good, ready to be put into its diagnostic. */
export type FixesOf = (node: AscNode) => { fixes: Fix[] } | undefined;

/** The fixes in a statement, which are looked for when the first one is asked for. */
export function fixesIn(statement: AscNode): FixesOf {
  let found: Map<AscNode, Fix[]> | undefined;
  return (node) => {
    found ??= findFixes(statement);
    const fixes = found.get(node);
    return fixes && { fixes };
  };
}

function findFixes(statement: AscNode): Map<AscNode, Fix[]> {
  const found = new Map<AscNode, Fix[]>();
  // Parents come first, and say more than what is below them.
  const add = (node: AscNode, fixes: readonly Fix[]) => {
    if (fixes.length > 0 && !found.has(node)) found.set(node, [...fixes]);
  };
  const context = contextOf(statement);
  walk(statement, (node) => {
    if (isExpressionStatement(node) && isCall(node.expression)) {
      const name = firstName(node.expression);
      if (name !== undefined && OUTPUTS.has(name.text)) add(name, [statementRemoved(node)]);
    }
    if (isCall(node)) {
      const name = firstName(node);
      if (name !== undefined) add(name, fixesOfCall(node, name, context));
      const value = amountGiven(node);
      if (value !== undefined && isFloat(value.argument))
        add(value.argument, amountsFor(value.argument, value.kind));
      const [only] = node.args;
      if (only !== undefined && isFloat(only) && isCallOf(node, "Percent", "of"))
        add(only, percentsOf(node, only));
    }
    if (isField(node) && isFloat(node.initializer) && isNamedType(node.type)) {
      const kind = KINDS_OF_TYPES[node.type.name.identifier.text];
      if (kind !== undefined) add(node.initializer!, amountsFor(node.initializer!, kind));
    }
    if (isVariables(node)) {
      for (const { type, initializer } of node.declarations) {
        const kind = isNamedType(type) ? KINDS_OF_TYPES[type.name.identifier.text] : undefined;
        if (kind !== undefined && isFloat(initializer)) add(initializer!, amountsFor(initializer!, kind));
      }
    }
    if (isBinary(node)) for (const [literal, fixes] of fixesOfBinary(node)) add(literal, fixes);
    if (isNamedType(node) && NUMBERS.has(node.name.identifier.text)) {
      add(
        node.name.identifier,
        ["i32", "Money"].map((type) => changeTo(node.name.identifier, type, false)),
      );
    }
    return undefined;
  });
  return found;
}

const OUTPUTS = new Set(["console", "trace"]);
const NUMBERS = new Set(["number", "f32", "f64"]);
/** Builtins that asc has for every type of integer. */
const FREE_FUNCTIONS = new Set(["min", "max", "abs"]);
/** A quotient of integers has no fraction to cut off. */
const CUTS = new Set(["floor", "trunc", "round", "ceil"]);
const KINDS_OF_TYPES: Readonly<Record<string, Kind>> = { Percent: "percent", Money: "amount", i64: "amount" };

type Kind = "percent" | "amount";

/** What the rule around it calls its context. */
function contextOf(statement: AscNode): string {
  const parameters = isFunction(statement) ? statement.signature.parameters : [];
  const own = parameters.find(({ type }) => isNamedType(type) && type.name.identifier.text === "Context");
  return own?.name.text ?? "ctx";
}

/** The name in front of a call: `Math` of `Math.min(a, b)`. */
function firstName({ expression }: Call) {
  const name = isPropertyAccess(expression) ? expression.expression : expression;
  return isIdentifier(name) ? name : undefined;
}

function fixesOfCall(call: Call, name: { text: string }, context: string): Fix[] {
  const { source, start, end } = call.range;
  if (!isPropertyAccess(call.expression)) return [];
  const method = call.expression.property.text;
  if (name.text === "Date" && method === "now") return [changeTo(call, `${context}.now`)];
  if (name.text !== "Math" && name.text !== "Mathf") return [];
  const behind = source.text.slice(call.expression.range.end, end);
  if (FREE_FUNCTIONS.has(method)) return [changeTo({ source, start, end }, `${method}${behind}`)];
  return CUTS.has(method) && call.args.length === 1 ? [changeTo(call, behind.trim(), false)] : [];
}

function isCallOf({ expression }: Call, className: string, method: string): boolean {
  if (!isPropertyAccess(expression) || !isIdentifier(expression.expression)) return false;
  return expression.expression.text === className && expression.property.text === method;
}

/** `Percent.of(12.5)` says plainly what it means. */
function percentsOf(call: Call, literal: AscNode): Fix[] {
  const text = percentText(textOf(literal));
  return text === undefined ? [] : [changeTo(call, text)];
}

/** `total * 0.15` is a part of it; a comparison with an amount has an amount on the other side. */
function* fixesOfBinary(node: Binary): Generator<[AscNode, Fix[]]> {
  const { left, right, operator } = node;
  for (const [literal, other] of [
    [right, left],
    [left, right],
  ] as const) {
    if (!isFloat(literal) || isFloat(other)) continue;
    const share = shareText(textOf(literal));
    if (operator === asc.Token.Asterisk && share !== undefined) {
      yield [literal, [changeTo(node, `${share}.times(${textOf(other)})`)]];
    }
    if (COMPARISONS.some((name) => asc.Token[name] === operator))
      yield [literal, amountsFor(literal, "amount")];
  }
}

const COMPARISONS = ["LessThan", "GreaterThan", "LessThan_Equals", "GreaterThan_Equals"];

/** Below one it may be a part of the whole or less than one percent: then both are offered. */
function amountsFor(literal: AscNode, kind: Kind): Fix[] {
  const text = textOf(literal);
  if (kind === "amount") {
    const minor = minorText(text);
    return minor === undefined ? [] : [changeTo(literal, minor)];
  }
  const readings = [shareText(text), percentText(text)].filter((each) => each !== undefined);
  return readings.map((each) => changeTo(literal, each, readings.length === 1));
}

const DECIMAL = /^(\d[\d_]*)\.(\d+)$/;

/** `9.99` in minor units of a currency that has two decimals, as nearly all have. */
function minorText(text: string): string | undefined {
  const [, whole, decimals] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || decimals?.length !== 2) return undefined;
  return /^0*$/.test(whole) ? String(Number(decimals)) : `${whole}_${decimals}`;
}

/** `12.5` as so many percent. */
function percentText(text: string): string | undefined {
  return percentOfPpm(scaled(text, 4));
}

/** `0.15` as a part of one. */
function shareText(text: string): string | undefined {
  const ppm = scaled(text, 6);
  return ppm !== undefined && ppm < 1_000_000 ? percentOfPpm(ppm) : undefined;
}

/** A decimal times ten to the `places`, where that is whole. */
function scaled(text: string, places: number): number | undefined {
  const [, whole, decimals] = DECIMAL.exec(text) ?? [];
  const kept = decimals?.replace(/0+$/, "");
  if (whole === undefined || kept === undefined || kept.length > places) return undefined;
  return Number(whole.replaceAll("_", "") + kept.padEnd(places, "0"));
}

function percentOfPpm(ppm: number | undefined): string | undefined {
  if (ppm === undefined || ppm > 1_000_000) return undefined;
  if (ppm % 10_000 === 0) return `Percent.of(${ppm / 10_000})`;
  if (ppm % 100 !== 0) return `Percent.ppm(${ppm})`;
  const points = ppm / 100;
  const last = String(points % 100).padStart(2, "0");
  return `Percent.bp(${points < 100 ? points : `${Math.floor(points / 100)}_${last}`})`;
}

/** With the line, where nothing else stands in it. */
function statementRemoved({ range }: AscNode): Fix {
  const { source, start, end } = range;
  const { text } = source;
  const [before] = /[ \t]*$/.exec(text.slice(0, start))!;
  const [behind] = /^;?[ \t]*/.exec(text.slice(end))!;
  const isAlone =
    /^(?:\r?\n|$)/.test(text.slice(end + behind.length)) &&
    /(?:^|\n)$/.test(text.slice(0, start - before.length));
  const [line] = isAlone ? /^(?:\r?\n)?/.exec(text.slice(end + behind.length))! : [""];
  return remove(
    source,
    isAlone ? start - before.length : start,
    end + behind.length + line.length,
    text.slice(start, end).replace(/\s+/g, " "),
  );
}

function textOf({ range }: AscNode): string {
  return range.source.text.slice(range.start, range.end);
}
