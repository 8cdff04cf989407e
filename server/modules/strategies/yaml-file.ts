import { type Code, MAX_STRATEGIES, type Path } from "@haggle/abi";
import { Composer, type CST, type Document, isMap, isNode, isScalar, Lexer, LineCounter, Parser } from "yaml";

/** A file as it was written: its value, and where each part of it stands. */
export type YamlFile = {
  /** Undefined when the text is not YAML. */
  value: unknown;
  /** Why it is not. */
  faults: { code: Code; message: string; line: number; column: number }[];
  /** Of the value at a path, or with `isKey` of the name of the field that the path ends with. */
  placeOf(path: Path, isKey?: boolean): { line: number; column: number };
};

/** 10,000 strategies of a few hundred bytes. Some seconds of reading at most, in a thread of its own. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Strategies need seven; each level is a frame of the reader's stack. */
const MAX_DEPTH = 32;
/** Of one list or map, comments between them included. */
const MAX_ENTRIES = 2 * MAX_STRATEGIES;
/** Nodes that aliases may stand for, in the count of the library: parameters that are shared, not billions of laughs. */
const MAX_ALIASES = 100;
/** Of a file that is something else, all lines are wrong. */
const MAX_FAULTS = 100;

/** Never throws; what is too large is not read. */
export function readYaml(text: string): YamlFile {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FILE_BYTES) return tooLarge(`At most ${MAX_FILE_BYTES} bytes, not ${bytes}`);
  const lines = new LineCounter();
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: line || 1, column: col || 1 };
  };
  let documents: Document.Parsed[];
  try {
    documents = Array.from(
      new Composer({ version: "1.2" }).compose(tokensOf(text, lines), true, text.length),
    );
  } catch (cause) {
    if (!(cause instanceof TooLarge)) throw cause;
    return tooLarge(cause.message, placeAt(cause.offset));
  }
  const [document, second] = documents as [Document.Parsed, ...Document.Parsed[]];
  const placeOf: YamlFile["placeOf"] = (path, isKey = false) => placeAt(offsetOf(document, path, isKey));
  const mistakes = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    at: pos[0],
    message,
  }));
  if (second !== undefined) mistakes.push({ at: second.range[0], message: "One document, not several" });
  if (mistakes.length > 0) {
    // One slip may be several mistakes to the parser.
    const first = new Map(mistakes.reverse().map(({ at, message }) => [at, message]));
    const faults = [...first].sort(([a], [b]) => a - b).slice(0, MAX_FAULTS);
    return {
      value: undefined,
      faults: faults.map(([at, message]) => toFault(message, placeAt(at))),
      placeOf,
    };
  }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, faults: [], placeOf };
  } catch (cause) {
    // The library counts what aliases of aliases stand for.
    if (!(cause instanceof ReferenceError)) throw cause;
    return tooLarge(cause.message);
  }
}

function tooLarge(message: string, { line, column } = { line: 1, column: 1 }): YamlFile {
  const fault = { code: "STRATEGY_TOO_LARGE" as const, message, line, column };
  return { value: undefined, faults: [fault], placeOf: () => ({ line, column }) };
}

function toFault(message: string, place: { line: number; column: number }): YamlFile["faults"][number] {
  return { code: "STRATEGY_NOT_YAML", message, ...place };
}

class TooLarge extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** The tokens of a text, up to where reading on would take time that is quadratic in its levels, or in the fields of one. */
function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    const { stack, offset } = parser;
    if (stack.length > MAX_DEPTH)
      throw new TooLarge(`At most ${MAX_DEPTH} levels inside one another`, offset);
    const top = stack.at(-1);
    if (top && "items" in top && top.items.length > MAX_ENTRIES) {
      throw new TooLarge(`At most ${MAX_ENTRIES} entries of one list or map`, offset);
    }
  }
  yield* parser.end();
}

/** Of the node at the path, or the nearest one above it that is there. */
function offsetOf(document: Document.Parsed, path: Path, isKey: boolean): number {
  if (isKey) {
    const parent = nodeAt(document, path.slice(0, -1));
    const pair = isMap(parent) && parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length >= 0; length -= 1) {
    const node = nodeAt(document, path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** What stands behind an alias stands elsewhere, and is not looked for. */
function nodeAt(document: Document.Parsed, path: Path): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}
