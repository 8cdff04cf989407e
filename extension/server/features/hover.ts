// What stands under the pointer: its declaration in AssemblyScript's terms and its documentation; of amounts, what they
// are in the shop's currency.

import ts from "typescript";
import { type Hover, HoverRequest, MarkupKind, type ServerCapabilities } from "vscode-languageserver";
import { formatAmount } from "../amount.ts";
import { shownSignature } from "../language/display.ts";
import { docsOf } from "../language/docs.ts";
import { moneyOf } from "../language/money.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { nodeAt } from "../language/syntax.ts";
import { codeBlock, inlineCode } from "../markdown.ts";
import type { Server } from "../serve.ts";

export function registerHover({ provide, language, settings }: Server): ServerCapabilities {
  provide(HoverRequest.type, isRuleSource, async ({ textDocument, position }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const offset = rule.offsetAt(position);
    return hoverAmount(rule, offset, await settings.get("currency")) ?? hoverName(rule, offset);
  });
  return { hoverProvider: true };
}

function hoverName(rule: RuleText, offset: number): Hover | null {
  const info = rule.service.getQuickInfoAtPosition(rule.name, offset);
  const range = info && rule.rangeOf(info.textSpan);
  if (info === undefined || range === undefined) return null;
  const signature = codeBlock(shownSignature(info, rule, offset));
  const docs = docsOf(info);
  const value = docs === "" ? signature : `${signature}\n\n${docs}`;
  return { contents: { kind: MarkupKind.Markdown, value }, range };
}

function hoverAmount(rule: RuleText, offset: number, currency: string): Hover | null {
  const { file, checker } = rule.checked();
  const literal = nodeAt(file, offset, ts.isNumericLiteral);
  if (literal === undefined || literal.getStart() >= rule.virtual.sourceLength) return null;
  const amount = moneyOf(literal, checker);
  const range = rule.rangeOf({ start: literal.getStart(), length: literal.getWidth() });
  if (amount === undefined || range === undefined) return null;
  const value = `${inlineCode(literal.getText())} = **${formatAmount(amount, currency)}**`;
  return { contents: { kind: MarkupKind.Markdown, value }, range };
}
