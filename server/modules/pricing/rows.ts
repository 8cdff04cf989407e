import { describeFault, findFaults, HaggleError, quoted, refuse } from "@haggle/abi";
import { SKU_SCHEMA, type SkuFields } from "./schema.ts";

/** In one request. */
const MAX_ROWS = 100_000;
/** Of what is wrong; a file with more faults is wrong in general. */
const MAX_FAULTS = 100;

export type RowFault = { row: number; at: string; message: string };

/** Of rows of which some cannot be taken: none of them was. */
class RefusedRows extends HaggleError {
  readonly faults: readonly RowFault[];

  constructor(faults: readonly RowFault[]) {
    const [{ at, message }] = faults as [RowFault];
    super("SKU_BAD_ROW", message, { at });
    this.faults = faults;
  }
}

/** Characters of one line: 64 attributes as long as they may be, all of them escaped, are fewer. */
const MAX_LINE = 256 * 1024;

/**
 * The rows of a JSON array.
 *
 * @throws RefusedRows SKU_BAD_ROW; HaggleError SERVER_NOT_JSON, SKU_TOO_MANY
 */
export function parseRows(text: string): SkuFields[] {
  const value = parse(text, "body");
  if (!Array.isArray(value)) throw new RefusedRows([{ row: 0, at: "body", message: "Needs a list of skus" }]);
  if (value.length > MAX_ROWS) throw tooMany(value.length);
  const { add, finish } = createRows();
  for (const each of value) if (!add(each)) break;
  return finish();
}

/**
 * The rows of a body with one JSON object a line (NDJSON), as it comes: at no time is there more of the text than a line
 * and a piece of the body. Of a body that is wrong, the rest is read and dropped, so that whoever sends it hears why.
 *
 * @throws RefusedRows SKU_BAD_ROW; HaggleError SERVER_NOT_JSON, SKU_TOO_MANY, SERVER_BODY_TOO_LARGE
 */
export async function readLines(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SkuFields[]> {
  const decoder = new TextDecoder();
  const { add, finish } = createRows();
  let rest = "";
  let rows = 0;
  let bytes = 0;
  let isOver = false;
  let failure: unknown;

  function take(line: string): void {
    if (line.trim() === "") return;
    if (rows === MAX_ROWS) throw tooMany(rows + 1);
    if (line.length > MAX_LINE)
      throw new HaggleError("SERVER_NOT_JSON", "Too long a line", { at: atRow(rows) });
    isOver = !add(parse(line, atRow(rows++)));
  }

  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw refuse("SERVER_BODY_TOO_LARGE", "body", bytes);
    if (isOver) continue;
    try {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (!isOver) take(line);
      if (rest.length > MAX_LINE) take(rest);
    } catch (cause) {
      [failure, isOver, rest] = [cause, true, ""];
    }
  }
  if (failure !== undefined) throw failure;
  if (!isOver) take(rest + decoder.decode());
  return finish();
}

/** Takes rows one by one, as long as there is not too much wrong with them. */
function createRows() {
  const rows: SkuFields[] = [];
  const faults: RowFault[] = [];
  const first = new Map<string, number>();
  return {
    add(value: unknown): boolean {
      const row = rows.push(value as SkuFields) - 1;
      for (const fault of findFaults(value, SKU_SCHEMA, SKU_SCHEMA)) {
        const { message } = describeFault(fault, () => undefined);
        faults.push({ row, at: placeOf(row, fault.path), message });
      }
      const sku = (value as SkuFields | null)?.sku;
      if (typeof sku !== "string") return faults.length < MAX_FAULTS;
      const before = first.get(sku);
      if (before === undefined) first.set(sku, row);
      else {
        const message = `${quoted(sku)} is in row ${before} already`;
        faults.push({ row, at: placeOf(row, ["sku"]), message });
      }
      return faults.length < MAX_FAULTS;
    },
    finish(): SkuFields[] {
      if (faults.length > 0) throw new RefusedRows(faults.slice(0, MAX_FAULTS));
      return rows;
    },
  };
}

function tooMany(rows: number): HaggleError {
  return new HaggleError("SKU_TOO_MANY", `More than ${MAX_ROWS} skus in one request`, { value: rows });
}

function parse(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HaggleError("SERVER_NOT_JSON", "Not JSON", { at, cause });
  }
}

function atRow(row: number): string {
  return `rows[${row}]`;
}

function placeOf(row: number, path: readonly (string | number)[]): string {
  return `${atRow(row)}${path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("")}`;
}
