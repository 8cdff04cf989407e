// JSON as whoever wrote a file would have gone on.

/** How a text is written. */
export type JsonStyle = {
  /** One level of indentation. */
  unit: string;
  newline: string;
};

/** Longer ones are written over several lines. */
const MAX_COLUMNS = 100;

/** That of its first line that is indented; two spaces where none is. */
export function styleOf(text: string): JsonStyle {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const [, unit = "  "] = /\n([ \t]+)\S/.exec(text) ?? [];
  return { unit, newline };
}

/**
 * `indent` is that of the line on which the value begins, `column` where on it. What stood on one line before stays on
 * one while it fits; all else is spread, as `JSON.stringify` would.
 */
export function printJson(
  value: unknown,
  {
    unit,
    newline,
    indent,
    column,
    wasFlat,
  }: JsonStyle & { indent: string; column: number; wasFlat: boolean },
): string {
  const flat = printFlat(value);
  if (typeof value !== "object" || value === null) return flat;
  if (wasFlat && column + flat.length <= MAX_COLUMNS) return flat;
  return JSON.stringify(value, null, unit).replaceAll("\n", newline + indent);
}

function printFlat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printFlat).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return "{}";
  return `{ ${fields.map(([key, field]) => `${JSON.stringify(key)}: ${printFlat(field)}`).join(", ")} }`;
}
