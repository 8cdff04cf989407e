// What a build says about a rule source: always a code, a place and, where one is known, a way out.

import type { Code } from "@haggle/abi";
import type { AscDiagnostic, AscNode, AscRange } from "./asc.ts";
import { positionOf } from "./syntax.ts";

export type Diagnostic = {
  severity: "error" | "warning";
  code: Code;
  message: string;
  /** Project-relative, with forward slashes; empty when the project as a whole is meant. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  hint?: string;
};

/** A diagnostic about a piece of source. */
export function diagnosticAt(
  node: AscNode | AscRange,
  code: Code,
  message: string,
  hint?: string,
): Diagnostic {
  const range = "range" in node ? node.range : node;
  const start = positionOf(range.source, range.start);
  const end = positionOf(range.source, range.end);
  return {
    severity: "error",
    code,
    message,
    file: range.source.normalizedPath,
    ...start,
    endLine: end.line,
    endColumn: end.column,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** A diagnostic about a file, or with `file` empty about the project. */
export function diagnosticOf(file: string, code: Code, message: string, hint?: string): Diagnostic {
  const place = { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  return { severity: "error", code, message, ...place, ...(hint === undefined ? {} : { hint }) };
}

/** `rules/a.rule.ts:3:7 BUILD_X message`, and the hint on a line of its own. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, code, message, hint, severity } = diagnostic;
  const place = file === "" ? "" : `${file}:${line}:${column} `;
  const level = severity === "warning" ? "warning " : "";
  return `${place}${level}${code} ${message}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}

const ASC_WARNING = 2;
const ASC_ERROR = 3;

// asc's own codes (diagnosticMessages.json) whose cause is usually not what their text says.
const OPERATION_IS_UNSAFE = 101;
const NOT_IMPLEMENTED = 100;
const CANNOT_BE_ASSIGNED = 2322;
const CONVERSION_REQUIRES_CAST = 200;
const CANNOT_FIND_NAME = 2304;
const FILE_NOT_FOUND = 6054;

/** asc's diagnostics in our terms, without its remarks and pedantry, in source order. */
export function fromAsc(diagnostics: AscDiagnostic[], phase: "BUILD_SYNTAX" | "BUILD_TYPE"): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.category < ASC_WARNING) continue;
    const mapped = mapOne(diagnostic, phase);
    // asc compiles loop bodies more than once and says the same thing each time.
    found.set(formatDiagnostic(mapped), mapped);
  }
  return [...found.values()].sort(bySource);
}

export function bySource(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function mapOne(diagnostic: AscDiagnostic, phase: "BUILD_SYNTAX" | "BUILD_TYPE"): Diagnostic {
  const { code, message } = diagnostic;
  // An error inside the library that a rule caused is shown where the rule stands.
  const ranges = [diagnostic.range, diagnostic.relatedRange].filter((range) => range !== null);
  const range = ranges.find((each) => !each.source.isLibrary) ?? ranges[0];
  const [ours, hint] = explain(code, message, phase);
  const text = message.replace(/\.$/, "");
  const mapped =
    range === undefined ? diagnosticOf("", ours, text, hint) : diagnosticAt(range, ours, text, hint);
  return diagnostic.category === ASC_ERROR ? mapped : { ...mapped, severity: "warning" };
}

function explain(
  code: number,
  message: string,
  phase: "BUILD_SYNTAX" | "BUILD_TYPE",
): [Diagnostic["code"], string | undefined] {
  const types = /^Type '(.*)' is not assignable to type '(.*)'/.exec(message);
  if (types?.[2]?.endsWith("/Sym") && types[1]?.endsWith("String")) {
    return ["BUILD_NOT_LITERAL", "write the text as a literal: hosts intern it when they load the bundle"];
  }
  if (types?.[2] === "i64" && types[1]?.endsWith("Percent")) {
    return [phase, "an amount is meant here; the percentage forms are orderPercent, linePercent, ..."];
  }
  if (code === OPERATION_IS_UNSAFE) return ["BUILD_BANNED", "rules have no access to raw memory"];
  if (code === NOT_IMPLEMENTED && message.includes("Closures")) {
    return [phase, "a nested function cannot use variables around it; use a plain loop"];
  }
  if (code === NOT_IMPLEMENTED && message.includes("Iterators")) {
    return [phase, "write `for (let i = 0; i < lines.count; i++)`"];
  }
  if (code === CONVERSION_REQUIRES_CAST || code === CANNOT_BE_ASSIGNED) {
    if (message.includes("'i64' to 'i32'")) {
      return [phase, "amounts are i64; write `as i32` where the value is a count that surely fits"];
    }
  }
  if (code === CANNOT_FIND_NAME) {
    return [phase, "rules see the Haggle globals and what they import from files under rules/"];
  }
  if (code === FILE_NOT_FOUND) return [phase, "imports name files under rules/, such as `./tiers`"];
  return [phase, undefined];
}
