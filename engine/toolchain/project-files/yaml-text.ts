// A text of a project as YAML, with places.

import { errorText, isTooLargeForProject } from "@haggle/abi";
import {
  Composer,
  type CST,
  type Document,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
  YAMLParseError,
} from "yaml";

export type YamlText = {
  /** What cannot be read is among its errors, and left out. */
  document: Document.Parsed;
  /** Where each line begins. */
  lines: LineCounter;
};

/** Nothing of a project needs a third of it. Each level is a frame of the stack, here and of whoever walks the tree. */
const MAX_DEPTH = 64;
/** Of one object. The reader holds each name against all others. */
const MAX_FIELDS = 10_000;

/** Reads YAML 1.2, and JSON, which is part of it. Never throws; what is too deep or too wide is not read at all. */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  const options = { version: "1.2", prettyErrors: false, logLevel: "silent" } as const;
  try {
    if (isTooLargeForProject(text)) throw new TooLarge(errorText("CLI_FILE_TOO_LARGE"), 0);
    const found = new Composer(options).compose(tokensOf(text, lines), true, text.length);
    const document = found.next().value as Document.Parsed;
    const second = found.next().value as Document.Parsed | undefined;
    if (second !== undefined) {
      const [start, end] = second.range;
      document.errors.push(new YAMLParseError([start, end], "MULTIPLE_DOCS", "One document, not several"));
    }
    return { document, lines };
  } catch (cause) {
    if (!(cause instanceof TooLarge)) throw cause;
    const document = parseDocument("", options);
    const { offset, message } = cause;
    document.errors.push(new YAMLParseError([offset, offset + 1], "RESOURCE_EXHAUSTION", message));
    return { document, lines };
  }
}

/** Whether a value of JSON is nested too deeply. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}

export const TOO_DEEP = `At most ${MAX_DEPTH} levels inside one another`;

class TooLarge extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    const { stack, offset } = parser;
    if (stack.length > MAX_DEPTH) throw new TooLarge(TOO_DEEP, offset);
    if (fieldsOf(stack.at(-1)) > MAX_FIELDS)
      throw new TooLarge(`At most ${MAX_FIELDS} fields of one object`, offset);
  }
  yield* parser.end();
}

function fieldsOf(token: CST.Token | undefined): number {
  const isMap =
    token?.type === "block-map" || (token?.type === "flow-collection" && token.start.source === "{");
  return isMap ? token.items.length : 0;
}
