import type { Experiment, ExperimentUnit } from "@haggle/abi";
import type { Queryable } from "../../platform/database/database.ts";

export type ExperimentState = "draft" | "running" | "paused" | "ended";

export type ExperimentRow = {
  key: string;
  channel: string;
  state: ExperimentState;
  /** Counts up with each change that assigns anew. */
  phase: number;
  revision: number;
  definition: Experiment;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  /** When the present phase, or the present weights, began to count. */
  phaseAt: number | null;
  /** When the present bucket version began: what sticky units were given before does not count. */
  drawnSince: number | null;
  endedAt: number | null;
};

/** The newest document of a channel; version 0 while there is none. */
export type Head = { channel: string; version: number; sha256: string | null; document: Uint8Array | null };

const COLUMNS = `key, channel, state, phase, revision, definition, created_at "createdAt", updated_at "updatedAt",
  started_at "startedAt", phase_at "phaseAt", drawn_since "drawnSince",
  ended_at "endedAt"`;

/** @returns false when the tenant has one of that key already, on whatever channel */
export async function insertExperiment(db: Queryable, row: ExperimentRow): Promise<boolean> {
  const inserted = await db.query(
    `insert into experiments (key, channel, state, phase, revision, definition, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning key`,
    [
      row.key,
      row.channel,
      row.state,
      row.phase,
      row.revision,
      JSON.stringify(row.definition),
      row.createdAt,
      row.updatedAt,
    ],
  );
  return inserted.length > 0;
}

/** To be called by whoever holds the channel's head. */
export async function updateExperiment(db: Queryable, row: ExperimentRow): Promise<void> {
  await db.query(
    `update experiments set state = $2, phase = $3, revision = $4, definition = $5, updated_at = $6, started_at = $7,
       phase_at = $8, drawn_since = $9, ended_at = $10 where key = $1`,
    [
      row.key,
      row.state,
      row.phase,
      row.revision,
      JSON.stringify(row.definition),
      row.updatedAt,
      row.startedAt,
      row.phaseAt,
      row.drawnSince,
      row.endedAt,
    ],
  );
}

export async function findExperiment(db: Queryable, key: string): Promise<ExperimentRow | undefined> {
  const rows = await db.query<ExperimentRow>(`select ${COLUMNS} from experiments where key = $1`, [key]);
  return rows[0];
}

/** All that there are, or those of a channel, in the order of their keys. */
export function listExperiments(db: Queryable, channel: string | null = null): Promise<ExperimentRow[]> {
  return db.query<ExperimentRow>(
    `select ${COLUMNS} from experiments where $1::text is null or channel = $1 order by key`,
    [channel],
  );
}

/** Another number after each change of any experiment: none ever goes, and each change counts its revision up. */
export async function readRevisions(db: Queryable): Promise<number> {
  const [row] = await db.query<{ sum: number }>(
    "select coalesce(sum(revision), 0)::bigint as sum from experiments",
  );
  return row!.sum;
}

export async function countExperiments(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("select count(*) as count from experiments");
  return row!.count;
}

/** The channel's head, held until the transaction ends: experiments of a channel change one behind the other. */
export async function lockHead(db: Queryable, channel: string): Promise<Head> {
  await db.query("insert into experiment_heads (channel, version) values ($1, 0) on conflict do nothing", [
    channel,
  ]);
  const rows = await db.query<Head>(
    "select channel, version, sha256, document from experiment_heads where channel = $1 for update",
    [channel],
  );
  return rows[0]!;
}

/** Without their bytes. */
export function listHeads(db: Queryable): Promise<Pick<Head, "channel" | "version" | "sha256">[]> {
  return db.query("select channel, version, sha256 from experiment_heads where version > 0 order by channel");
}

export async function findHead(db: Queryable, channel: string): Promise<Head | undefined> {
  const rows = await db.query<Head>(
    "select channel, version, sha256, document from experiment_heads where channel = $1 and version > 0",
    [channel],
  );
  return rows[0];
}

/** Makes a document the newest of its channel, whose head the transaction holds, and keeps it for ever. */
export async function putDocument(
  db: Queryable,
  { channel, version, sha256, document }: { [Field in keyof Head]: NonNullable<Head[Field]> },
  now: number,
): Promise<void> {
  const bytes = Buffer.from(document);
  await db.query("update experiment_heads set version = $2, sha256 = $3, document = $4 where channel = $1", [
    channel,
    version,
    sha256,
    bytes,
  ]);
  await db.query(
    `insert into experiment_documents (channel, version, sha256, document, stored_at)
     values ($1, $2, $3, $4, $5)`,
    [channel, version, sha256, bytes, now],
  );
}

/** What a unit of a sticky experiment was given first. */
export type UnitRow = {
  kind: ExperimentUnit;
  unit: string;
  experiment: string;
  bucketVersion: number;
  variant: string;
  assignedAt: number;
};

export function findUnits(
  db: Queryable,
  units: readonly Pick<UnitRow, "kind" | "unit">[],
): Promise<Omit<UnitRow, "assignedAt">[]> {
  return db.query(
    `select kind, unit, experiment, bucket_version "bucketVersion", variant from experiment_units
     where (kind, unit) in (select * from unnest($1::text[], $2::text[]))`,
    [units.map(({ kind }) => kind), units.map(({ unit }) => unit)],
  );
}

/** What is there stays. @returns those that were not */
export function insertUnits(
  db: Queryable,
  rows: readonly UnitRow[],
): Promise<Omit<UnitRow, "variant" | "assignedAt">[]> {
  return db.query(
    `insert into experiment_units (kind, unit, experiment, bucket_version, variant, assigned_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[])
     on conflict do nothing returning kind, unit, experiment, bucket_version "bucketVersion"`,
    [
      rows.map(({ kind }) => kind),
      rows.map(({ unit }) => unit),
      rows.map(({ experiment }) => experiment),
      rows.map(({ bucketVersion }) => bucketVersion),
      rows.map(({ variant }) => variant),
      rows.map(({ assignedAt }) => assignedAt),
    ],
  );
}

/** Keys of experiments that have ended, and of which units are remembered. */
export async function listEnded(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ key: string }>(
    `select key from experiments where state = 'ended'
     and exists (select from experiment_units where experiment_units.experiment = experiments.key)`,
  );
  return rows.map(({ key }) => key);
}

/** @returns how many, at most `limit` */
export async function deleteUnits(db: Queryable, experiment: string, limit: number): Promise<number> {
  const rows = await db.query(
    `delete from experiment_units where (kind, unit, bucket_version) in (
       select kind, unit, bucket_version from experiment_units where experiment = $1 limit $2
     ) and experiment = $1 returning 1 as one`,
    [experiment, limit],
  );
  return rows.length;
}
