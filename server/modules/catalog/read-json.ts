import { HaggleError } from "@haggle/abi";
import { checkRow, readLines } from "../../platform/file-rows.ts";
import { LIMITS } from "./file-limits.ts";
import type { ReadRow } from "./read-file.ts";

/** One JSON value a line; empty lines are none. */
export async function* readJsonLines(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  for await (const { line, text } of readLines(texts, LIMITS)) yield parseValue(text, line);
}

/** A JSON list, of which never more than one entry is held. */
export async function* readArray(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let place = "before" as "before" | "between" | "within" | "behind";
  let [line, startLine, depth] = [1, 1, 0];
  let [isText, isEscaped] = [false, false];
  let held = "";
  for await (const text of texts) {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at]!;
      if (char === "\n") line++;
      if (place === "within") {
        if (isText) {
          if (isEscaped) isEscaped = false;
          else if (char === "\\") isEscaped = true;
          else if (char === '"') isText = false;
        } else if (char === '"') isText = true;
        else if (char === "{" || char === "[") depth++;
        else if (depth > 0 && (char === "}" || char === "]")) depth--;
        else if (depth === 0 && (char === "," || char === "]")) {
          yield parseValue(held + text.slice(start, at), startLine);
          held = "";
          place = char === "," ? "between" : "behind";
        }
      } else if (/\s/.test(char)) {
        // Between values.
      } else if (place === "before" && char === "[") place = "between";
      else if (place === "between" && char === "]") place = "behind";
      else if (place === "between") {
        place = "within";
        [start, startLine, depth] = [at, line, char === "{" || char === "[" ? 1 : 0];
        isText = char === '"';
      } else
        throw new HaggleError("CATALOG_BAD_FILE", "Needs one list of variants", { at: line, value: char });
    }
    if (place === "within") held += text.slice(start);
    checkRow(held, startLine, LIMITS);
  }
  if (place !== "behind") throw new HaggleError("CATALOG_BAD_FILE", "The list has no end", { at: line });
}

function parseValue(text: string, line: number): ReadRow {
  checkRow(text, line, LIMITS);
  try {
    return { line, value: JSON.parse(text), faults: [] };
  } catch {
    const fault = { line, code: "CATALOG_BAD_ROW", value: text.trim().slice(0, 80), message: "Not JSON" };
    return { line, value: undefined, faults: [fault] };
  }
}
