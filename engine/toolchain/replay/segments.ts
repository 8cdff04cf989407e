// Figures by segment of the customer. Segments are named by the recording, so their number has no bound of its own.

import type { Pair } from "./releases.ts";

/** A cart counts in each segment of its customer; "" are carts without any. */
export type Segments = Map<string, SegmentTally>;

export type SegmentTally = {
  carts: number;
  cheaper: number;
  dearer: number;
  total: Pair<number>;
  discount: Pair<number>;
};

/** Far more than a shop tells apart. */
const MOST_SEGMENTS = 1000;

/**
 * The figures of a segment, undefined when there are too many and this one is left out. The ones with the least hashes
 * stay: a segment that is in the end was never left out, by any worker, so its figures are whole.
 */
export function findSegment(segments: Segments, name: string): SegmentTally | undefined {
  const found = segments.get(name);
  if (found !== undefined) return found;
  if (segments.size >= MOST_SEGMENTS) {
    const last = [...segments.keys()].reduce((one, other) => (isBefore(one, other) ? other : one));
    if (isBefore(last, name)) return undefined;
    segments.delete(last);
  }
  const made = { carts: 0, cheaper: 0, dearer: 0, total: { a: 0, b: 0 }, discount: { a: 0, b: 0 } };
  segments.set(name, made);
  return made;
}

export function isFull(segments: Segments): boolean {
  return segments.size >= MOST_SEGMENTS;
}

export function addSegment(
  into: SegmentTally,
  { carts, cheaper, dearer, total, discount }: SegmentTally,
): void {
  into.carts += carts;
  into.cheaper += cheaper;
  into.dearer += dearer;
  into.total.a += total.a;
  into.total.b += total.b;
  into.discount.a += discount.a;
  into.discount.b += discount.b;
}

export function mergeSegments(into: Segments, from: Segments): void {
  for (const [name, part] of from) {
    const segment = findSegment(into, name);
    if (segment !== undefined) addSegment(segment, part);
  }
}

function isBefore(a: string, b: string): boolean {
  return hash(a) - hash(b) < 0 || (hash(a) === hash(b) && a < b);
}

/** FNV-1a over UTF-16 units; what has no segment is never left out. */
function hash(text: string): number {
  if (text === "") return -1;
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
