import type { Queryable } from "./database/database.ts";
import type { OutboxEvent, StoredEvent } from "./outbox.ts";

// The SQL of the outbox, one statement each. Times are epoch milliseconds.

export type Cursor = { number: number; tries: number };

export async function insertEvent(
  { query }: Queryable,
  id: string,
  { type, subject, data }: OutboxEvent,
  now: number,
): Promise<void> {
  const sql = "insert into outbox_events (id, type, subject, data, created_at) values ($1, $2, $3, $4, $5)";
  await query(sql, [id, type, subject, JSON.stringify(data), now]);
}

/** In their order, in one way to the database. */
export async function insertEvents(
  { query }: Queryable,
  events: readonly (OutboxEvent & { id: string })[],
  now: number,
): Promise<void> {
  await query(
    `insert into outbox_events (id, type, subject, data, created_at)
     select id, type, subject, data, $5
     from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) with ordinality
       as event (id, type, subject, data, place)
     order by place`,
    [
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      events.map(({ subject }) => subject),
      events.map(({ data }) => JSON.stringify(data)),
      now,
    ],
    "outbox-insert-events",
  );
}

/** Whether there is anything that has no number yet. */
export async function hasUnnumbered({ query }: Queryable): Promise<boolean> {
  return (await query("select from outbox_events where number is null limit 1")).length > 0;
}

export async function insertHead({ query }: Queryable): Promise<void> {
  await query("insert into outbox_heads default values on conflict do nothing");
}

/** Keeps every other process from numbering until the transaction ends. Nothing where another one is at it. */
export async function lockHead({ query }: Queryable): Promise<number | undefined> {
  const sql = "select number from outbox_heads for update skip locked";
  return (await query<{ number: number }>(sql))[0]?.number;
}

/** Numbers what is visible, in the order in which it was emitted. @returns how many */
export async function numberEvents({ query }: Queryable, head: number, limit: number): Promise<number> {
  const rows = await query(
    `with fresh as (
       select id, row_number() over (order by emitted) as place
       from (select id, emitted from outbox_events where number is null order by emitted limit $2) as next
     )
     update outbox_events e set number = $1 + fresh.place from fresh where e.id = fresh.id returning e.id`,
    [head, limit],
  );
  return rows.length;
}

export async function updateHead({ query }: Queryable, number: number): Promise<void> {
  await query("update outbox_heads set number = $1", [number]);
}

/** A new subscriber hears what comes from now on. */
export async function insertCursor({ query }: Queryable, subscriber: string, now: number): Promise<void> {
  await query(
    `insert into outbox_cursors (subscriber, number, seen_at)
     select $1, coalesce((select number from outbox_heads), 0), $2
     on conflict (tenant_id, subscriber) do update set seen_at = excluded.seen_at`,
    [subscriber, now],
  );
}

/**
 * What comes after the cursor, of what has a number. Undefined where that is nothing. The cursor is read first: in a join the
 * database would sort all events behind it, or walk there from the very first one.
 */
export async function findNext(
  { query }: Queryable,
  subscriber: string,
  limit: number,
): Promise<{ cursor: number; events: StoredEvent[] } | undefined> {
  const rows = await query<StoredEvent & { cursor: number }>(
    `with cursor as materialized (select number from outbox_cursors where subscriber = $1)
     select (select number from cursor) as cursor, e.id, e.number, e.type, e.subject, e.data, e.created_at as "createdAt"
     from outbox_events e where e.number > (select number from cursor) order by e.number limit $2`,
    [subscriber, limit],
    "outbox-next",
  );
  const events = rows.map(({ cursor: _, ...event }) => event);
  return rows[0] && { cursor: rows[0].cursor, events };
}

/**
 * Counts a try before it is made, so that a run which ends the process is seen by the next one, and holds others off for a
 * while. Nothing where another process is at it, or it is not yet time.
 */
export async function claim(
  { query }: Queryable,
  subscriber: string,
  { number, now, retryMs }: { number: number; now: number; retryMs: number },
): Promise<Cursor | undefined> {
  const [cursor] = await query<Cursor>(
    `update outbox_cursors
     set tries = tries + 1, next_at = $3::bigint + $4::bigint, seen_at = $3
     where subscriber = (
       select subscriber from outbox_cursors
       where subscriber = $1 and number = $2 and next_at <= $3 for update skip locked
     )
     returning number, tries`,
    [subscriber, number, now, retryMs],
    "outbox-claim",
  );
  return cursor;
}

/** Holds the cursor while its events are handled. False where another process has taken over meanwhile. */
export async function lockClaimed(
  { query }: Queryable,
  subscriber: string,
  cursor: Cursor,
): Promise<boolean> {
  const rows = await query(
    "select from outbox_cursors where subscriber = $1 and number = $2 and tries = $3 for update skip locked",
    [subscriber, cursor.number, cursor.tries],
    "outbox-lock",
  );
  return rows.length > 0;
}

export async function moveCursor({ query }: Queryable, subscriber: string, number: number): Promise<void> {
  const sql = "update outbox_cursors set number = $2, tries = 0, next_at = 0 where subscriber = $1";
  await query(sql, [subscriber, number], "outbox-move");
}

/** How many events wait for each subscriber, those without a number included, and those that are held back. */
export async function countWaiting({ query }: Queryable): Promise<{ subscriber: string; waiting: number }[]> {
  return query(
    `select c.subscriber, h.number - c.number + (select count(*) from outbox_events where number is null)
       + (select count(*) from outbox_held held where held.subscriber = c.subscriber) as waiting
     from outbox_cursors c, outbox_heads h`,
  );
}

/** Forgets events that every subscriber has had. */
export async function deleteEvents({ query }: Queryable, before: number): Promise<void> {
  await query(
    `delete from outbox_events where created_at < $1
     and number <= coalesce((select min(number) from outbox_cursors), (select number from outbox_heads))`,
    [before],
  );
}

/** Forgets subscribers that are in no program any more. */
export async function deleteCursors({ query }: Queryable, before: number): Promise<void> {
  await query("delete from outbox_cursors where seen_at < $1", [before]);
}
