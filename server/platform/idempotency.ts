// A creation that its caller sends again, because no answer came, happens once. The row of the caller's key is written in the
// transaction of the creation: of two at once the second one waits, and then has the first one's answer. What was refused
// leaves no row, and may be sent again.

import { createHash } from "node:crypto";
import { HaggleError } from "@haggle/abi";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Queryable } from "./database/database.ts";

/** A request that came with an Idempotency-Key. */
export type Repeatable = {
  /** The actor, whose keys are its own. */
  actor: string;
  key: string;
  /** SHA-256 of what is asked. */
  request: string;
};

type Outcome<T> = { answer: T; isRepeat: boolean };

/** A caller that goes on trying does so for less than a day. */
const KEPT_MS = 24 * 60 * 60 * 1000;

export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[!-~]{1,255}$",
      maxLength: 255,
      description: "Of the caller's choice, such as a UUID: within a day the same request happens once",
    }),
  ),
});

/** Undefined where the caller gave no key. */
export function readRepeatable({
  headers,
  actor,
  method,
  url,
  body,
}: FastifyRequest): Repeatable | undefined {
  const key = headers["idempotency-key"];
  if (typeof key !== "string") return undefined;
  const request = createHash("sha256")
    .update(JSON.stringify([method, url, body]))
    .digest("hex");
  return { actor: actor.id, key, request };
}

/**
 * Does `work`, or tells what it gave when the same request came before. `work` gives plain JSON without secrets: it is
 * stored for a day.
 *
 * @throws HaggleError SERVER_IDEMPOTENCY_KEY when another request had the key; what `work` throws
 */
export async function once<T extends object>(
  tx: Queryable,
  repeatable: Repeatable | undefined,
  now: number,
  work: () => Promise<T>,
): Promise<Outcome<T>> {
  if (repeatable === undefined) return { answer: await work(), isRepeat: false };
  if (!(await keepAnswer(tx, repeatable, null, now))) {
    return { answer: (await findAnswer<T>(tx, repeatable, now))!, isRepeat: true };
  }
  const answer = await work();
  await tx.query("update idempotency_keys set answer = $3 where actor_id = $1 and key = $2", [
    repeatable.actor,
    repeatable.key,
    JSON.stringify(answer),
  ]);
  return { answer, isRepeat: false };
}

/**
 * What the same request was answered in the last day, for those who must do something before they begin their transaction.
 *
 * @throws HaggleError SERVER_IDEMPOTENCY_KEY when another request had the key
 */
export async function findAnswer<T extends object>(
  db: Queryable,
  { actor, key, request }: Repeatable,
  now: number,
): Promise<T | undefined> {
  const [row] = await db.query<{ request: string; answer: T }>(
    "select request, answer from idempotency_keys where actor_id = $1 and key = $2 and created_at > $3",
    [actor, key, now - KEPT_MS],
    "idempotency-find",
  );
  if (row !== undefined && row.request !== request) {
    throw new HaggleError("SERVER_IDEMPOTENCY_KEY", "Take a new key for a new request", {
      at: "headers/idempotency-key",
      value: key,
    });
  }
  return row?.answer;
}

/**
 * In the transaction of what is done, with null until that is known; of those who looked by `findAnswer` before it began, with the
 * answer. Waits for whoever has the key and has not committed. A key that nobody asks for any more is taken over, and others like it are
 * left to a worker: who swept them here would keep all others that do so until he commits.
 *
 * @returns whether it was free; where not, all else is to be undone
 */
export function keepAnswer(
  tx: Queryable,
  repeatable: Repeatable,
  answer: object | null,
  now: number,
): Promise<boolean> {
  return keepAnswers(tx, [{ ...repeatable, answer }], now);
}

/** As `keepAnswer`, of several at the price of one, all of other keys. @returns whether all of them were free */
export async function keepAnswers(
  { query }: Queryable,
  kept: readonly (Repeatable & { answer: object | null })[],
  now: number,
): Promise<boolean> {
  // In one order for everybody, so that no two transactions wait for each other.
  const sorted = kept.toSorted((a, b) => byText(a.actor, b.actor) || byText(a.key, b.key));
  const rows = await query(
    `insert into idempotency_keys as known (actor_id, key, request, answer, created_at)
     select actor, key, request, answer, $5 from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) as given (actor, key, request, answer)
     on conflict (tenant_id, actor_id, key) do update
       set request = excluded.request, answer = excluded.answer, created_at = excluded.created_at where known.created_at <= $6
     returning 1`,
    [
      sorted.map(({ actor }) => actor),
      sorted.map(({ key }) => key),
      sorted.map(({ request }) => request),
      sorted.map(({ answer }) => answer && JSON.stringify(answer)),
      now,
      now - KEPT_MS,
    ],
    "idempotency-keep",
  );
  return rows.length === kept.length;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Some of those that nobody asks for any more. @returns how many */
export async function sweepAnswers({ query }: Queryable, now: number, limit: number): Promise<number> {
  const rows = await query(
    `delete from idempotency_keys where (actor_id, key) in (
       select actor_id, key from idempotency_keys where created_at <= $1 order by created_at limit $2 for update skip locked
     ) returning 1`,
    [now - KEPT_MS, limit],
  );
  return rows.length;
}
