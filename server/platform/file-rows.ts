// What stands in a file of rows, read as it arrives: nothing holds more of it than a row and a piece.

import { pipeline } from "node:stream";
import { type Code, HaggleError } from "@haggle/abi";
import { CsvError, type Info, parse } from "csv-parse";

/** What a file of one kind may be, and the codes of what is wrong with one. */
export type FileLimits = {
  /** Not UTF-8, or not CSV. */
  badFile: Code;
  maxBytes: number;
  tooManyBytes: Code;
  maxRowCharacters: number;
  rowTooLong: Code;
};

/** @throws HaggleError `badFile`, `tooManyBytes` */
export async function* readTexts(
  source: AsyncIterable<Uint8Array>,
  { maxBytes, tooManyBytes, badFile }: FileLimits,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new HaggleError(badFile, "Not UTF-8", { cause });
    }
  };
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HaggleError(tooManyBytes, `More than ${maxBytes} bytes in one file`);
    yield decode(chunk);
  }
  yield decode();
}

/**
 * RFC 4180, each record with the line at which it begins, from 1. A line of nothing is none.
 *
 * @throws HaggleError `badFile` with the line as its place: nothing behind it can be read
 */
export async function* readRecords(
  texts: AsyncIterable<string>,
  { maxRowCharacters, badFile }: FileLimits,
): AsyncGenerator<{ line: number; record: string[] }> {
  const parser = parse({ info: true, relax_column_count: true, max_record_size: maxRowCharacters });
  // What ends the source ends the parser, whose reader is told why.
  pipeline(texts, parser, () => {});
  let next = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      const line = next;
      next = info.lines + 1;
      if (record.length > 1 || record[0]!.trim() !== "") yield { line, record };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new HaggleError(badFile, cause.message, { at: lineOf(cause), cause });
  } finally {
    parser.destroy();
  }
}

/** The parser's own: it is ahead of what was read of it. */
function lineOf(cause: CsvError): number {
  return "lines" in cause && typeof cause.lines === "number" ? cause.lines : 1;
}

/**
 * The lines in which something stands, each with its number from 1.
 *
 * @throws HaggleError `rowTooLong` with the line as its place
 */
export async function* readLines(
  texts: AsyncIterable<string>,
  limits: FileLimits,
): AsyncGenerator<{ line: number; text: string }> {
  let line = 0;
  let rest = "";
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const whole of lines) {
      line += 1;
      checkRow(whole, line, limits);
      if (whole.trim() !== "") yield { line, text: whole };
    }
    checkRow(rest, line + 1, limits);
  }
  if (rest.trim() !== "") yield { line: line + 1, text: rest };
}

/** @throws HaggleError `rowTooLong` with the line as its place */
export function checkRow(text: string, line: number, { maxRowCharacters, rowTooLong }: FileLimits): void {
  if (text.length <= maxRowCharacters) return;
  throw new HaggleError(rowTooLong, `A row has more than ${maxRowCharacters} characters`, { at: line });
}
