// From offsets in asc's sources to lines and columns.

import type { AscNode, AscRange, AscSource } from "./asc.ts";
import type { Place } from "./diagnostics.ts";
import { positionOf } from "./syntax.ts";

/** Where a piece of source is. */
export function placeOf(node: AscNode | AscRange): Place {
  const { source, start, end } = "range" in node ? node.range : node;
  return { file: source.normalizedPath, ...spanOf(source, start, end) };
}

/** Lines and columns of a piece of source. */
export function spanOf(source: AscSource, start: number, end: number): Omit<Place, "file"> {
  const last = positionOf(source, end);
  return { ...positionOf(source, start), endLine: last.line, endColumn: last.column };
}
