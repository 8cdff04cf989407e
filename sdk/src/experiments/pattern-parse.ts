import { refuse } from "@haggle/abi";
import { foldedSet, foldUnit } from "./pattern-case.ts";

// The part of ECMAScript's regular expressions that a walk without a way back can follow. Texts are UTF-16 code units.

export type Node =
  | { kind: "set"; set: UnitSet }
  | { kind: "assert"; assertion: Assertion }
  | { kind: "sequence"; parts: Node[] }
  | { kind: "choice"; options: Node[] }
  | { kind: "repeat"; of: Node; min: number; max: number };

export type UnitSet = (unit: number) => boolean;
export type Assertion = "start" | "end" | "edge" | "noEdge";

/** Whoever needs more writes another condition. */
const MAX_SOURCE = 512;
const MAX_DEPTH = 32;

/** @throws HaggleError EXPERIMENT_CONDITION for what is no expression, or one that this does not know */
export function parsePattern(source: string, at: string, insensitive: boolean): Node {
  const reader = createReader(source, at);
  if (source.length > MAX_SOURCE) throw reader.refused();
  const node = readChoice(reader, insensitive, 0);
  if (!reader.isDone()) throw reader.refused();
  return node;
}

type Reader = ReturnType<typeof createReader>;

function createReader(source: string, at: string) {
  let place = 0;
  return {
    isDone: () => place >= source.length,
    peek: () => source[place] ?? "",
    next: () => source[place++] ?? "",
    /** Takes the text if it is what follows. */
    takes(text: string): boolean {
      if (!source.startsWith(text, place)) return false;
      place += text.length;
      return true;
    },
    /** Takes what the sticky expression matches, undefined where it does not. */
    takesMatch(pattern: RegExp): RegExpExecArray | undefined {
      pattern.lastIndex = place;
      const found = pattern.exec(source);
      if (found === null) return undefined;
      place += found[0].length;
      return found;
    },
    refused: () => refuse("EXPERIMENT_CONDITION", at, source),
  };
}

function readChoice(reader: Reader, insensitive: boolean, depth: number): Node {
  if (depth > MAX_DEPTH) throw reader.refused();
  const options = [readSequence(reader, insensitive, depth)];
  while (reader.takes("|")) options.push(readSequence(reader, insensitive, depth));
  return options.length === 1 ? options[0]! : { kind: "choice", options };
}

function readSequence(reader: Reader, insensitive: boolean, depth: number): Node {
  const parts: Node[] = [];
  while (!reader.isDone() && reader.peek() !== "|" && reader.peek() !== ")") {
    const part = readAssertion(reader) ?? readRepeated(reader, insensitive, depth);
    parts.push(part);
  }
  return { kind: "sequence", parts };
}

function readAssertion(reader: Reader): Node | undefined {
  for (const [text, assertion] of ASSERTIONS) if (reader.takes(text)) return { kind: "assert", assertion };
  return undefined;
}

const ASSERTIONS: readonly (readonly [string, Assertion])[] = [
  ["^", "start"],
  ["$", "end"],
  ["\\b", "edge"],
  ["\\B", "noEdge"],
];

const QUANTIFIERS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  "*": [0, Infinity],
  "+": [1, Infinity],
  "?": [0, 1],
};

function readRepeated(reader: Reader, insensitive: boolean, depth: number): Node {
  const of = readAtom(reader, insensitive, depth);
  const quantifier = readQuantifier(reader);
  if (quantifier === undefined) return of;
  const [min, max] = quantifier;
  if (min > max) throw reader.refused();
  // Lazy or not: whether there is a match is the same.
  reader.takes("?");
  return { kind: "repeat", of, min, max };
}

function readQuantifier(reader: Reader): readonly [number, number] | undefined {
  const short = QUANTIFIERS[reader.peek()];
  if (short !== undefined) {
    reader.next();
    return short;
  }
  const found = reader.takesMatch(/\{(\d+)(,?)(\d*)\}/y);
  if (found === undefined) return undefined;
  const [, min, comma, max] = found;
  if (comma === "" && max !== "") throw reader.refused();
  return [Number(min), comma === "" ? Number(min) : max === "" ? Infinity : Number(max)];
}

