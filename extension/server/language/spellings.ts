// Misspelt names of members, of what is in scope and of what a file exports, and what was meant.

import ts from "typescript";
import type { Range } from "vscode-languageserver";
import type { RuleText } from "./rule-text.ts";

/** TypeScript's errors that say what was meant: of a member, of a name, of an import. */
const MISSPELT: ReadonlySet<number> = new Set([2551, 2552, 2724]);
const MEANT = /Did you mean '([^']+)'\?$/;

export type Spelling = { range: Range; meant: string };

export function spellingsIn({ service, name, virtual, rangeOf }: RuleText): Spelling[] {
  return service.getSemanticDiagnostics(name).flatMap(({ code, start, length, messageText }) => {
    // Behind the source stand the decorators, whose names the toolchain knows.
    if (!MISSPELT.has(code) || start === undefined || start >= virtual.sourceLength) return [];
    const range = rangeOf({ start, length: length ?? 0 });
    const [, meant] = MEANT.exec(ts.flattenDiagnosticMessageText(messageText, "\n")) ?? [];
    return range === undefined || meant === undefined ? [] : [{ range, meant }];
  });
}
