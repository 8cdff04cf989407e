import { describeFault, findFaults, HaggleError, quoted } from "@haggle/abi";
import { SKU_SCHEMA, type SkuFields } from "./schema.ts";

/** In one request. */
const MAX_ROWS = 100_000;
/** Of what is wrong; a file with more faults is wrong in general. */
const MAX_FAULTS = 100;

export type RowFault = { row: number; at: string; message: string };

/** Of rows of which some cannot be taken: none of them was. By its faults, as every room has a class of its own. */
export class RefusedRows extends HaggleError {
  readonly faults: readonly RowFault[];

  constructor(faults: readonly RowFault[]) {
    const [{ at, message }] = faults as [RowFault];
    super("SKU_BAD_ROW", message, { at });
    this.faults = faults;
  }

  static override [Symbol.hasInstance](value: unknown): value is RefusedRows {
    return value instanceof Error && "faults" in value;
  }
}

/**
 * The rows of a body: a JSON array, or one JSON object a line (NDJSON).
 *
 * @throws RefusedRows SKU_BAD_ROW; HaggleError SERVER_NOT_JSON, SKU_TOO_MANY
 */
export function parseRows(text: string, isLines: boolean): SkuFields[] {
  const values = isLines ? parseLines(text) : parseArray(text);
  if (values.length > MAX_ROWS) {
    throw new HaggleError("SKU_TOO_MANY", `More than ${MAX_ROWS} skus in one request`, {
      value: values.length,
    });
  }
  const faults: RowFault[] = [];
  const first = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    for (const fault of findFaults(value, SKU_SCHEMA, SKU_SCHEMA)) {
      const { message } = describeFault(fault, () => undefined);
      faults.push({ row, at: placeOf(row, fault.path), message });
    }
    const sku = (value as SkuFields | null)?.sku;
    if (typeof sku !== "string") continue;
    const before = first.get(sku);
    if (before === undefined) first.set(sku, row);
    else
      faults.push({ row, at: placeOf(row, ["sku"]), message: `${quoted(sku)} is in row ${before} already` });
    if (faults.length >= MAX_FAULTS) break;
  }
  if (faults.length > 0) throw new RefusedRows(faults.slice(0, MAX_FAULTS));
  return values as SkuFields[];
}

function parseArray(text: string): unknown[] {
  const value = parse(text, "body");
  if (!Array.isArray(value)) throw new RefusedRows([{ row: 0, at: "body", message: "Needs a list of skus" }]);
  return value;
}

/** Stops behind the last one that may be: a body of nothing but line ends has tens of millions. */
function parseLines(text: string): unknown[] {
  const rows: unknown[] = [];
  for (let start = 0; start < text.length && rows.length <= MAX_ROWS; ) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (line.trim() !== "") rows.push(parse(line, `rows[${rows.length}]`));
    start = end < 0 ? text.length : end + 1;
  }
  return rows;
}

function parse(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HaggleError("SERVER_NOT_JSON", "Not JSON", { at, cause });
  }
}

function placeOf(row: number, path: readonly (string | number)[]): string {
  return `rows[${row}]${path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("")}`;
}
