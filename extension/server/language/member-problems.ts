// asc compiles what is reached: members of classes that nobody calls and generic functions that nobody uses say nothing.
// TypeScript reads them all, in other terms, so that only those of its errors are taken that asc would come to as well.

import ts from "typescript";
import { type Diagnostic, DiagnosticSeverity } from "vscode-languageserver";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import type { RuleText } from "./rule-text.ts";

/** Names that are not there, members that a type has not, and the wrong number of arguments. */
const SHARED_WITH_ASC: ReadonlySet<number> = new Set([2304, 2552, 2339, 2551, 2554, 2555]);

export function findMemberProblems({ service, name, virtual, rangeOf, checked }: RuleText): Diagnostic[] {
  const problems = service
    .getSemanticDiagnostics(name)
    .filter(
      ({ code, start }) => SHARED_WITH_ASC.has(code) && start !== undefined && start < virtual.sourceLength,
    );
  if (problems.length === 0) return [];
  const { file } = checked();
  return problems.flatMap(({ start, length, messageText }) => {
    const range = rangeOf({ start: start!, length: length ?? 0 });
    if (range === undefined || !isUnreached(file, start!)) return [];
    const message = ts.flattenDiagnosticMessageText(messageText, "\n").replace(/\.$/, "");
    const severity = DiagnosticSeverity.Warning;
    return [{ severity, source: DIAGNOSTIC_SOURCE, code: "BUILD_TYPE", message, range }];
  });
}

/** Whether a place is in what asc may never look at. */
function isUnreached(file: ts.SourceFile, offset: number): boolean {
  const statement = file.statements.find(({ pos, end }) => pos <= offset && offset < end);
  if (statement === undefined) return false;
  if (ts.isClassDeclaration(statement))
    return statement.members.some(({ pos, end }) => pos <= offset && offset < end);
  return ts.isFunctionDeclaration(statement) && (statement.typeParameters ?? []).length > 0;
}
