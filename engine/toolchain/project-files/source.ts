// A file of promotions or a policy as it was written: its value, and where each part of it stands.

import { type Code, errorText, isTooLargeForProject, type Path } from "@haggle/abi";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import { type Diagnostic, diagnosticOf } from "../diagnostics.ts";
import { isTooDeep, parseYaml, TOO_DEEP } from "./yaml-text.ts";

export type DataSource = {
  /** Project-relative, with forward slashes. */
  file: string;
  /** Undefined when the text is neither YAML nor JSON. */
  value: unknown;
  /** Why it is neither. */
  faults: Diagnostic[];
  /** About the value at a path, or with `key` about the name of the field that the path ends with. */
  faultAt(path: Path, fault: Finding): Diagnostic;
};

export type Finding = {
  code: Code;
  message: string;
  hint?: string | undefined;
  severity?: Diagnostic["severity"];
  key?: boolean;
};

/** Reads YAML 1.2, or JSON where the name of the file says so. Never throws. */
export function readSource(file: string, text: string): DataSource {
  if (isTooLargeForProject(text)) return tooLarge(file);
  return file.endsWith(".json") ? readJson(file, text) : readYaml(file, text);
}

/** Nothing looks into it, not even for a place. */
function tooLarge(file: string): DataSource {
  const hint = file.startsWith("promotions")
    ? "promotions may stand in several files of promotions/"
    : undefined;
  const fault = diagnosticOf(file, "CLI_FILE_TOO_LARGE", errorText("CLI_FILE_TOO_LARGE"), hint);
  return { file, value: undefined, faults: [fault], faultAt: () => fault };
}

function readYaml(file: string, text: string): DataSource {
  const { document, diagnosticAt, faultAt } = parsePlaces(file, text);
  // One slip may be several mistakes to the parser.
  const first = [...document.errors, ...document.warnings].filter(
    ({ pos }, i, all) => all.findIndex((other) => other.pos[0] === pos[0]) === i,
  );
  const faults = first.map(({ pos, code, message }) => {
    const hint = OF_COLUMNS.includes(code) ? COLUMNS_HINT : undefined;
    return diagnosticAt(pos[0], pos[1], { code: "CLI_NOT_YAML", message, hint });
  });
  if (faults.length > 0) return { file, value: undefined, faults, faultAt };
  try {
    return { file, value: document.toJS() as unknown, faults, faultAt };
  } catch (cause) {
    // Aliases of aliases can stand for more than any memory holds; the library counts them.
    if (!(cause instanceof ReferenceError)) throw cause;
    const fault = diagnosticAt(0, 0, { code: "CLI_NOT_YAML", message: cause.message });
    return { file, value: undefined, faults: [fault], faultAt };
  }
}

/** What the parser says when a field begins in the wrong column. Its words are about YAML's grammar, its place may be a line early. */
const OF_COLUMNS: readonly string[] = ["BLOCK_AS_IMPLICIT_KEY", "MULTILINE_IMPLICIT_KEY"];
const COLUMNS_HINT =
  "fields of one object begin in the same column; a text that has a colon and a blank needs quotes";

/** Large files are JSON, and places are asked for where something is wrong: only then it is read as the YAML that it is. */
function readJson(file: string, text: string): DataSource {
  let places: ReturnType<typeof parsePlaces> | undefined;
  const faultAt: DataSource["faultAt"] = (path, finding) => {
    places ??= parsePlaces(file, text);
    return places.faultAt(path, finding);
  };
  try {
    const value: unknown = JSON.parse(text);
    if (!isTooDeep(value)) return { file, value, faults: [], faultAt };
    const fault = faultAt([], { code: "CLI_NOT_JSON", message: TOO_DEEP });
    return { file, value: undefined, faults: [fault], faultAt };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const { diagnosticAt } = parsePlaces(file, text);
    const position = Number(/position (\d+)/.exec(cause.message)?.[1] ?? text.length);
    const fault = diagnosticAt(position, position, { code: "CLI_NOT_JSON", message: cause.message });
    return { file, value: undefined, faults: [fault], faultAt };
  }
}

function parsePlaces(file: string, text: string) {
  const { document, lines } = parseYaml(text);
  const diagnosticAt = (start: number, end: number, finding: Finding): Diagnostic => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    const { code, message, hint, severity = "error" } = finding;
    return {
      severity,
      code,
      message,
      file,
      // A text without a single line has no places.
      line: from.line || 1,
      column: from.col || 1,
      endLine: to.line || 1,
      endColumn: to.col || 1,
      ...(hint === undefined ? {} : { hint }),
    };
  };
  const faultAt = (path: Path, finding: Finding): Diagnostic => {
    const [start, end] = rangeOf(document, path, finding.key === true);
    return diagnosticAt(start, end, finding);
  };
  return { document, diagnosticAt, faultAt };
}

/** Where the node at the path stands, or the nearest one above it that is there. */
function rangeOf(document: Document.Parsed, path: Path, isKey: boolean): [start: number, end: number] {
  let node = resolve(document, document.contents);
  let range = spanOf(node) ?? [0, 0];
  for (const [i, step] of path.entries()) {
    let next: Node | null = null;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (pair === undefined) return range;
      next = pair.value as Node | null;
      // The name of a field is what leads to a field without a value.
      range = spanOf(next) ?? spanOf(pair.key as Node) ?? range;
      if (isKey && i === path.length - 1) return spanOf(pair.key as Node) ?? range;
    } else if (isSeq(node) && typeof step === "number") {
      next = (node.items[step] ?? null) as Node | null;
      range = spanOf(next) ?? range;
    } else return range;
    node = resolve(document, next);
  }
  return range;
}

function resolve(document: Document.Parsed, node: Node | null): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function spanOf(node: Node | null | undefined): [number, number] | undefined {
  return node?.range ? [node.range[0], node.range[1]] : undefined;
}
