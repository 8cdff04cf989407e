import type { Queryable } from "./database/database.ts";
import type { StoredEvent } from "./outbox.ts";

// The SQL of what goes to streams, one statement each.

/** All events up to `number` are in the streams of this epoch; `lasts` has the last number of each. */
export type Relay = { epoch: number; number: number; lasts: number[] };

export async function insertRelay({ query }: Queryable): Promise<void> {
  await query("insert into outbox_relays default values on conflict do nothing");
}

export async function findRelay({ query }: Queryable): Promise<Relay | undefined> {
  const sql = "select epoch, number, lasts::float8[] as lasts from outbox_relays";
  return (await query<Relay>(sql, [], "outbox-relay"))[0];
}

/** Nothing where another process is at it. */
export async function lockRelay({ query }: Queryable): Promise<Relay | undefined> {
  const sql = "select epoch, number, lasts::float8[] as lasts from outbox_relays for update skip locked";
  return (await query<Relay>(sql))[0];
}

/** Waits for whoever has it. */
export async function waitForRelay({ query }: Queryable): Promise<Relay | undefined> {
  return (
    await query<Relay>("select epoch, number, lasts::float8[] as lasts from outbox_relays for update")
  )[0];
}

export async function updateRelay({ query }: Queryable, { epoch, number, lasts }: Relay): Promise<void> {
  const sql = "update outbox_relays set epoch = $1, number = $2, lasts = $3::bigint[]";
  await query(sql, [epoch, number, lasts]);
}

export async function listEventsAfter(
  { query }: Queryable,
  number: number,
  limit: number,
): Promise<StoredEvent[]> {
  return query(
    `select id, number, type, subject, data, created_at as "createdAt" from outbox_events
     where number > $1 order by number limit $2`,
    [number, limit],
    "outbox-after",
  );
}

type SubscriberCursor = { subscriber: string; number: number; seenAt: number };

/** None moves, and no subscriber comes back, until the transaction ends. */
export async function lockCursors({ query }: Queryable): Promise<SubscriberCursor[]> {
  const sql = `select subscriber, number, seen_at as "seenAt" from outbox_cursors order by subscriber for share`;
  return query(sql);
}

/** Of a subscriber that has had all up to this number. Never back. */
export async function advanceCursor(
  { query }: Queryable,
  subscriber: string,
  { number, now }: { number: number; now: number },
): Promise<void> {
  await query(
    `update outbox_cursors set number = $2, tries = 0, next_at = 0, seen_at = $3
     where subscriber = $1 and number < $2`,
    [subscriber, number, now],
  );
}
