import { HaggleError } from "@haggle/abi";
import { type FileLimits, readLines, readRecords, readTexts } from "../../platform/file-rows.ts";

export type Format = "csv" | "ndjson";

/** A row as it stands in a file, from line 1 on; undefined where no value can be made of it. */
export type ReadRow = { line: number; value: Record<string, unknown> | undefined };

const LIMITS: FileLimits = {
  badFile: "COUPON_BAD_FILE",
  // Of a million codes at their longest.
  maxBytes: 256 * 1024 * 1024,
  tooManyBytes: "COUPON_TOO_MANY",
  // Of one row, all fields at their longest.
  maxRowCharacters: 1_024,
  rowTooLong: "COUPON_BAD_FILE",
};
const COLUMNS = ["code", "uses", "customer", "from", "until"];
const NUMBERS = ["uses", "from", "until"];

const READERS = { csv: readCsv, ndjson: readJsonLines };

/**
 * The rows of a file of codes as it arrives, some at a time.
 *
 * @throws HaggleError COUPON_BAD_FILE, with the line as its place: nothing behind it can be read; COUPON_TOO_MANY
 */
export function readCodes(source: AsyncIterable<Uint8Array>, format: Format): AsyncGenerator<ReadRow> {
  return READERS[format](readTexts(source, LIMITS));
}

/** Names of columns in the first line, of which `code` is one. An empty field says nothing. */
async function* readCsv(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let columns: readonly string[] | undefined;
  for await (const { line, record } of readRecords(texts, LIMITS)) {
    if (columns === undefined) columns = readColumns(record);
    else yield { line, value: toValue(record, columns) };
  }
}

function readColumns(record: readonly string[]): readonly string[] {
  const columns = record.map((name) => name.replace(/^\uFEFF/, "").trim());
  const wrong = columns.find((name, i) => !COLUMNS.includes(name) || columns.indexOf(name) < i);
  if (wrong === undefined && columns.includes("code")) return columns;
  const message = `The first line names columns: ${COLUMNS.join(", ")}`;
  throw new HaggleError("COUPON_BAD_FILE", message, { at: 1, value: wrong });
}

function toValue(record: readonly string[], columns: readonly string[]): Record<string, unknown> | undefined {
  if (record.length !== columns.length) return undefined;
  const told = columns.flatMap((name, i): [string, unknown][] => {
    const text = record[i]!.trim();
    if (text === "") return [];
    return [[name, NUMBERS.includes(name) && /^\d{1,15}$/.test(text) ? Number(text) : text]];
  });
  return Object.fromEntries(told);
}

/** One JSON object a line; empty lines are none. */
async function* readJsonLines(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  for await (const { line, text } of readLines(texts, LIMITS)) yield { line, value: parseRow(text) };
}

function parseRow(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
