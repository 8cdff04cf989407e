import type { Queryable } from "../../platform/database/database.ts";
import { AMOUNT_BUCKETS, LATENCY_BUCKETS } from "./buckets.ts";
import type { Sums } from "./observation.ts";
import type { Cell } from "./recorder.ts";

/** What identifies a row, and what is counted in it; each is a column, and a field of a cell. */
const KEYS = {
  rollout_id: "text",
  slot: "bigint",
  source: "text",
  currency: "text",
  release: "text",
  arm: "text",
  is_overridden: "boolean",
};
const COUNTS = {
  samples: "integer",
  errors: "integer",
  faults: "integer",
  units: "integer",
  faulted_units: "integer",
  total_minor: "double precision",
  margin_samples: "integer",
  margin_minor: "double precision",
  margin_shares: "double precision",
  margin_squares: "double precision",
  floor_samples: "integer",
  at_floor: "integer",
};
const ARRAYS = {
  latencies: ["integer[]", LATENCY_BUCKETS],
  discount_counts: ["integer[]", AMOUNT_BUCKETS],
  discount_sums: ["double precision[]", AMOUNT_BUCKETS],
  discount_squares: ["double precision[]", AMOUNT_BUCKETS],
} as const;

const columns = [...Object.keys(COUNTS), ...Object.keys(ARRAYS)];
const INSERT = `insert into observations (process_id, ${[...Object.keys(KEYS), ...columns].join(", ")})
  select $1, cells.* from jsonb_to_recordset($2::jsonb) as cells (${[
    ...Object.entries(KEYS),
    ...Object.entries(COUNTS),
    ...Object.entries(ARRAYS).map(([name, [type]]) => [name, type]),
  ]
    .map((pair) => pair.join(" "))
    .join(", ")})
  on conflict (tenant_id, rollout_id, slot, process_id, source, currency, release, arm, is_overridden)
  do update set ${columns.map((name) => `${name} = excluded.${name}`).join(", ")}`;

/** The cells as they stand, in place of what the process has written of the same slots before. */
export async function writeCells(db: Queryable, process: string, cells: readonly Cell[]): Promise<void> {
  await db.query(INSERT, [process, JSON.stringify(cells.map(toRow))]);
}

const SELECT = `select source, currency, release, arm, is_overridden "isOverridden",
    ${Object.keys(COUNTS).map((name) => `sum(${name})::float8 "${toField(name)}"`)},
    ${Object.entries(ARRAYS).map(([name, [, length]]) => `${addElements(name, length)} "${toField(name)}"`)}
  from observations
  where rollout_id = $1 and slot >= $2 and slot < $5
    and (arm = 'stable' and release = $3 or arm = 'canary' and release = $4)
  group by source, currency, release, arm, is_overridden
  order by source, currency, arm, is_overridden`;

export type SumsQuery = { rollout: string; stable: string; canary: string; since: number; before?: number };

/** The sums of all processes, of the slots that began at or after `since`, and before `before`. */
export function readSums(
  db: Queryable,
  { rollout, stable, canary, since, before = Number.MAX_SAFE_INTEGER }: SumsQuery,
): Promise<Sums[]> {
  return db.query<Sums>(SELECT, [rollout, since, stable, canary, before]);
}

export async function deleteBefore(db: Queryable, slot: number): Promise<void> {
  await db.query("delete from observations where slot < $1", [slot]);
}

function toRow(cell: Cell): object {
  const names = [...Object.keys(KEYS), ...columns];
  const fields = cell as unknown as Record<string, unknown>;
  return Object.fromEntries(
    names.map((name) => [name, name === "rollout_id" ? cell.rollout : fields[toField(name)]]),
  );
}

function toField(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function addElements(name: string, length: number): string {
  const elements = Array.from({ length }, (_, index) => `sum(${name}[${index + 1}])`);
  return `array[${elements.join(", ")}]::float8[]`;
}
