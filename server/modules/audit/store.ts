import type { Queryable } from "../../platform/database/database.ts";

/** The end of the chain as the database has it. */
export type Head = { seq: number; hash: string };

export type Row = { seq: number; record: string; hash: string };

/** Holds the head until the transaction ends: records are appended one after another. */
export async function lockHead(db: Queryable): Promise<Head | undefined> {
  const [head] = await db.query<Head>("select seq, hash from audit_heads for update");
  return head;
}

export async function createHead(db: Queryable, { seq, hash }: Head): Promise<void> {
  await db.query("insert into audit_heads (seq, hash) values ($1, $2) on conflict do nothing", [seq, hash]);
}

export async function moveHead(db: Queryable, { seq, hash }: Head): Promise<void> {
  await db.query("update audit_heads set seq = $1, hash = $2", [seq, hash]);
}

export async function insertRecord(db: Queryable, { seq, record, hash }: Row): Promise<void> {
  await db.query("insert into audit_records (seq, record, hash) values ($1, $2, $3)", [seq, record, hash]);
}

export async function findHead(db: Queryable): Promise<Head | undefined> {
  const [head] = await db.query<Head>("select seq, hash from audit_heads");
  return head;
}

export async function findHash(db: Queryable, seq: number): Promise<string | undefined> {
  const [row] = await db.query<{ hash: string }>("select hash from audit_records where seq = $1", [seq]);
  return row?.hash;
}

/** Of whom, of what, and when: epoch ms, with `from` and without `until`. */
export type Filter = { action?: string; actor?: string; object?: string; from?: number; until?: number };

/**
 * A record as `jsonb`, which holds neither zeros nor halves of surrogate pairs: a note may have either, and a long one is cut
 * off anywhere. Of an escaped backslash the first half is no escape of what follows.
 */
const FIELDS = String.raw`regexp_replace(record, '((?:\\\\)+)|\\u(?:0000|d[89a-f][0-9a-f]{2})', '\1', 'g')::jsonb`;

/**
 * How many records a search reads, which takes less than a second: one that nothing matches would read the whole log, and hold
 * a connection for as long.
 */
const READ_AT_MOST = 10_000;

/** Newest first, of those that a search from `before` on reads. */
export async function listNewest(
  db: Queryable,
  { before, limit, action, actor, object, from, until }: Filter & { before: number; limit: number },
): Promise<Row[]> {
  return db.query<Row>(
    `select seq, record, hash from (
       select seq, record, hash from audit_records where seq < $1 order by seq desc limit ${READ_AT_MOST}
     ) as newest
     where ($3::text is null or ${FIELDS} ->> 'action' = $3)
       and ($4::text is null or ${FIELDS} -> 'actor' ->> 'id' = $4)
       and ($5::text is null or ${FIELDS} ->> 'object' = $5)
       and ($6::bigint is null or (${FIELDS} ->> 'time')::bigint >= $6)
       and ($7::bigint is null or (${FIELDS} ->> 'time')::bigint < $7)
     order by seq desc limit $2`,
    [before, limit, action ?? null, actor ?? null, object ?? null, from ?? null, until ?? null],
  );
}

/** The last record that a search from `before` on reads, undefined where it reads them all. */
export async function findLastRead(db: Queryable, before: number): Promise<number | undefined> {
  const [row] = await db.query<{ seq: number }>(
    `select seq from audit_records where seq < $1 order by seq desc offset ${READ_AT_MOST - 1} limit 1`,
    [before],
  );
  return row?.seq;
}

/** Oldest first, behind `after`. */
export async function listOldest(db: Queryable, after: number, limit: number): Promise<Row[]> {
  return db.query<Row>("select seq, record, hash from audit_records where seq > $1 order by seq limit $2", [
    after,
    limit,
  ]);
}
