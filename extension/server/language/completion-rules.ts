// Completions that TypeScript knows nothing of: decorators, their keys and values, and whole rules.

import { HARMLESS_DECORATORS } from "@haggle/toolchain/vocabulary";
import ts from "typescript";
import { type CompletionItem, CompletionItemKind, InsertTextFormat, MarkupKind } from "vscode-languageserver";
import type { ViewLocale } from "../../shared/price.ts";
import { type OwnText, tell } from "../words/tell.ts";
import { optionsOf } from "./decorator-problems.ts";
import { docsOf } from "./docs.ts";
import { type RuleText, rangeBetween } from "./rule-text.ts";
import type { RuleDecorator } from "./virtual-text.ts";

/** Behind an `@`; undefined where there is none. */
export function completeDecorators(
  rule: RuleText,
  offset: number,
  locale: ViewLocale,
): CompletionItem[] | undefined {
  const text = rule.document.getText();
  const typed = /@(\w*)$/.exec(text.slice(lineStart(text, offset), offset));
  if (typed === null || isInText(rule, offset - typed[0].length)) return undefined;
  const rest = /^\w*/.exec(text.slice(offset))![0];
  const range = rangeBetween(rule.document, offset - typed[0].length, offset + rest.length);
  const isBare = /^\s*\(/.test(text.slice(offset + rest.length));
  const isBeforeFunction = /^\w*(?:\([^)]*\))?\s*(?:export\s+)?function\b/.test(text.slice(offset));
  const of = (label: string, newText: string, detail: OwnText): CompletionItem => ({
    label: `@${label}`,
    filterText: `@${label}`,
    kind: CompletionItemKind.Snippet,
    detail: tell(locale, detail),
    insertTextFormat: InsertTextFormat.Snippet,
    textEdit: { range, newText },
  });
  const name = nameOf(rule.uri);
  // Where arguments or a function follow already, the decorator alone is wanted.
  const whole = !isBare && !isBeforeFunction;
  const promo = isBare ? "@promo" : `@promo(name="\${1:${name.kebab}}")`;
  const pricing = isBare ? "@pricing" : `@pricing(name="\${1:${name.kebab}}", template=true)`;
  return [
    of(
      "promo",
      whole ? `${promo}\n${promotion(name.camel)}` : promo,
      "A promotion: what is taken off a cart",
    ),
    of("pricing", whole ? `${pricing}\n${price(name.camel)}` : pricing, "A pricing rule: what a unit costs"),
    ...[...HARMLESS_DECORATORS].map((each) => ({
      ...of(each, `@${each}`, "Of AssemblyScript"),
      kind: CompletionItemKind.Keyword,
    })),
  ];
}

/** Between a decorator's parentheses: keys that are not there yet, and what a key can be. `groups` are the project's. */
export function completeKeys(
  rule: RuleText,
  decorator: RuleDecorator,
  offset: number,
  groups: readonly string[],
): CompletionItem[] {
  const text = rule.document.getText();
  const before = text.slice(decorator.arguments!.start, offset);
  const options = optionsOf(rule, decorator.name);
  const value = /(\w+)\s*[=:]\s*("[^"\n]*|'[^'\n]*|\w*)$/.exec(before);
  const { checker } = rule.checked();
  if (value !== null && !/,\s*$/.test(before)) {
    const option = options.find(({ name }) => name === value[1]);
    if (option === undefined) return [];
    const choices = option.name === "group" ? groups.map((each) => JSON.stringify(each)) : choicesOf(option);
    return valuesOf(choices, rule, offset, value[2]!);
  }
  const typed = /(\w*)$/.exec(before)![1]!;
  if (!/(?:^|[,{])\s*\w*$/.test(before)) return [];
  const after = text.slice(offset, decorator.arguments!.end);
  const around = `${before.slice(0, before.length - typed.length)}${after.replace(/^\w*/, "")}`;
  const given = new Set([...around.matchAll(/(\w+)\s*[=:]/g)].map(([, key]) => key!));
  const isNamed = /^\w*\s*[=:]/.test(after);
  return options
    .filter(({ name }) => !given.has(name))
    .map((option, index): CompletionItem => {
      const docs = docsOf({ documentation: option.getDocumentationComment(checker) });
      const sign = decorator.isObject ? ": " : "=";
      return {
        label: option.name,
        kind: CompletionItemKind.Property,
        sortText: String(index),
        labelDetails: { description: typeOf(option) },
        insertText: isNamed ? option.name : `${option.name}${sign}${placeFor(option)}`,
        insertTextFormat: InsertTextFormat.Snippet,
        ...(docs === "" ? {} : { documentation: { kind: MarkupKind.Markdown, value: docs } }),
      };
    });
}

