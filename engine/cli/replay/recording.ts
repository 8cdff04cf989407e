// A file with one cart per line, in pieces of whole lines: it may be larger than memory.

import { createReadStream } from "node:fs";

/** Whole lines as bytes, the last one maybe without its line feed. `firstLine` counts from 1. */
export type Batch = { bytes: Uint8Array<ArrayBuffer>; firstLine: number };

/** A hundred carts or so: enough to be worth a message, little enough to share out evenly. */
const BATCH_BYTES = 256 * 1024;
/** No cart that an engine would price is longer. What is gets cut here, and is then no JSON. */
const MOST_LINE_BYTES = 16 * 1024 * 1024;
const LINE_FEED = 10;

export async function* readBatches(path: string): AsyncGenerator<Batch> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let firstLine = 1;
  for await (const piece of createReadStream(path, { highWaterMark: BATCH_BYTES })) {
    const bytes = piece as Buffer;
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const batch = join([...begun, bytes.subarray(0, end)]);
      yield { bytes: batch, firstLine };
      firstLine += countLines(bytes, end);
      begun = [];
      begunBytes = 0;
    }
    const rest = bytes.subarray(end);
    if (rest.length === 0 || begunBytes > MOST_LINE_BYTES) continue;
    begun.push(rest);
    begunBytes += rest.length;
  }
  if (begunBytes > 0) yield { bytes: join(begun), firstLine };
}

/** The lines of a batch that hold something, with their numbers. */
export function* linesOf({ bytes, firstLine }: Batch): Generator<[text: string, line: number]> {
  const texts = new TextDecoder().decode(bytes).split("\n");
  for (let i = 0; i < texts.length; i++) {
    if (texts[i]!.trim() !== "") yield [texts[i]!, firstLine + i];
  }
}

/** Into memory of its own, which can be handed to another thread. */
function join(pieces: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function countLines(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0 && at < end; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
