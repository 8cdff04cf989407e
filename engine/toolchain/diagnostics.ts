// What a build says about a rule source: always a code, a place and, where one is known, a way out.

import type { Code } from "@haggle/abi";

export type Diagnostic = Place & {
  severity: "error" | "warning";
  code: Code;
  message: string;
  hint?: string;
  /** Other places that it is about. */
  related?: (Place & { message: string })[];
  /** Ways to mend it, the likeliest first. */
  fixes?: Fix[];
};

/** A piece of a source. */
export type Place = {
  /** Project-relative, with forward slashes; empty when the project as a whole is meant. */
  file: string;
  /** From 1; columns in UTF-16 units. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
};

/** A change that mends a finding: `what` is put there, taken out, put in the place of what is there, or made a parameter. */
export type Fix = {
  verb: "change" | "remove" | "add" | "parameter";
  /** Source text, short enough to be a title. */
  what: string;
  edits: Edit[];
  /** It is what was meant, as far as anybody can know. */
  isSure?: true;
};

export type Edit = Place & { text: string };

/** The way out where the place of a finding knows no better one. */
const HINTS: Partial<Record<Code, string>> = {
  BUILD_SYNTAX:
    "rules are AssemblyScript, which lacks parts of TypeScript; the mistake may stand just before this place",
  BUILD_TYPE:
    "AssemblyScript is stricter than TypeScript: amounts are i64, counts are i32, and narrowing needs `as`",
  BUILD_DUPLICATE_METADATA: "keep one of the two",
  BUILD_BAD_METADATA: 'write the value out: `@promo(name="spend-and-save", priority=10, group="basket")`',
};

/** The hint that goes with a finding: its own, or what its code has to say. */
export function hintOf(code: Code, own: string | undefined): { hint?: string } {
  const hint = own ?? HINTS[code];
  return hint === undefined ? {} : { hint };
}

/** A diagnostic about a file, or with `file` empty about the project. */
export function diagnosticOf(file: string, code: Code, message: string, hint?: string): Diagnostic {
  const place = { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  return { severity: "error", code, message, ...place, ...hintOf(code, hint) };
}

/** `rules/a.rule.ts:3:7 BUILD_X message`, and the hint on a line of its own. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, code, message, hint, severity } = diagnostic;
  const place = file === "" ? "" : `${file}:${line}:${column} `;
  const level = severity === "warning" ? "warning " : "";
  return `${place}${level}${code} ${message}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}

/** Orders diagnostics by place. */
export function bySource(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
