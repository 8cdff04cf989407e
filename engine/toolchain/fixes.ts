// Ways to mend what is wrong with a source, made where it is found: there it is known what was meant.

import type { AscNode, AscRange, AscSource } from "./asc.ts";
import type { Edit, Fix } from "./diagnostics.ts";
import { placeOf, spanOf } from "./places.ts";

/** Puts a text in the place of a piece of source. `isSure` where nothing else can be meant. */
export function changeTo(node: AscNode | AscRange, text: string, isSure = true): Fix {
  return { verb: "change", what: text, edits: [editOf(node, text)], ...(isSure && { isSure }) };
}

/** Takes a piece of source out, `from` to `to`; `what` is what people see of it. */
export function remove(source: AscSource, from: number, to: number, what: string): Fix {
  return { verb: "remove", what, edits: [editBetween(source, from, to, "")], isSure: true };
}

/** Puts a text at an offset. */
export function insertAt(source: AscSource, offset: number, text: string, what = text.trim()): Fix {
  return { verb: "add", what, edits: [editBetween(source, offset, offset, text)], isSure: true };
}

/** A piece of source and what is put in its place; offsets are those of the text as it is. */
export type TextChange = { from: number; to: number; text: string };

/** Changes of one source that belong together. */
export function changesTogether(source: AscSource, changes: readonly TextChange[]): Edit[] {
  return changes.map(({ from, to, text }) => editBetween(source, from, to, text));
}

function editOf(node: AscNode | AscRange, text: string): Edit {
  return { ...placeOf(node), text };
}

function editBetween(source: AscSource, from: number, to: number, text: string): Edit {
  return { file: source.normalizedPath, ...spanOf(source, from, to), text };
}

/** `spendAndSave` as rules are called: `spend-and-save`. */
export function kebabCase(name: string): string {
  return wordsOf(name).join("-").toLowerCase();
}

/** `spendAndSave` as reasons are called: `SPEND_AND_SAVE`. */
export function upperCase(name: string): string {
  return wordsOf(name).join("_").toUpperCase();
}

function wordsOf(name: string): string[] {
  return name.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[^\p{Lu}_$\d]+|\d+/gu) ?? [name];
}

/** An operand or an argument that nothing around it can pull apart. */
const SIMPLE = /^(?:[\w$.]+|[\w$.]+\((?:[^()]|\([^()]*\))*\))$/;
const CLOSED_BEFORE = /(?:[(,=[:{;]|\breturn)\s*$/;
const CLOSED_BEHIND = /^\s*[),;\]}]/;

/** `expression as type`, with what parentheses it needs, and the same as a prefix. */
export function castsTo({ source, start, end }: AscRange, type: string): Fix[] {
  const text = source.text.slice(start, end);
  const operand = SIMPLE.test(text) ? text : `(${text})`;
  const isClosed =
    CLOSED_BEFORE.test(source.text.slice(0, start)) && CLOSED_BEHIND.test(source.text.slice(end));
  const cast = `${operand} as ${type}`;
  const range = { source, start, end };
  return [changeTo(range, isClosed ? cast : `(${cast})`), changeTo(range, `<${type}>${operand}`, false)];
}
