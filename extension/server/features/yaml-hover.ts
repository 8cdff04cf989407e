// What a field or a value of strategies, promotions, policy and bounds means.

import type { Path } from "@haggle/abi";
import { HoverRequest } from "vscode-languageserver";
import { isScalar } from "yaml";
import { formatAmount } from "../amount.ts";
import { inlineCode } from "../markdown.ts";
import type { Register } from "../serve.ts";
import { tell } from "../words/tell.ts";
import {
  describeParameter,
  describeRule,
  findParameter,
  isAmount,
  parameterOf,
  ruleOf,
} from "../yaml/parameters.ts";
import { findPlace, type Place, rangeOf } from "../yaml/parsed.ts";
import { describe, schemasAt, valuesOf } from "../yaml/schema-walk.ts";
import { findYamlFile, isData, type YamlFile } from "../yaml/world.ts";

export const registerYamlHover: Register = (server) => {
  server.provide(HoverRequest.type, isData, async ({ textDocument, position }) => {
    const file = await findYamlFile(server, textDocument.uri);
    const place = file && findPlace(file.parsed, file.document.offsetAt(position));
    if (file === undefined || place === undefined) return null;
    const parts = [amountAt(file, place), meaningOf(file, place)].filter((part) => part !== undefined);
    if (parts.length === 0) return null;
    const contents = { kind: "markdown" as const, value: parts.join("\n\n") };
    return { contents, range: rangeOf(file.parsed, place) };
  });
  return { hoverProvider: true };
};

function amountAt({ parsed, rules, currency }: YamlFile, { path, role, node }: Place): string | undefined {
  if (role === "key" || !isScalar(node) || !Number.isSafeInteger(node.value)) return undefined;
  const field = typeof path.at(-1) === "number" ? path.slice(0, -1) : path;
  return isAmount(parsed.value, field, rules)
    ? `**${formatAmount(node.value as number, currency)}**`
    : undefined;
}

function meaningOf(file: YamlFile, place: Place): string | undefined {
  const { parsed, rules, schema, locale } = file;
  const { path, role, node } = place;
  const named = isScalar(node) ? node.value : undefined;
  const rule =
    role === "value" && path.at(-1) === "rule" ? rules.find(({ name }) => name === named) : undefined;
  if (rule !== undefined) return `**${rule.name}**\n\n${describeRule(rule, file)}`;
  const wanted = findParameter(parsed.value, path);
  const parameter = wanted && parameterOf(rules, wanted);
  if (parameter !== undefined) return describeParameter(parameter, file);
  const taken = role === "key" && path.at(-1) === "parameters" ? ruleOf(parsed.value, path) : undefined;
  const taking = rules.find(({ name }) => name === taken);
  if (taking !== undefined) return describeRule(taking, file);
  // What the field says itself would narrow down what it may say.
  const schemas = schemasAt(schema, role === "key" ? withoutAt(parsed.value, path) : parsed.value, path);
  const words = valuesOf(schemas);
  const isChoice = role === "key" && words.length > 1 && path.at(-1) !== "rule";
  const choices = words.map((word) => inlineCode(String(word))).join(locale === "en" ? ", " : "、");
  const facts = isChoice ? tell(locale, "One of {0}", choices) : undefined;
  const parts = [describe(schemas, locale), facts].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join("\n\n");
}

function withoutAt(value: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null) return null;
  if (Array.isArray(value))
    return value.map((each: unknown, at) => (at === step ? withoutAt(each, rest) : each));
  return { ...value, [step]: withoutAt((value as Record<string, unknown>)[step], rest) };
}
