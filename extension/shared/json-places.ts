// JSON with places: where each value of a text stands, so that one of them can be shown, or changed and nothing else.

/** Offsets in the text, in UTF-16 units; `end` is behind the value. */
export type JsonNode = { start: number; end: number } & (
  | { kind: "object"; properties: JsonProperty[] }
  | { kind: "array"; items: JsonNode[] }
  | { kind: "scalar"; value: string | number | boolean | null }
);

/** `start` is that of the key. */
export type JsonProperty = { key: string; start: number; value: JsonNode };

/** A text that is not JSON. */
export class JsonError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Deeper ones would end the stack of whoever walks them. */
const MAX_DEPTH = 200;
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\]|\\[\s\S])*")|([-+.\w]+)|($)|)/y;

/** @throws JsonError for whatever `JSON.parse` refuses, at its place, and for what is nested too deeply */
export function parseJson(text: string): JsonNode {
  let token = readToken(text, 0);
  const advance = () => {
    token = readToken(text, token.end);
  };
  const fail = (wanted: string): never => {
    throw new JsonError(`${wanted} is needed here`, token.start);
  };
  const take = (mark: string) => {
    if (token.mark !== mark) fail(`'${mark}'`);
    advance();
  };

  function parseValue(depth: number): JsonNode {
    const { start } = token;
    if (depth > MAX_DEPTH) throw new JsonError("This is nested too deeply", start);
    if (token.mark === "{") {
      advance();
      const properties: JsonProperty[] = [];
      const end = parseList("}", () => {
        const { start: at, scalar } = token;
        if (typeof scalar !== "string") return fail("A name in quotes");
        advance();
        take(":");
        properties.push({ key: scalar, start: at, value: parseValue(depth + 1) });
      });
      return { kind: "object", start, end, properties };
    }
    if (token.mark === "[") {
      advance();
      const items: JsonNode[] = [];
      const end = parseList("]", () => {
        items.push(parseValue(depth + 1));
      });
      return { kind: "array", start, end, items };
    }
    const { end, scalar } = token;
    if (scalar === undefined) return fail("A value");
    advance();
    return { kind: "scalar", start, end, value: scalar };
  }

  /** Returns where the list ends. */
  function parseList(close: string, parseOne: () => void): number {
    if (token.mark !== close) {
      parseOne();
      while (token.mark === ",") {
        advance();
        parseOne();
      }
    }
    const { end } = token;
    take(close);
    return end;
  }

  const value = parseValue(0);
  if (token.mark !== "end") fail("The end of the text");
  return value;
}

/** The value of a node, as `JSON.parse` gives it. */
export function jsonValue(text: string, { start, end }: JsonNode): unknown {
  return JSON.parse(text.slice(start, end));
}

/** The last property of that name, which is the one that counts. */
export function findProperty(node: JsonNode | undefined, key: string): JsonProperty | undefined {
  return node?.kind === "object" ? node.properties.findLast((property) => property.key === key) : undefined;
}

type Token = {
  start: number;
  end: number;
  /** One of `{}[],:`, or "end". */
  mark?: string;
  scalar?: string | number | boolean | null;
};

function readToken(text: string, from: number): Token {
  TOKEN.lastIndex = from;
  const [all, mark, quoted, word, isEnd] = TOKEN.exec(text)!;
  const end = from + all.length;
  if (isEnd !== undefined) return { start: end, end, mark: "end" };
  if (mark !== undefined) return { start: end - 1, end, mark };
  const written = quoted ?? word;
  if (written === undefined) throw new JsonError("This is not JSON", end);
  const start = end - written.length;
  try {
    return { start, end, scalar: JSON.parse(written) as string | number | boolean | null };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new JsonError("This is not JSON", start);
  }
}
