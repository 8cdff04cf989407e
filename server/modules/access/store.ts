import type { Queryable } from "../../platform/database/database.ts";
import type { Scope } from "../../platform/scope.ts";

export type KeyRow = {
  id: string;
  actorId: string;
  name: string;
  /** The person; whoever made the key when null. */
  owner: string | null;
  scopes: Scope[];
  digest: string;
  replaces: string | null;
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  revokedAt: number | null;
};

const KEY = `id, actor_id as "actorId", name, owner, scopes, digest, replaces, created_at as "createdAt",
  created_by as "createdBy", expires_at as "expiresAt", revoked_at as "revokedAt"`;
const IS_LIVE = "revoked_at is null and (expires_at is null or expires_at > $1)";

export type Settings = { pepper: string | null; check: string };

export async function insertSettings(db: Queryable, { pepper, check }: Settings): Promise<void> {
  await db.query(
    "insert into access_settings (pepper, pepper_check) values ($1, $2) on conflict do nothing",
    [pepper, check],
  );
}

export async function findSettings(db: Queryable): Promise<Settings | undefined> {
  const [row] = await db.query<Settings>(`select pepper, pepper_check as "check" from access_settings`);
  return row;
}

export async function getKeysVersion(db: Queryable): Promise<number> {
  const [row] = await db.query<{ version: number }>("select keys_version as version from access_settings");
  return row!.version;
}

/** Tells every process, and holds the row: changes of a tenant's keys come one after another. */
export async function raiseKeysVersion(db: Queryable): Promise<void> {
  await db.query("update access_settings set keys_version = keys_version + 1");
}

export async function insertKey(db: Queryable, key: KeyRow): Promise<void> {
  await db.query(
    `insert into access_keys (id, actor_id, name, scopes, digest, replaces, created_at, created_by, expires_at, owner)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      key.id,
      key.actorId,
      key.name,
      key.scopes,
      key.digest,
      key.replaces,
      key.createdAt,
      key.createdBy,
      key.expiresAt,
      key.owner,
    ],
  );
}

export async function findKey(db: Queryable, id: string): Promise<KeyRow | undefined> {
  const [row] = await db.query<KeyRow>(`select ${KEY} from access_keys where id = $1`, [id]);
  return row;
}

/** Live ones first, then the newest. */
export async function listKeys(db: Queryable, now: number, limit: number): Promise<KeyRow[]> {
  return db.query<KeyRow>(
    `select ${KEY} from access_keys order by (${IS_LIVE}) desc, created_at desc, id limit $2`,
    [now, limit],
  );
}

export async function countKeys(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("select count(*) as count from access_keys");
  return row!.count;
}

export async function countLiveKeys(db: Queryable, now: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from access_keys where ${IS_LIVE}`,
    [now],
  );
  return row!.count;
}

/** Those with scope admin that do not end by themselves, but for one key. */
export async function countOtherAdmins(db: Queryable, id: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from access_keys
     where revoked_at is null and expires_at is null and 'admin' = any(scopes) and id <> $1`,
    [id],
  );
  return row!.count;
}

/** Undefined when it was revoked before. */
export async function revokeKey(db: Queryable, id: string, now: number): Promise<KeyRow | undefined> {
  const [row] = await db.query<KeyRow>(
    `update access_keys set revoked_at = $2 where id = $1 and revoked_at is null returning ${KEY}`,
    [id, now],
  );
  return row;
}

/** Lets a live key that nothing has replaced yet end at `end`, or earlier where it does anyway. */
export async function retireKey(
  db: Queryable,
  id: string,
  now: number,
  end: number,
): Promise<KeyRow | undefined> {
  const [row] = await db.query<KeyRow>(
    `update access_keys old set expires_at = least(coalesce(expires_at, $3), $3)
     where id = $2 and ${IS_LIVE} and not exists (select from access_keys next where next.replaces = old.id)
     returning ${KEY}`,
    [now, id, end],
  );
  return row;
}
