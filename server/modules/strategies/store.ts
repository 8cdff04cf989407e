import type { Queryable } from "../../platform/database/database.ts";

// The SQL of strategies, one statement each. Times are epoch milliseconds.

/** Which version is in force; the row of a tenant is locked by whoever changes anything. */
export type Head = {
  revision: number;
  number: number;
  active: string | null;
  previous: string | null;
  pinned: boolean;
  waiting: string | null;
  refused: string | null;
  changedAt: number;
};

export type VersionRow = {
  version: string;
  number: number;
  digest: string;
  strategies: number;
  source: "folder" | "api";
  actorId: string;
  actorName: string;
  createdAt: number;
  activatedAt: number | null;
};

const HEAD = `revision, number, active, previous, pinned, waiting, refused, changed_at as "changedAt"`;
const VERSION = `version, number, digest, strategies, source, actor_id as "actorId", actor_name as "actorName",
  created_at as "createdAt", activated_at as "activatedAt"`;

export async function findHead({ query }: Queryable): Promise<Head | undefined> {
  return (await query<Head>(`select ${HEAD} from strategy_heads`))[0];
}

export async function insertHead({ query }: Queryable): Promise<void> {
  await query("insert into strategy_heads default values on conflict do nothing");
}

export async function lockHead({ query }: Queryable): Promise<Head | undefined> {
  return (await query<Head>(`select ${HEAD} from strategy_heads for update`))[0];
}

export async function updateHead({ query }: Queryable, head: Head): Promise<void> {
  await query(
    `update strategy_heads set revision = $1, number = $2, active = $3, previous = $4, pinned = $5, waiting = $6,
       refused = $7, changed_at = $8`,
    [
      head.revision,
      head.number,
      head.active,
      head.previous,
      head.pinned,
      head.waiting,
      head.refused,
      head.changedAt,
    ],
  );
}

/** True for the first of all processes that says so of a file. */
export async function claimRefusal({ query }: Queryable, digest: string): Promise<boolean> {
  const sql = "update strategy_heads set refused = $1 where refused is distinct from $1 returning tenant_id";
  return (await query(sql, [digest])).length > 0;
}

export async function insertVersion(
  { query }: Queryable,
  row: Omit<VersionRow, "activatedAt"> & { text: string },
): Promise<void> {
  await query(
    `insert into strategy_versions (version, number, digest, text, strategies, source, actor_id, actor_name, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      row.version,
      row.number,
      row.digest,
      row.text,
      row.strategies,
      row.source,
      row.actorId,
      row.actorName,
      row.createdAt,
    ],
  );
}

/** The first time stays. */
export async function markActivated({ query }: Queryable, version: string, now: number): Promise<void> {
  const sql = "update strategy_versions set activated_at = $2 where version = $1 and activated_at is null";
  await query(sql, [version, now]);
}

export async function findVersion({ query }: Queryable, version: string): Promise<VersionRow | undefined> {
  return (
    await query<VersionRow>(`select ${VERSION} from strategy_versions where version = $1`, [version])
  )[0];
}

export async function findFile(
  { query }: Queryable,
  version: string,
): Promise<{ number: number; text: string } | undefined> {
  const sql = "select number, text from strategy_versions where version = $1";
  return (await query<{ number: number; text: string }>(sql, [version]))[0];
}

/** Newest first, below a number. */
export async function listVersions(
  { query }: Queryable,
  { before, limit }: { before: number; limit: number },
): Promise<VersionRow[]> {
  const sql = `select ${VERSION} from strategy_versions where number < $1 order by number desc limit $2`;
  return query<VersionRow>(sql, [before, limit]);
}
