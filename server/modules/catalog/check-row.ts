import { describeFault, findFaults, type SchemaFault } from "@haggle/abi";
import { findTwice } from "./items.ts";
import type { ReadRow } from "./read-file.ts";
import { ROW_SCHEMA, type Row, type RowFault } from "./schema.ts";

const SHOWN_CHARACTERS = 80;

/** The row, or all that is wrong with it. */
export function checkRow(read: ReadRow): { row: Row } | { faults: RowFault[] } {
  const faults = [...read.faults];
  if (read.value !== undefined) {
    for (const fault of findFaults(read.value, ROW_SCHEMA, ROW_SCHEMA)) faults.push(toRowFault(read, fault));
  }
  if (faults.length > 0) return { faults };
  const row = read.value as Row;
  const twice = findTwice(row);
  if (twice === undefined) return { row };
  const path = ["prices", twice, "currency"];
  const { currency } = row.prices![twice]!;
  return {
    faults: [faultAt(read, path, "CATALOG_DUPLICATE", currency, "This currency is further up already")],
  };
}

/** What is wrong at a place of a row, by the name that its file has for it. */
export function faultAt(
  { line, findColumn }: Pick<ReadRow, "line" | "findColumn">,
  path: readonly (string | number)[],
  code: string,
  value: unknown,
  message: string,
): RowFault {
  const place = findColumn?.(path) ?? (path.length > 0 ? { field: spell(path) } : {});
  return { line, ...place, code, ...shown(value), message };
}

function toRowFault(read: ReadRow, fault: SchemaFault): RowFault {
  const { message, hint } = describeFault(fault, () => undefined);
  const isNamed = fault.keyword === "missing" || fault.keyword === "unknown" || fault.keyword === "forbidden";
  const path = isNamed ? [...fault.path, fault.property] : fault.path;
  // The way out that a schema knows is for YAML: "without quotes" means nothing to a field of CSV.
  const text = hint === undefined || read.findColumn !== undefined ? message : `${message}: ${hint}`;
  return faultAt(read, path, "CATALOG_BAD_ROW", fault.value, text);
}

function shown(value: unknown): Pick<RowFault, "value"> {
  if (typeof value === "string") return { value: value.slice(0, SHOWN_CHARACTERS) };
  return typeof value === "number" || typeof value === "boolean" ? { value } : {};
}

function spell(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
