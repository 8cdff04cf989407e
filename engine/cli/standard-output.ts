import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Terminal } from "./terminal.ts";

/** As fast as it is read. A reader that has seen enough (`| head`) ends it, and is no failure. */
export async function toStandardOutput(
  chunks: Iterable<string> | AsyncIterable<string>,
  { stdout }: Terminal,
): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), stdout, { end: false });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPIPE") throw cause;
  }
}
