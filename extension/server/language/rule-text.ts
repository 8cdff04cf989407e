// A source of rules, as features ask about it.

import type ts from "typescript";
import type { Location, Position, Range } from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { VirtualText } from "./virtual-text.ts";

/** A source of rules, and all that can be asked of it. */
export type RuleText = {
  uri: string;
  /** The text as the editor has it. */
  document: TextDocument;
  service: ts.LanguageService;
  virtual: VirtualText;
  /** By what names the service knows the virtual text, and the source, which only has a syntax. */
  name: string;
  sourceName: string;
  /** Of a place, in the virtual text. */
  offsetAt(position: Position): number;
  /** Of a span of the virtual text; undefined when the source has nothing of it. */
  rangeOf(span: ts.TextSpan): Range | undefined;
  /** Of a span of any text that the service knows. */
  locate(name: string, span: ts.TextSpan): Location | undefined;
  /** The syntax of the source itself, with decorators. */
  syntax(): ts.SourceFile;
  /** The syntax of the virtual text, and who knows its types. */
  checked(): { file: ts.SourceFile; checker: ts.TypeChecker };
};

/** Whether a document is a source of rules, or of what they import. */
export function isRuleSource(uri: string): boolean {
  return (
    uri.endsWith(".rule.ts") || (uri.endsWith(".ts") && !uri.endsWith(".d.ts") && uri.includes("/rules/"))
  );
}

export function rangeBetween(document: TextDocument, start: number, end: number): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}
