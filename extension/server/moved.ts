// Where a place of an older text is in a newer one: what was said of a text stays where it was meant until something newer
// is known.

import type { Range } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";

/** Moves a range; undefined where it lies in what was changed. */
export type Move = (range: Range) => Range | undefined;

/** From one text to another, as if one piece of it had been replaced. */
export function moveBetween(before: string, after: string): Move {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let behind = 0;
  while (behind < shorter - start && before.at(-1 - behind) === after.at(-1 - behind)) behind += 1;
  const end = before.length - behind;
  const longer = after.length - before.length;

  const from = TextDocument.create("", "", 0, before);
  const to = TextDocument.create("", "", 0, after);
  return ({ start: first, end: last }) => {
    const [a, b] = [from.offsetAt(first), from.offsetAt(last)];
    // What is typed right behind a word belongs to it as little as what is typed right before.
    if (b <= start) return { start: first, end: last };
    if (a >= end) return { start: to.positionAt(a + longer), end: to.positionAt(b + longer) };
    const isAround = a <= start && b >= end;
    return isAround ? { start: to.positionAt(a), end: to.positionAt(b + longer) } : undefined;
  };
}
