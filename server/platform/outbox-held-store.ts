import type { Queryable } from "./database/database.ts";
import type { StoredEvent } from "./outbox.ts";

// The SQL of events that are held back and of those that were given up, one statement each. Times are epoch milliseconds.

/** Of an event behind another one of its subject. */
export const NEVER = Number.MAX_SAFE_INTEGER;

export type Held = { event: StoredEvent; tries: number; nextAt: number };

/** As it was claimed: its try is counted. */
export type HeldTry = Pick<Held, "event" | "tries">;

export type DeadEvent = { subscriber: string; event: StoredEvent; error: string; failedAt: number };

/** Where a dead event stands in the list of all. */
export type DeadPlace = { failedAt: number; event: string; subscriber: string };

export type DeadPage = {
  subscriber: string | undefined;
  /** Epoch ms. */
  before: number;
  after?: DeadPlace | undefined;
  limit: number;
};

export async function insertHeld(
  { query }: Queryable,
  subscriber: string,
  held: readonly Held[],
): Promise<void> {
  await query(
    `insert into outbox_held (subscriber, subject, number, event, tries, next_at)
     select $1, held.* from unnest($2::text[], $3::bigint[], $4::jsonb[], $5::int[], $6::bigint[]) as held
     on conflict do nothing`,
    [
      subscriber,
      held.map(({ event }) => event.subject),
      held.map(({ event }) => event.number),
      held.map(({ event }) => JSON.stringify(event)),
      held.map(({ tries }) => tries),
      held.map(({ nextAt }) => nextAt),
    ],
  );
}

/** Which of these subjects are held back. */
export async function listHeldSubjects(
  { query }: Queryable,
  subscriber: string,
  subjects: readonly string[],
): Promise<string[]> {
  const rows = await query<{ subject: string }>(
    "select distinct subject from outbox_held where subscriber = $1 and subject = any ($2::text[])",
    [subscriber, subjects],
    "outbox-held-subjects",
  );
  return rows.map(({ subject }) => subject);
}

/** Counts a try before it is made: of the first event of some subject, whose time has come, and that no other process has. */
export async function claimHeld(
  { query }: Queryable,
  subscriber: string,
  { now, retryMs }: { now: number; retryMs: number },
): Promise<HeldTry | undefined> {
  const [claimed] = await query<HeldTry>(
    `update outbox_held
     set tries = tries + 1, next_at = $2::bigint + $3::bigint * (1 << least(tries, 16))
     where subscriber = $1 and (subject, number) = (
       select subject, number from outbox_held due
       where subscriber = $1 and next_at <= $2 and not exists (
         select from outbox_held before
         where before.subscriber = $1 and before.subject = due.subject and before.number < due.number
       )
       order by next_at, number limit 1 for update skip locked
     )
     returning event, tries`,
    [subscriber, now, retryMs],
    "outbox-claim-held",
  );
  return claimed;
}

/** Holds it while it is handled. False where another process has taken over meanwhile. */
export async function lockHeld(
  { query }: Queryable,
  subscriber: string,
  { event, tries }: HeldTry,
): Promise<boolean> {
  const rows = await query(
    `select from outbox_held where subscriber = $1 and subject = $2 and number = $3 and tries = $4
     for update skip locked`,
    [subscriber, event.subject, event.number, tries],
  );
  return rows.length > 0;
}

export async function deleteHeld(
  { query }: Queryable,
  subscriber: string,
  { subject, number }: StoredEvent,
): Promise<void> {
  const sql = "delete from outbox_held where subscriber = $1 and subject = $2 and number = $3";
  await query(sql, [subscriber, subject, number]);
}

/**
 * The first event of each of these subjects, or of all, has its turn now. In a statement of its own behind the commit of whatever
 * took the one before away, or put this one there: whichever of the two comes last finds it. In order, so that no two wait for
 * each other; what another one has locked, it wakes.
 */
export async function wakeHeld(
  { query }: Queryable,
  subscriber: string,
  { now, subjects }: { now: number; subjects?: readonly string[] },
): Promise<void> {
  await query(
    `with first as (
       select subject, number from outbox_held head
       where subscriber = $1 and next_at = ${NEVER} and ($3::text[] is null or subject = any ($3)) and not exists (
         select from outbox_held before
         where before.subscriber = $1 and before.subject = head.subject and before.number < head.number
       )
       order by subject, number for update skip locked
     )
     update outbox_held held set next_at = $2 from first
     where held.subscriber = $1 and held.subject = first.subject and held.number = first.number`,
    [subscriber, now, subjects ?? null],
  );
}

/** Of subscribers that are in no program any more: nobody claims them. */
export async function deleteHeldOfNobody({ query }: Queryable): Promise<void> {
  await query(
    `delete from outbox_held held
     where not exists (select from outbox_cursors c where c.subscriber = held.subscriber)`,
  );
}

export async function countHeld({ query }: Queryable): Promise<{ subscriber: string; held: number }[]> {
  return query("select subscriber, count(*) as held from outbox_held group by subscriber");
}

export async function insertFailure(
  { query }: Queryable,
  subscriber: string,
  { event, error, now }: { event: StoredEvent; error: string; now: number },
): Promise<void> {
  await query(
    `insert into outbox_failures (subscriber, event_id, event, error, failed_at)
     values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, subscriber, event_id) do update set error = excluded.error, failed_at = excluded.failed_at`,
    [subscriber, event.id, JSON.stringify(event), error, now],
  );
}

/** The newest first; of one moment there may be many. */
export async function listFailures(
  { query }: Queryable,
  { subscriber, before, after, limit }: DeadPage,
): Promise<DeadEvent[]> {
  return query(
    `select subscriber, event, error, failed_at as "failedAt" from outbox_failures
     where failed_at < $2 and ($1::text is null or subscriber = $1)
       and ($4::bigint is null or (failed_at, event_id, subscriber) < ($4, $5, $6))
     order by failed_at desc, event_id desc, subscriber desc limit $3`,
    [
      subscriber ?? null,
      before,
      limit,
      after?.failedAt ?? null,
      after?.event ?? null,
      after?.subscriber ?? null,
    ],
  );
}

/** Before what comes after them of their subjects. @returns how many were there */
export async function replayFailures(
  { query }: Queryable,
  subscriber: string,
  { ids, limit, now }: { ids: readonly string[] | undefined; limit: number; now: number },
): Promise<number> {
  const rows = await query(
    `with chosen as (
       select event_id from outbox_failures where subscriber = $1 and ($2::text[] is null or event_id = any ($2))
       order by failed_at, event_id limit $3 for update skip locked
     ), taken as (
       delete from outbox_failures where subscriber = $1 and event_id in (select event_id from chosen) returning event
     )
     insert into outbox_held (subscriber, subject, number, event, next_at)
     select $1, event ->> 'subject', (event ->> 'number')::bigint, event, $4 from taken
     on conflict do nothing returning number`,
    [subscriber, ids ?? null, limit, now],
  );
  return rows.length;
}

export async function deleteFailures({ query }: Queryable, before: number): Promise<void> {
  await query("delete from outbox_failures where failed_at < $1", [before]);
}
