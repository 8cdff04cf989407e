// Ways through TypeScript's syntax trees.

import ts from "typescript";

/** The innermost node at an offset that `is` holds for, its end included. */
export function nodeAt<T extends ts.Node>(
  file: ts.SourceFile,
  offset: number,
  is: (node: ts.Node) => node is T,
): T | undefined {
  let found: T | undefined;
  const visit = (node: ts.Node): void => {
    if (offset < node.getStart(file) || offset > node.end) return;
    if (is(node)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Calls `visit` for every node that touches a span, parents first. */
export function walkSpan(file: ts.SourceFile, span: ts.TextSpan, visit: (node: ts.Node) => void): void {
  const end = span.start + span.length;
  const each = (node: ts.Node): void => {
    if (node.end < span.start || node.pos > end) return;
    visit(node);
    ts.forEachChild(node, each);
  };
  each(file);
}

/** Whether a text is a name that a rule can give to something of its own. */
export function isName(text: string): boolean {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text);
  const token = scanner.scan();
  // Words such as `from` mean something in few places, and are names in all others.
  const isFree = token === ts.SyntaxKind.Identifier || token > ts.SyntaxKind.LastFutureReservedWord;
  return isFree && token <= ts.SyntaxKind.LastKeyword && scanner.getTokenEnd() === text.length;
}
