import { pipeline } from "node:stream";
import { HaggleError, refuse } from "@haggle/abi";
import { CsvError, type Info, parse } from "csv-parse";

export type Format = "csv" | "ndjson";

/** A row as it stands in a file, from line 1 on; undefined where no value can be made of it. */
export type ReadRow = { line: number; value: Record<string, unknown> | undefined };

/** Of a million codes at their longest. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Of one row, all fields at their longest. */
const MAX_ROW_CHARACTERS = 1_024;
const COLUMNS = ["code", "uses", "customer", "from", "until"];
const NUMBERS = ["uses", "from", "until"];

const READERS = { csv: readCsv, ndjson: readLines };

/**
 * The rows of a file of codes as it arrives, some at a time.
 *
 * @throws HaggleError COUPON_BAD_FILE, with the line as its place: nothing behind it can be read
 */
export function readCodes(source: AsyncIterable<Uint8Array>, format: Format): AsyncGenerator<ReadRow> {
  return READERS[format](decode(source));
}

async function* decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw refuse("COUPON_TOO_MANY", "bytes", bytes);
    yield decodeChunk(decoder, chunk);
  }
  yield decodeChunk(decoder);
}

function decodeChunk(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new HaggleError("COUPON_BAD_FILE", "Not UTF-8", { cause });
  }
}

/** RFC 4180, with names of columns in the first line, of which `code` is one. An empty field says nothing. */
async function* readCsv(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  const parser = parse({ info: true, relax_column_count: true, max_record_size: MAX_ROW_CHARACTERS });
  // What ends the source ends the parser, whose reader is told why.
  pipeline(texts, parser, () => {});
  let columns: readonly string[] | undefined;
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      const start = line;
      line = info.lines + 1;
      if (record.length === 1 && record[0]!.trim() === "") continue;
      if (columns === undefined) columns = readColumns(record);
      else yield { line: start, value: toValue(record, columns) };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new HaggleError("COUPON_BAD_FILE", cause.message, { at: line, cause });
  } finally {
    parser.destroy();
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
async function* readLines(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let line = 0;
  let rest = "";
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const one of lines) {
      line += 1;
      if (one.trim() !== "") yield { line, value: parseRow(one) };
    }
    if (rest.length > MAX_ROW_CHARACTERS) {
      throw new HaggleError("COUPON_BAD_FILE", `A row has at most ${MAX_ROW_CHARACTERS} characters`, {
        at: line + 1,
      });
    }
  }
  if (rest.trim() !== "") yield { line: line + 1, value: parseRow(rest) };
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
