import { HaggleError } from "@haggle/abi";
import { readCsv } from "./read-csv.ts";
import { readArray, readLines } from "./read-json.ts";
import type { RowFault } from "./schema.ts";

export type Format = "csv" | "json" | "ndjson";

/** One row as it stands in a file: not checked yet, but for what no value can be made of. */
export type ReadRow = {
  /** Where it begins, from 1. */
  line: number;
  value: unknown;
  faults: RowFault[];
  /** Where a CSV file has what a path leads to. */
  findColumn?: (path: readonly (string | number)[]) => { column: number; field: string } | undefined;
};

/** Of a file: a hundred thousand variants have some thirty. */
const MAX_BYTES = 256 * 1024 * 1024;

const READERS = { csv: readCsv, json: readArray, ndjson: readLines };

/**
 * The rows of a file as it arrives, some at a time.
 *
 * @throws HaggleError CATALOG_BAD_FILE, CATALOG_TOO_LARGE with the line as its place: nothing behind it can be read
 */
export function readFile(source: AsyncIterable<Uint8Array>, format: Format): AsyncGenerator<ReadRow> {
  return READERS[format](decode(source));
}

async function* decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES)
      throw new HaggleError("CATALOG_TOO_LARGE", `More than ${MAX_BYTES} bytes in one file`);
    yield decodeChunk(decoder, chunk);
  }
  yield decodeChunk(decoder);
}

function decodeChunk(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new HaggleError("CATALOG_BAD_FILE", "Not UTF-8", { cause });
  }
}
