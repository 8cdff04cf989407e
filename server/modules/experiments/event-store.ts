import type { ExperimentUnit } from "@haggle/abi";
import type { Queryable } from "../../platform/database/database.ts";

/** What was told of one unit, as it is kept. */
export type EventRow = {
  experiment: string;
  id: string;
  type: "exposure" | "outcome";
  unit: string;
  variant: string;
  at: number;
  received_at: number;
  metric?: string | undefined;
  currency?: string | undefined;
  value_minor?: number | undefined;
  discount_minor?: number | undefined;
  margin_minor?: number | undefined;
  /** Something came back, of whatever worth. What is revenue below 0 is back anyway. */
  is_back?: true;
  /** Of an exposure of a sticky experiment: under what the unit is remembered. */
  kind?: ExperimentUnit | undefined;
  bucket_version?: number | undefined;
};

const COLUMNS = `experiment text, id text, type text, unit text, variant text, at bigint, received_at bigint, metric text,
  currency text, value_minor bigint, discount_minor bigint, margin_minor bigint`;
const NAMES = COLUMNS.replace(/ (?:text|bigint)/g, "");

/** Looked up here, as what is remembered is deleted when the experiment has ended. One row of the primary key, or none. */
const DRAWN_AT = `(select assigned_at from experiment_units remembered
  where (remembered.kind, remembered.unit, remembered.experiment, remembered.bucket_version)
    = (event.kind, event.unit, event.experiment, event.bucket_version))`;

/** @returns how many of them were new */
export async function insertEvents(db: Queryable, rows: readonly EventRow[]): Promise<number> {
  const [inserted] = await db.query<{ count: number }>(
    `with inserted as (
       insert into experiment_events (${NAMES}, is_back, drawn_at) select ${NAMES}, coalesce(is_back, false), ${DRAWN_AT}
       from jsonb_to_recordset($1::jsonb) as event (${COLUMNS}, is_back boolean, kind text, bucket_version int)
       on conflict do nothing returning 1
     ) select count(*) as count from inserted`,
    [JSON.stringify(rows)],
  );
  return inserted!.count;
}

/** Those of these ids, in the order of the ids. */
export async function listOutcomes(
  { query }: Queryable,
  experiments: readonly string[],
  ids: readonly string[],
): Promise<EventRow[]> {
  return query(
    `select ${NAMES} from experiment_events
     where experiment = any ($1::text[]) and id = any ($2::text[]) order by array_position($2, id)`,
    [experiments, ids],
  );
}