function readAtom(reader: Reader, insensitive: boolean, depth: number): Node {
  if (reader.takes("(")) {
    if (reader.peek() === "?" && reader.takesMatch(/\?(?::|<[A-Za-z_$][\w$]*>)/y) === undefined) {
      throw reader.refused();
    }
    const inside = readChoice(reader, insensitive, depth + 1);
    if (!reader.takes(")")) throw reader.refused();
    return inside;
  }
  if (reader.takes(".")) return { kind: "set", set: (unit) => !isLineEnd(unit) };
  if (reader.takes("[")) return { kind: "set", set: readClass(reader, insensitive) };
  if (reader.takes("\\")) {
    const escaped = readEscape(reader, false);
    return { kind: "set", set: typeof escaped === "number" ? only(escaped, insensitive) : escaped };
  }
  const unit = reader.next();
  if ("*+?{".includes(unit)) throw reader.refused();
  return { kind: "set", set: only(unit.charCodeAt(0), insensitive) };
}

function only(wanted: number, insensitive: boolean): UnitSet {
  if (!insensitive) return (unit) => unit === wanted;
  const folded = foldUnit(wanted);
  return (unit) => unit === wanted || foldUnit(unit) === folded;
}

function readClass(reader: Reader, insensitive: boolean): UnitSet {
  const isInverted = reader.takes("^");
  const sets: UnitSet[] = [];
  const member = (): number | UnitSet => {
    if (reader.isDone()) throw reader.refused();
    return reader.takes("\\") ? readEscape(reader, true) : reader.next().charCodeAt(0);
  };
  while (!reader.takes("]")) {
    const from = member();
    const dash = reader.takesMatch(/-(?!\])/y);
    if (dash === undefined) {
      sets.push(between(from, from));
      continue;
    }
    const to = member();
    // A dash beside a set of letters is a dash.
    if (typeof from !== "number" || typeof to !== "number") {
      sets.push(between(from, from), between(DASH, DASH), between(to, to));
    } else if (from > to) throw reader.refused();
    else sets.push(between(from, to));
  }
  const isMember: UnitSet = (unit) => sets.some((set) => set(unit));
  const set = insensitive ? foldedSet(isMember) : isMember;
  return isInverted ? (unit) => !set(unit) : set;
}

const DASH = 0x2d;

function between(from: number | UnitSet, to: number | UnitSet): UnitSet {
  if (typeof from !== "number") return from;
  return (unit) => from <= unit && unit <= (to as number);
}

/** What stands behind a backslash: one unit, or a set of them. */
function readEscape(reader: Reader, inClass: boolean): number | UnitSet {
  const letter = reader.next();
  const set = SETS[letter];
  if (set !== undefined) return set;
  const unit = UNITS[letter];
  if (unit !== undefined) return unit;
  if (letter === "b" && inClass) return 8;
  if (letter === "0" && !/[0-9]/.test(reader.peek())) return 0;
  if (letter === "x" || letter === "u") {
    const digits = reader.takesMatch(letter === "x" ? /[0-9a-fA-F]{2}/y : /[0-9a-fA-F]{4}/y);
    if (digits !== undefined) return Number.parseInt(digits[0], 16);
  }
  // Letters and digits that mean nothing here mean something elsewhere, such as a backreference.
  if (letter === "" || /[A-Za-z0-9]/.test(letter)) throw reader.refused();
  return letter.charCodeAt(0);
}

const UNITS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

const isDigit = setOf(/[0-9]/);
const isWordUnit = setOf(/[A-Za-z0-9_]/);
const isSpace = setOf(/\s/);
const isLineEnd = setOf(/[\n\r\u2028\u2029]/);

const SETS: Readonly<Record<string, UnitSet>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWordUnit,
  W: (unit) => !isWordUnit(unit),
  s: isSpace,
  S: (unit) => !isSpace(unit),
};

function setOf(pattern: RegExp): UnitSet {
  return (unit) => pattern.test(String.fromCharCode(unit));
}
