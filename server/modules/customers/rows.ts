import { type Code, describeFault, findFaults, HaggleError, quoted } from "@haggle/abi";
import { checkFields, checkSegments } from "./fields.ts";
import { type CustomerRow, ROW_SCHEMA, type RowFault } from "./schema.ts";

/** In one request. */
const MAX_ROWS = 10_000;
const MAX_FAULTS = 100;

export type Rows = { rows: CustomerRow[]; refused: number; faults: RowFault[] };

/**
 * Customers of a text with one JSON object a line (NDJSON), apart from lines that are none, each with what is wrong first.
 *
 * @throws HaggleError CUSTOMER_TOO_MANY
 */
export function parseRows(text: string): Rows {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > MAX_ROWS) {
    throw new HaggleError("CUSTOMER_TOO_MANY", `More than ${MAX_ROWS} customers in one request`, {
      value: lines.length,
    });
  }
  const known = new Map<string, number>();
  const [rows, faults]: [CustomerRow[], RowFault[]] = [[], []];
  for (const [row, line] of lines.entries()) {
    try {
      rows.push(parseRow(line, row, known));
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      const { code, at, message } = cause;
      faults.push({ row, at: at === undefined ? `rows[${row}]` : `rows[${row}].${at}`, code, message });
    }
  }
  return { rows, refused: faults.length, faults: faults.slice(0, MAX_FAULTS) };
}

function parseRow(line: string, row: number, known: Map<string, number>): CustomerRow {
  const value = parseJson(line);
  if (typeof value === "object" && value !== null) {
    const { id: _, ...fields } = value as { id?: unknown };
    checkFields(fields);
  }
  const [fault] = findFaults(value, ROW_SCHEMA, ROW_SCHEMA);
  if (fault !== undefined) {
    const { message } = describeFault(fault, () => undefined);
    throw badRow(message, fault.path.join(".") || undefined);
  }
  const customer = value as CustomerRow;
  checkSegments(customer.segments);
  const before = known.get(customer.id);
  if (before !== undefined) throw badRow(`${quoted(customer.id)} is in row ${before} already`, "id");
  known.set(customer.id, row);
  return customer;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new HaggleError("SERVER_NOT_JSON", "Not JSON", { cause });
  }
}

function badRow(message: string, at?: string): HaggleError {
  const code: Code = "CUSTOMER_BAD_ROW";
  return new HaggleError(code, message, at === undefined ? {} : { at });
}
