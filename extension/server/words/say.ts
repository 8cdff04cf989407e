// What the toolchain says, in the language of whoever reads it. The toolchain speaks English alone, as its command line and
// logs do; here its sentences are known by their words, and what they are about is read from between them.

import { type Code, errorText, type Schema } from "@haggle/abi";
import type { ViewLocale } from "../../shared/price.ts";
import type { Sentence } from "./sentence.ts";
import { DOCS } from "./zh-cn/docs.ts";
import { FIELDS, TITLES } from "./zh-cn/fields.ts";
import { FINDINGS, PARTS } from "./zh-cn/findings.ts";
import { HINTS } from "./zh-cn/hints.ts";
import { MEANINGS } from "./zh-cn/meanings.ts";
import { DATA, ENDS, KEYS, PLACES, PROBLEMS, RULES, TYPES } from "./zh-cn/sentences.ts";

/** What has a code and a sentence. */
export type Said = { code: string | undefined; message: string };

/** The sentence of a finding. What nobody has translated, as most of what asc says, stays as it is. */
export function say({ code, message }: Said, locale: ViewLocale): string {
  if (locale === "en") return message;
  const [own, hint] = message.split(HINT_MARK);
  const said = placed(own!, sentencesOf(code)) ?? own!;
  return hint === undefined ? said : withHint(said, hint, locale);
}

/** A sentence with the way out that goes with it. */
export function withHint(said: string, hint: string | undefined, locale: ViewLocale): string {
  if (hint === undefined) return said;
  if (locale === "en") return `${said}${HINT_MARK}${hint}`;
  return `${said}\n提示：${translate(hint, HINTS) ?? hint}`;
}

/** What a decision has not that its case expects. */
export function sayProblem(problem: string, locale: ViewLocale): string {
  if (locale === "en") return problem;
  // Why a cart was refused, and why a promotion failed.
  const [, failed, code, message] = /^(?:('.+') failed: )?([A-Z]+_[A-Z_]+) (.*)$/s.exec(problem) ?? [];
  if (message === undefined) return translate(problem, PROBLEMS) ?? problem;
  return `${failed === undefined ? "" : `${part(failed)}失败：`}${code} ${say({ code, message }, locale)}`;
}

/** The same finding with its sentence in the reader's language. */
export function inWords<T extends Said>(finding: T, locale: ViewLocale): T {
  return locale === "en" ? finding : { ...finding, message: say(finding, locale) };
}

/** The same with a `text`, as a check of a table has them. */
export function findingInWords<T extends { text: string }>(finding: T, locale: ViewLocale): T {
  return locale === "en" ? finding : { ...finding, text: translate(finding.text, FINDINGS) ?? finding.text };
}

/** What a schema says of a field, or of a file. What the author of a rule wrote stays as it is. */
export function sayField(description: string, locale: ViewLocale): string {
  return locale === "en" ? description : (translate(description, SAID_BY_SCHEMAS) ?? description);
}

/** A schema for an editor that reads it itself. */
export function saySchema(schema: Schema, locale: ViewLocale): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    (key === "description" || key === "title") && typeof value === "string" ? sayField(value, locale) : value,
  );
}

/** The doc comment of a decorator or of one of its keys, each paragraph a line. */
export function sayDocs(docs: string, locale: ViewLocale): string {
  return locale === "en" ? docs : (translate(docs, DOCS) ?? docs);
}

const SAID_BY_SCHEMAS = [...FIELDS, ...TITLES];
const HINT_MARK = "\nhint: ";

/** What is said under a code, its meaning first: of others a part could be meant. */
function sentencesOf(code: string | undefined): readonly Sentence[] {
  if (code === undefined) return [...ENDS, ...RULES];
  const meaning = MEANT.get(code) ?? [];
  if (code === "BUILD_TYPE" || code === "BUILD_SYNTAX") return [...meaning, ...TYPES];
  return code.startsWith("BUILD_") ? [...meaning, ...RULES] : [...meaning, ...DATA, ...KEYS];
}

const MEANT: ReadonlyMap<string, readonly Sentence[]> = new Map(
  Object.entries(MEANINGS).map(([code, chinese]) => [code, [[errorText(code as Code), chinese]]]),
);

/** A sentence, with what stands behind it of place and value. */
function placed(message: string, sentences: readonly Sentence[]): string | undefined {
  for (const { index } of message.matchAll(/ at |, got |, not /g)) {
    const place = translate(message.slice(index), PLACES);
    const said = place && translate(message.slice(0, index), sentences);
    if (said) return said + place;
  }
  return translate(message, sentences);
}

function translate(english: string, sentences: readonly Sentence[]): string | undefined {
  for (const sentence of sentences) {
    const found = patternOf(sentence).exec(english);
    if (found === null) continue;
    return sentence[1].replace(/\{(\d)\}/g, (_, index: string) => part(found[Number(index) + 1]!));
  }
  return undefined;
}

/** What a sentence is about: names and values stay as they are. */
function part(value: string): string {
  // Findings speak of the spelling of a field as its description does, in the midst of a sentence.
  const own = translate(value, PARTS) ?? translate(capital(value), FIELDS);
  if (own !== undefined) return own;
  if (/^'[^']*'(?:, '[^']*')*(?: and '[^']*')?$/.test(value)) {
    return value
      .replace(/'([^']*)'/g, "“$1”")
      .replaceAll("”, “", "”、“")
      .replace("” and “", "” 和 “");
  }
  const choices = value.split(" or ").map((each) => translate(each, PARTS));
  return choices.length > 1 && choices.every((each) => each !== undefined) ? choices.join("或") : value;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const patterns = new Map<Sentence, RegExp>();

function patternOf(sentence: Sentence): RegExp {
  const known = patterns.get(sentence);
  if (known !== undefined) return known;
  const source = sentence[0].replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\d\}/g, "([^]+?)");
  const pattern = new RegExp(`^${source}$`);
  patterns.set(sentence, pattern);
  return pattern;
}
