// What literals mean, beside them: amounts in the shop's currency, and which parameter an argument is for.

import ts from "typescript";
import {
  type InlayHint,
  InlayHintKind,
  InlayHintRequest,
  type ServerCapabilities,
} from "vscode-languageserver";
import { formatAmount } from "../amount.ts";
import { moneyOf } from "../language/money.ts";
import { isRuleSource, type RuleText } from "../language/rule-text.ts";
import { walkSpan } from "../language/syntax.ts";
import type { Server } from "../serve.ts";

export function registerInlayHints({ provide, language, settings }: Server): ServerCapabilities {
  provide(InlayHintRequest.type, isRuleSource, async ({ textDocument, range }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    const start = rule.document.offsetAt(range.start);
    const span = { start, length: rule.document.offsetAt(range.end) - start };
    const [currency, money, names] = await Promise.all([
      settings.get("currency"),
      settings.get("inlayHints.money"),
      settings.get("inlayHints.parameterNames"),
    ]);
    return [...(money ? amountHints(rule, span, currency) : []), ...(names ? nameHints(rule, span) : [])];
  });
  return { inlayHintProvider: true };
}

function amountHints(
  { checked, document, virtual }: RuleText,
  span: ts.TextSpan,
  currency: string,
): InlayHint[] {
  const hints: InlayHint[] = [];
  const { file, checker } = checked();
  walkSpan(file, span, (node) => {
    if (!ts.isNumericLiteral(node) || node.end > virtual.sourceLength) return;
    const amount = moneyOf(node, checker);
    // Nothing is nothing in any currency.
    if (amount === undefined || amount === 0) return;
    hints.push({
      position: document.positionAt(node.end),
      label: formatAmount(amount, currency),
      paddingLeft: true,
    });
  });
  return hints;
}

function nameHints({ service, name, document, virtual }: RuleText, span: ts.TextSpan): InlayHint[] {
  const wanted: ts.UserPreferences = { includeInlayParameterNameHints: "literals" };
  return service.provideInlayHints(name, span, wanted).flatMap(({ position, text }) =>
    position > virtual.sourceLength
      ? []
      : [
          {
            position: document.positionAt(position),
            label: text,
            kind: InlayHintKind.Parameter,
            paddingRight: true,
          },
        ],
  );
}