function valuesOf(
  values: readonly string[],
  rule: RuleText,
  offset: number,
  typed: string,
): CompletionItem[] {
  const text = rule.document.getText();
  const quote = /^["']/.exec(typed)?.[0];
  const rest = /^[\w-]*["']?/.exec(text.slice(offset))![0];
  const range = rangeBetween(rule.document, offset - typed.length, offset + (quote ? rest.length : 0));
  return values.map((value, index) => ({
    label: value,
    filterText: value,
    kind: CompletionItemKind.EnumMember,
    sortText: String(index),
    textEdit: { range, newText: value },
  }));
}

/** Every value that a key can have, as a rule writes it; none where there are too many to say. */
function choicesOf(option: ts.Symbol): string[] {
  const type = typeOf(option);
  return type === "bool" ? ["true", "false"] : type.includes('"') ? type.split(/\s*\|\s*/) : [];
}

function placeFor(option: ts.Symbol): string {
  const choices = choicesOf(option);
  if (choices.length > 0) return `\${1|${choices.join(",")}|}`;
  return typeOf(option) === "string" ? '"$1"' : "$1";
}

function typeOf({ valueDeclaration }: ts.Symbol): string {
  return valueDeclaration && ts.isPropertySignature(valueDeclaration)
    ? (valueDeclaration.type?.getText() ?? "")
    : "";
}

/** Whole rules, where a statement can begin outside of everything, named after the file. */
export function completeRules(rule: RuleText, offset: number, locale: ViewLocale): CompletionItem[] {
  const text = rule.document.getText();
  const typed = /^\s*(\w*)$/.exec(text.slice(lineStart(text, offset), offset));
  if (typed === null || !rule.uri.endsWith(".rule.ts")) return [];
  // Asked last: it parses the source.
  const begun = offset - typed[1]!.length;
  const isOutside = rule.syntax().statements.every((each) => begun <= each.getStart() || begun >= each.end);
  if (!isOutside) return [];
  const { kebab, camel, pascal } = nameOf(rule.uri);
  const of = (label: string, detail: OwnText, insertText: string): CompletionItem => ({
    label,
    detail: tell(locale, detail),
    kind: CompletionItemKind.Snippet,
    insertText,
    insertTextFormat: InsertTextFormat.Snippet,
  });
  return [
    of("promotion", "A promotion", `@promo(name="\${1:${kebab}}")\n${promotion(camel)}`),
    of(
      "promotion with parameters",
      "A promotion that shops fit to their needs",
      `/** \${1:${tell(locale, "What it is for.")}} */\nclass ${pascal} {\n  /** \${2:${tell(locale, "From which total on.")}} */\n  threshold: Money = \${3:100_00};\n  percent: Percent = Percent.of(\${4:10});\n}\n\n@promo(name="\${5:${kebab}}", template=true)\nexport function ${camel}(ctx: Context, p: ${pascal}): Result {\n  if (ctx.cart.total < p.threshold) return Result.none();\n  return Result.orderPercent(p.percent, "\${6:REASON}");\n}\n`,
    ),
    of("pricing", "A pricing rule", `@pricing(name="\${1:${kebab}}", template=true)\n${price(camel)}`),
  ];
}

function promotion(name: string): string {
  return `export function ${name}(ctx: Context): Result {\n  if (ctx.cart.total < \${2:100_00}) return Result.none();\n  return Result.order(\${3:10_00}, "\${4:REASON}");\n}\n`;
}

function price(name: string): string {
  return `export function ${name}(ctx: Context, line: Line): Money {\n  return \${2:line.unitPrice};\n}\n`;
}

/** What a rule in a file is likely to be called, in the three ways in which it is written. */
function nameOf(uri: string): { kebab: string; camel: string; pascal: string } {
  const file = uri.slice(uri.lastIndexOf("/") + 1).replace(/\.rule\.ts$/, "");
  const words = file.toLowerCase().match(/[a-z\d]+/g) ?? ["rule"];
  const pascal = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  const sound = /^[A-Z]/.test(pascal) ? pascal : `Rule${pascal}`;
  return { kebab: words.join("-"), camel: sound[0]!.toLowerCase() + sound.slice(1), pascal: sound };
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Whether an offset is in a comment or a text literal. */
function isInText(rule: RuleText, offset: number): boolean {
  const span = rule.service.getSpanOfEnclosingComment(rule.sourceName, offset, false);
  if (span !== undefined) return true;
  let found = false;
  const visit = (node: ts.Node): void => {
    if (offset <= node.getStart() || offset >= node.end) return;
    found ||= ts.isStringLiteralLike(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(rule.syntax(), visit);
  return found;
}
