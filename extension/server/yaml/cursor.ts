// Where somebody is typing in a text that is not whole yet. A word that nobody writes is put in the place of the one
// being typed, as a field's name or as a value, whichever the text has room for, and then looked for in the tree.

import type { Path } from "@haggle/abi";
import { type Document, isMap, isPair, isScalar, isSeq, type Node, type Pair } from "yaml";
import { contentOf, parse, type Span } from "./parsed.ts";

/** What would complete the word being typed. */
export type Cursor = {
  /** To the object that gets a field, or to the value. */
  path: Path;
  role: "key" | "value";
  /** Of the whole text, without the word. */
  value: unknown;
  /** Inside of brackets or braces. */
  isFlow: boolean;
};

export type Typed = {
  /** The word with its quotes, which a completion replaces. */
  span: Span;
  /** The part of the word before the cursor, without quotes. */
  prefix: string;
  /** There is a colon behind the word, so that none has to be written. */
  hasColon: boolean;
  /** One for each way to read the text; two where both a name and a value may stand. */
  cursors: Cursor[];
};

const MARK = "haggle-cursor-7f3a";
/** What ends a word that is not in quotes. */
const BEFORE = /[^\s,[\]{}:#"'&*!|>]*$/;
const AFTER = /^[^\s,[\]{}:#"']*/;

/** Undefined in comments, and where nothing of the format can stand. */
export function findTyped(whole: string, at: number): Typed | undefined {
  const { text, start: skipped } = entryAround(whole, at);
  const typed = findIn(text, at - skipped);
  if (typed === undefined) return undefined;
  const { start, end } = typed.span;
  return { ...typed, span: { start: start + skipped, end: end + skipped } };
}

/** Below it a text is read whole. */
const LARGE = 20_000;

/**
 * A large file is a list of entries, and reading all of them would make whoever types wait. What stands around the list
 * and one of its entries is enough. `start` is how much is left out before the place.
 */
function entryAround(text: string, offset: number): { text: string; start: number } {
  const indent = text.length < LARGE ? undefined : /^( *)- /m.exec(text)?.[1];
  if (indent === undefined) return { text, start: 0 };
  const starts = [...text.matchAll(new RegExp(`^${indent}- `, "gm"))].map(({ index }) => index);
  const index = starts.findLastIndex((start) => start <= offset);
  // Behind the list there are fields again, as far out as the list's own or farther.
  const behind = new RegExp(`^ {0,${indent.length}}[^\\s#-]`, "gm");
  behind.lastIndex = starts.at(-1)!;
  const end = behind.exec(text)?.index ?? text.length;
  if (index < 0 || offset >= end) return { text, start: 0 };
  const [own, next] = [starts[index]!, Math.min(starts[index + 1] ?? end, end)];
  return {
    text: text.slice(0, starts[0]) + text.slice(own, next) + text.slice(end),
    start: own - starts[0]!,
  };
}

function findIn(text: string, offset: number): Typed | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const { openAt, isComment } = readLine(before);
  if (isComment) return undefined;
  const word = openAt === undefined ? BEFORE.exec(before)![0] : before.slice(openAt);
  const quote = openAt === undefined ? undefined : before[openAt];
  const rest = quote === undefined ? AFTER.exec(text.slice(offset))![0] : restOfQuoted(text, offset, quote);
  const span = { start: offset - word.length, end: offset + rest.length };
  const hasColon = /^[ \t]*:/.test(text.slice(span.end));
  const place = (mark: string) => {
    const [head, tail] = [text.slice(0, span.start), text.slice(span.end)];
    return locate(head + mark + tail) ?? locate(closeQuotes(head) + mark + closeQuotes(tail));
  };
  // Behind a name, a value stands; at the beginning of a line, or of an entry, it may be either.
  const isBeginning = /^[ \t]*(?:- +)*$/.test(text.slice(lineStart, span.start));
  const ways = isBeginning && !hasColon ? [`${MARK}:`, MARK] : [MARK];
  const cursors = ways.map(place).filter((each) => each !== undefined);
  return { span, prefix: quote === undefined ? word : word.slice(1), hasColon, cursors: distinct(cursors) };
}

/** Whether the end of a line's beginning stands in a comment, or in quotes that were opened there. */
function readLine(before: string): { openAt?: number; isComment: boolean } {
  let openAt: number | undefined;
  for (let at = 0; at < before.length; at += 1) {
    const char = before[at]!;
    if (openAt !== undefined) {
      if (char === "\\" && before[openAt] === '"') at += 1;
      else if (char === before[openAt]) openAt = undefined;
    } else if (/^$|[\s,[{:]/.test(before[at - 1] ?? "")) {
      // Elsewhere these are letters as any others.
      if (char === "#") return { isComment: true };
      if (char === '"' || char === "'") openAt = at;
    }
  }
  return { isComment: false, ...(openAt !== undefined && { openAt }) };
}

/** A quote that is still open at the end of its line would else take all that follows for its text. */
function closeQuotes(text: string): string {
  return text.replace(/^.*$/gm, (line) => {
    const { openAt } = readLine(line);
    return openAt === undefined ? line : line + line[openAt];
  });
}

function restOfQuoted(text: string, offset: number, quote: string): string {
  const line = text.slice(offset, findLineEnd(text, offset));
  const end = line.indexOf(quote);
  // A quote that nobody closed yet ends before whatever else stands in the line.
  return end < 0 ? AFTER.exec(line)![0] : line.slice(0, end + 1);
}

function findLineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end;
}

function locate(text: string): Cursor | undefined {
  const parsed = parse(text);
  const found = seekRoot(parsed.document);
  if (found === undefined) return undefined;
  const { path, role, isFlow, forget } = found;
  forget();
  return { path, role, isFlow, value: contentOf(parsed.document) };
}

function seekRoot(document: Document.Parsed): Found | undefined {
  if (!isMark(document.contents)) return seek(document.contents, []);
  const forget = () => {
    document.contents = null;
  };
  return { path: [], role: "value", isFlow: false, forget };
}

type Found = Omit<Cursor, "value"> & { forget(): void };

function seek(node: unknown, path: Path): Found | undefined {
  if (isMap(node)) {
    const isFlow = node.flow === true;
    for (const pair of node.items) {
      if (isMark(pair.key)) {
        const forget = () => void node.items.splice(node.items.indexOf(pair), 1);
        return { path, role: "key", isFlow, forget };
      }
      const at = [...path, String(isScalar(pair.key) ? pair.key.value : pair.key)];
      const found = seekValue(pair, at, isFlow);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isSeq(node)) return undefined;
  for (const [index, item] of node.items.entries()) {
    const isFlow = node.flow === true;
    if (isMark(item)) {
      const forget = () => void node.items.splice(index, 1, null as unknown as Node);
      return { path: [...path, index], role: "value", isFlow, forget };
    }
    const found = isPair(item) ? seekValue(item, [...path, index], isFlow) : seek(item, [...path, index]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function seekValue(pair: Pair, path: Path, isFlow: boolean): Found | undefined {
  if (!isMark(pair.value)) return seek(pair.value, path);
  const forget = () => {
    pair.value = null;
  };
  return { path, role: "value", isFlow, forget };
}

function isMark(node: unknown): boolean {
  return isScalar(node) && node.value === MARK;
}

/** Both ways may lead to the same place. */
function distinct(cursors: readonly Cursor[]): Cursor[] {
  const seen = new Set<string>();
  return cursors.filter(({ path, role }) => {
    const key = JSON.stringify([path, role]);
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}
