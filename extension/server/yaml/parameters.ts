// The parameters of rules, as files of a project speak of them.

import type { ParameterSchema, ParameterType, Path } from "@haggle/abi";
import type { RuleInfo } from "../../shared/protocol.ts";
import { formatAmount } from "../amount.ts";
import { inlineCode } from "../markdown.ts";
import { type OwnText, tell } from "../words/tell.ts";
import type { YamlFile } from "./world.ts";

/** For whom something is described. */
type Reader = Pick<YamlFile, "currency" | "locale">;

/** What each type of a parameter is called where somebody gives a value for it. */
const TYPES: Readonly<Record<ParameterType, OwnText>> = {
  money: "An amount in minor units",
  percent: "A percentage in quotes",
  integer: "A whole number",
  boolean: "True or false",
  symbol: "A text",
  tags: "A list of texts, or null for any",
};

/** Fields of promotions and bounds that are amounts of money. */
const AMOUNTS = new Set([
  ...["amount", "price", "unitPrice", "maxAmount", "maxPerLine", "maxPerUnit"],
  ...["minUnitPrice", "maxUnitPrice"],
]);

/** Which parameter of which rule a path leads to; undefined where it leads to something else. */
export function findParameter(value: unknown, path: Path): { rule: string; name: string } | undefined {
  const name = path.at(-1);
  if (typeof name !== "string") return undefined;
  const holder = holderOf(path);
  const rule = holder && ruleOf(value, holder);
  return rule === undefined ? undefined : { rule, name };
}

/** The rule that the object at a path, or around it, names. */
export function ruleOf(value: unknown, path: Path): string | undefined {
  let here = value;
  let rule: string | undefined;
  for (const step of [...path, ""]) {
    if (typeof here !== "object" || here === null) break;
    const { rule: named } = here as { rule?: unknown };
    if (!Array.isArray(here) && typeof named === "string") rule = named;
    here = (here as Record<string | number, unknown>)[step];
  }
  return rule;
}

/**
 * The path of what has the parameter that a path leads to: in `parameters`, and in what differs in a variant, of a
 * strategy without that word, of a promotion with it. Undefined where the path leads to something else.
 */
export function holderOf(path: Path): Path | undefined {
  if (path.at(-2) === "parameters") return path.slice(0, -2);
  return path.at(-3) === "variants" && path.at(-4) === "experiment" ? path.slice(0, -4) : undefined;
}

/** What a parameter is, as Markdown: what it does, what may be given, and what it is when nothing is. */
export function describeParameter(parameter: ParameterSchema, { currency, locale }: Reader): string {
  const type = parameter["x-haggle-type"];
  const [name, standard] = [tell(locale, TYPES[type]), inlineCode(String(JSON.stringify(parameter.default)))];
  const facts =
    type === "money"
      ? tell(
          locale,
          "{0}; default {1} ({2})",
          name,
          standard,
          formatAmount(Number(parameter.default), currency),
        )
      : tell(locale, "{0}; default {1}", name, standard);
  const { description } = parameter;
  return [...(description === undefined ? [] : [description]), facts].join("\n\n");
}

/** What a rule does and takes, as Markdown. */
export function describeRule(rule: RuleInfo, reader: Reader): string {
  const { description, parameters } = rule;
  const rows = Object.entries(parameters.properties).map(
    ([name, parameter]) =>
      `- \`${name}\`${COLONS[reader.locale]}${inOneLine(describeParameter(parameter, reader), reader)}`,
  );
  return [
    ...(description === undefined ? [] : [description]),
    factsOf(rule, reader),
    ...(rows.length > 0 ? [rows.join("\n")] : []),
  ].join("\n\n");
}

const COLONS = { en: ": ", "zh-CN": "：" } as const;

function factsOf({ kind, priority, group, phase = "order" }: RuleInfo, { locale }: Reader): string {
  if (kind === "pricing") return tell(locale, "A pricing rule.");
  const at = inlineCode(phase);
  return group === undefined
    ? tell(locale, "A rule of the phase {0}, at priority {1}.", at, priority)
    : tell(
        locale,
        "A rule of the phase {0}, at priority {1}, in the group {2}.",
        at,
        priority,
        inlineCode(group),
      );
}

/** Paragraphs as sentences, each with one full stop, its own or another. */
function inOneLine(text: string, { locale }: Reader): string {
  const stop = locale === "en" ? ". " : "。";
  const line = text.replaceAll("\n\n", stop).replaceAll("\n", " ");
  return line.replace(/\.\. /g, ". ").replace(/([.。])。/g, (_, own: string) => (own === "." ? ". " : own));
}

/** Whether what a path leads to is an amount of money, by the rule's own word or by the field's name. */
export function isAmount(value: unknown, path: Path, rules: readonly RuleInfo[]): boolean {
  const parameter = findParameter(value, path);
  if (parameter === undefined) return AMOUNTS.has(String(path.at(-1)));
  return parameterOf(rules, parameter)?.["x-haggle-type"] === "money";
}

export function parameterOf(
  rules: readonly RuleInfo[],
  { rule, name }: { rule: string; name: string },
): ParameterSchema | undefined {
  const properties = rules.find((each) => each.name === rule)?.parameters.properties ?? {};
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}
