import { HaggleError } from "@haggle/abi";
import { readRecords } from "../../platform/file-rows.ts";
import { type Column, readColumns } from "./csv-columns.ts";
import { LIMITS } from "./file-limits.ts";
import type { ReadRow } from "./read-file.ts";
import type { RowFault } from "./schema.ts";

/** Between categories in one field. */
const LIST_SEPARATOR = "|";

/** Names of columns in the first line. An empty field says nothing. */
export async function* readCsv(texts: AsyncIterable<string>): AsyncGenerator<ReadRow> {
  let columns: Column[] | undefined;
  for await (const { line, record } of readRecords(texts, LIMITS)) {
    if (columns === undefined) columns = readColumns(record);
    else yield toRow(record, columns, line);
  }
  if (columns === undefined)
    throw new HaggleError("CATALOG_BAD_FILE", "The first line names no columns", { at: 1 });
}

function toRow(record: readonly string[], columns: readonly Column[], line: number): ReadRow {
  const faults: RowFault[] = [];
  if (record.length !== columns.length) {
    const message = `Has ${record.length} fields of ${columns.length}`;
    faults.push({ line, code: "CATALOG_BAD_ROW", message });
  }
  const fields = new Map<string, unknown>();
  const product = new Map<string, unknown>();
  const attributes = { variant: new Map<string, unknown>(), product: new Map<string, unknown>() };
  const prices = new Map<string, Map<string, unknown>>();
  for (const [place, { name, path, kind }] of columns.entries()) {
    const text = record[place] ?? "";
    if (text === "") continue;
    const value = read(text, kind);
    const [first, second, third] = path as [string, string?, string?];
    if (first === "prices") {
      const price = prices.get(second!) ?? new Map<string, unknown>([["currency", second]]);
      prices.set(second!, price.set(third!, value));
    } else if (path.at(-2) === "attributes") {
      if (typeof value !== (kind === "text" ? "string" : kind === "integer" ? "number" : kind)) {
        const message = `Needs ${kind === "integer" ? "a whole number" : "true or false"}`;
        faults.push({
          line,
          column: place + 1,
          field: name,
          code: "CATALOG_BAD_ROW",
          value: text.slice(0, 80),
          message,
        });
      }
      attributes[first === "product" ? "product" : "variant"].set(path.at(-1)!, value);
    } else if (first === "product") product.set(second!, value);
    else fields.set(first, value);
  }
  if (attributes.product.size > 0) product.set("attributes", Object.fromEntries(attributes.product));
  if (attributes.variant.size > 0) fields.set("attributes", Object.fromEntries(attributes.variant));
  if (product.size > 0) fields.set("product", Object.fromEntries(product));
  if (prices.size > 0)
    fields.set(
      "prices",
      [...prices.values()].map((price) => Object.fromEntries(price)),
    );
  const currencies = [...prices.keys()];
  return {
    line,
    value: Object.fromEntries(fields),
    faults,
    findColumn: (path) => findColumn(path, columns, currencies),
  };
}

function read(text: string, kind: Column["kind"]): unknown {
  if (kind === "list") return text.split(LIST_SEPARATOR).map((entry) => entry.trim());
  if (kind === "integer" && /^-?\d{1,16}$/.test(text)) return Number(text);
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** The column of the longest beginning of a path that has one. */
function findColumn(
  path: readonly (string | number)[],
  columns: readonly Column[],
  currencies: readonly string[],
): { column: number; field: string } | undefined {
  const steps = path.map((step, index) =>
    path[0] === "prices" && index === 1 ? (currencies[Number(step)] ?? "") : String(step),
  );
  for (let length = steps.length; length > 0; length--) {
    const key = steps.slice(0, length).join("\n");
    const place = columns.findIndex((column) => column.path.join("\n") === key);
    if (place >= 0) return { column: place + 1, field: columns[place]!.name };
  }
  return undefined;
}
