// What can be folded: blocks, comments, imports, and decorators of several lines.

import ts from "typescript";
import {
  type FoldingRange,
  FoldingRangeKind,
  FoldingRangeRequest,
  type SelectionRange,
  SelectionRangeRequest,
  type ServerCapabilities,
} from "vscode-languageserver";
import { isRuleSource, type RuleText, rangeBetween } from "../language/rule-text.ts";
import type { Server } from "../serve.ts";

export function registerFolding({ provide, language }: Server): ServerCapabilities {
  provide(FoldingRangeRequest.type, isRuleSource, async ({ textDocument }) => {
    const rule = await language.find(textDocument.uri);
    return rule === undefined ? null : foldsOf(rule);
  });
  provide(SelectionRangeRequest.type, isRuleSource, async ({ textDocument, positions }) => {
    const rule = await language.find(textDocument.uri);
    if (rule === undefined) return null;
    return positions.map((position) => selectionAt(rule, rule.document.offsetAt(position)));
  });
  return { foldingRangeProvider: true, selectionRangeProvider: true };
}

function foldsOf({ service, sourceName, document, virtual }: RuleText): FoldingRange[] {
  const spans = service.getOutliningSpans(sourceName);
  const folds = spans.map(({ textSpan, kind }) =>
    foldOf(textSpan.start, textSpan.start + textSpan.length, kind),
  );
  const decorators = virtual.decorators.map(({ start, end }) =>
    foldOf(start, end, ts.OutliningSpanKind.Code),
  );
  const lines = new Map([...decorators, ...folds].map((fold) => [`${fold.startLine}-${fold.endLine}`, fold]));
  return [...lines.values()]
    .filter(({ startLine, endLine }) => endLine > startLine)
    .sort((a, b) => a.startLine - b.startLine || a.endLine - b.endLine);

  function foldOf(start: number, end: number, kind: ts.OutliningSpanKind): FoldingRange {
    const from = document.positionAt(start);
    const to = document.positionAt(end);
    // The line of a closing bracket stays to be seen.
    const isClosed = /[\])}]/.test(document.getText()[end - 1] ?? "");
    const folded = KINDS[kind];
    return {
      startLine: from.line,
      endLine: isClosed ? to.line - 1 : to.line,
      ...(folded === undefined ? {} : { kind: folded }),
    };
  }
}

const KINDS: Partial<Record<ts.OutliningSpanKind, FoldingRangeKind>> = {
  [ts.OutliningSpanKind.Comment]: FoldingRangeKind.Comment,
  [ts.OutliningSpanKind.Imports]: FoldingRangeKind.Imports,
  [ts.OutliningSpanKind.Region]: FoldingRangeKind.Region,
};

function selectionAt({ service, sourceName, document }: RuleText, offset: number): SelectionRange {
  const toRange = ({ textSpan, parent }: ts.SelectionRange): SelectionRange => ({
    range: rangeBetween(document, textSpan.start, textSpan.start + textSpan.length),
    ...(parent && { parent: toRange(parent) }),
  });
  return toRange(service.getSmartSelectionRange(sourceName, offset));
}
