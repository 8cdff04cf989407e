// Formats sources as TypeScript's own formatter does, decorators apart: to it `name="x"` is an assignment.

import ts from "typescript";
import {
  DocumentFormattingRequest,
  DocumentOnTypeFormattingRequest,
  DocumentRangeFormattingRequest,
  type FormattingOptions,
  type ServerCapabilities,
  type TextEdit,
} from "vscode-languageserver";
import { isRuleSource, type RuleText, rangeBetween } from "../language/rule-text.ts";
import type { Server } from "../serve.ts";

export function registerFormatting({ provide, language, settings }: Server): ServerCapabilities {
  provide(DocumentFormattingRequest.type, isRuleSource, async ({ textDocument, options }) => {
    const rule = await find(textDocument.uri);
    if (rule === undefined) return null;
    const { service, sourceName } = rule;
    return toEdits(rule, service.getFormattingEditsForDocument(sourceName, settingsOf(rule, options)));
  });
  provide(DocumentRangeFormattingRequest.type, isRuleSource, async ({ textDocument, options, range }) => {
    const rule = await find(textDocument.uri);
    if (rule === undefined) return null;
    const { service, sourceName, document } = rule;
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    return toEdits(
      rule,
      service.getFormattingEditsForRange(sourceName, start, end, settingsOf(rule, options)),
    );
  });
  provide(
    DocumentOnTypeFormattingRequest.type,
    isRuleSource,
    async ({ textDocument, options, position, ch }) => {
      const rule = await find(textDocument.uri);
      if (rule === undefined) return null;
      const { service, sourceName, document } = rule;
      const offset = document.offsetAt(position);
      const settings = settingsOf(rule, options);
      return toEdits(rule, service.getFormattingEditsAfterKeystroke(sourceName, offset, ch, settings));
    },
  );
  return {
    documentFormattingProvider: true,
    documentRangeFormattingProvider: true,
    documentOnTypeFormattingProvider: { firstTriggerCharacter: "}", moreTriggerCharacter: [";", "\n"] },
  };

  async function find(uri: string): Promise<RuleText | undefined> {
    return (await settings.get("format.enable")) ? language.find(uri) : undefined;
  }
}

function settingsOf(
  { document }: RuleText,
  { tabSize, insertSpaces }: FormattingOptions,
): ts.FormatCodeSettings {
  return {
    ...ts.getDefaultFormatCodeSettings(document.getText().includes("\r\n") ? "\r\n" : "\n"),
    indentSize: tabSize,
    tabSize,
    convertTabsToSpaces: insertSpaces,
    // It would write `;}` at the end of blocks of one line.
    semicolons: ts.SemicolonPreference.Ignore,
  };
}

function toEdits({ document, virtual }: RuleText, changes: readonly ts.TextChange[]): TextEdit[] {
  return changes.flatMap(({ span, newText }) => {
    const end = span.start + span.length;
    if (virtual.decorators.some((decorator) => span.start < decorator.end && end > decorator.start))
      return [];
    return [{ range: rangeBetween(document, span.start, end), newText }];
  });
}
