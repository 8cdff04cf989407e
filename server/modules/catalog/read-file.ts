import { readTexts } from "../../platform/file-rows.ts";
import { LIMITS } from "./file-limits.ts";
import { readCsv } from "./read-csv.ts";
import { readArray, readJsonLines } from "./read-json.ts";
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

const READERS = { csv: readCsv, json: readArray, ndjson: readJsonLines };

/**
 * The rows of a file as it arrives, some at a time.
 *
 * @throws HaggleError CATALOG_BAD_FILE, CATALOG_TOO_LARGE with the line as its place: nothing behind it can be read
 */
export function readFile(source: AsyncIterable<Uint8Array>, format: Format): AsyncGenerator<ReadRow> {
  return READERS[format](readTexts(source, LIMITS));
}
