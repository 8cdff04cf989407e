import type { Queryable } from "../../platform/database/database.ts";

export type WebhookRow = {
  id: string;
  url: string;
  description: string;
  events: string[];
  state: "enabled" | "disabled";
  reason: string | null;
  secret: string;
  old_secret: string | null;
  old_until: number | null;
  key_id: string;
  created_at: number;
  updated_at: number;
};

export type DeliveryRow = {
  id: string;
  type: string;
  status: "pending" | "delivered" | "failed";
  attempts: number;
  next_at: number;
  response_code: number | null;
  response_text: string | null;
  error: string | null;
  created_at: number;
  updated_at: number;
};

/** A try that this process has to make now. */
export type Attempt = Pick<WebhookRow, "url" | "secret" | "old_secret" | "old_until"> & {
  webhook_id: string;
  id: string;
  kind: "event" | "ping";
  type: string;
  body: string;
  attempts: number;
  attempts_left: number;
};

export type NewDelivery = Pick<Attempt, "webhook_id" | "id" | "kind" | "type" | "body" | "attempts_left">;

/** @returns whether there was room */
export async function insertWebhook(
  { query }: Queryable,
  row: WebhookRow,
  maxWebhooks: number,
): Promise<boolean> {
  const rows = await query(
    `insert into webhooks (id, url, description, events, secret, key_id, created_at, updated_at)
     select $1, $2, $3, $4, $5, $6, $7, $7 where (select count(*) from webhooks) < $8 returning id`,
    [row.id, row.url, row.description, row.events, row.secret, row.key_id, row.created_at, maxWebhooks],
  );
  return rows.length > 0;
}

export async function listWebhooks({ query }: Queryable): Promise<WebhookRow[]> {
  return query("select * from webhooks order by created_at, id");
}

export async function listEnabled({ query }: Queryable): Promise<Pick<WebhookRow, "id" | "events">[]> {
  return query("select id, events from webhooks where state = 'enabled' order by id");
}

export async function findWebhook({ query }: Queryable, id: string): Promise<WebhookRow | undefined> {
  return (await query<WebhookRow>("select * from webhooks where id = $1", [id]))[0];
}

export async function lockWebhook({ query }: Queryable, id: string): Promise<WebhookRow | undefined> {
  return (await query<WebhookRow>("select * from webhooks where id = $1 for update", [id]))[0];
}

export async function updateWebhook({ query }: Queryable, row: WebhookRow): Promise<void> {
  await query(
    `update webhooks set url = $2, description = $3, events = $4, state = $5, reason = $6, secret = $7,
       old_secret = $8, old_until = $9, key_id = $10, updated_at = $11
     where id = $1`,
    [
      row.id,
      row.url,
      row.description,
      row.events,
      row.state,
      row.reason,
      row.secret,
      row.old_secret,
      row.old_until,
      row.key_id,
      row.updated_at,
    ],
  );
}

export async function deleteWebhook({ query }: Queryable, id: string): Promise<void> {
  await query("delete from webhooks where id = $1", [id]);
}

/** @returns whether it was enabled until now */
export async function disableWebhook(
  { query }: Queryable,
  id: string,
  reason: string,
  now: number,
): Promise<boolean> {
  const rows = await query(
    `update webhooks set state = 'disabled', reason = $2, updated_at = $3
     where id = $1 and state = 'enabled' returning id`,
    [id, reason, now],
  );
  return rows.length > 0;
}

/** How many have secrets that another key encrypts. */
export async function countForeign({ query }: Queryable, keyId: string): Promise<number> {
  const sql = "select count(*) as count from webhooks where key_id <> $1";
  return (await query<{ count: number }>(sql, [keyId]))[0]!.count;
}

/** The same message twice is one. */
export async function insertDelivery({ query }: Queryable, row: NewDelivery, now: number): Promise<void> {
  await query(
    `insert into webhook_deliveries
       (webhook_id, id, kind, type, body, attempts_left, next_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $7) on conflict do nothing`,
    [row.webhook_id, row.id, row.kind, row.type, row.body, row.attempts_left, now],
  );
}

/**
 * Takes what is due, counted as tried, so that a process which dies over it has made a try; nobody else takes it before
 * `leaseUntil`. Two at most of one webhook, so that a slow receiver does not keep the others waiting.
 */
export async function claimDue(
  { query }: Queryable,
  options: { now: number; leaseUntil: number; keyId: string; busy: readonly string[]; limit: number },
): Promise<Attempt[]> {
  return query(
    `update webhook_deliveries d
     set attempts = attempts + 1, attempts_left = greatest(attempts_left - 1, 0), next_at = $2, updated_at = $1
     from (
       select w.id as webhook, w.url, w.secret, w.old_secret, w.old_until, due.id as delivery
       from webhooks w cross join lateral (
         select id from webhook_deliveries
         where webhook_id = w.id and status = 'pending' and next_at <= $1 and (w.state = 'enabled' or kind = 'ping')
         order by next_at limit 2 for update skip locked
       ) due
       where w.key_id = $3 and w.id <> all ($4) limit $5
     ) due
     where d.webhook_id = due.webhook and d.id = due.delivery
     returning d.webhook_id, d.id, d.kind, d.type, d.body, d.attempts, d.attempts_left,
       due.url, due.secret, due.old_secret, due.old_until`,
    [options.now, options.leaseUntil, options.keyId, options.busy, options.limit],
  );
}

export type Outcome = {
  status: DeliveryRow["status"];
  nextAt: number;
  code: number | null;
  text: string | null;
  error: string | null;
};

/** Of the try that was number `attempts`: what a later one found out stays. */
export async function settle(
  { query }: Queryable,
  { webhook_id, id, attempts }: Attempt,
  outcome: Outcome,
  now: number,
): Promise<void> {
  await query(
    `update webhook_deliveries
     set status = $4, next_at = $5, response_code = $6, response_text = $7, error = $8, updated_at = $9
     where webhook_id = $1 and id = $2 and attempts = $3`,
    [
      webhook_id,
      id,
      attempts,
      outcome.status,
      outcome.nextAt,
      outcome.code,
      outcome.text,
      outcome.error,
      now,
    ],
  );
}

export async function listDeliveries(
  { query }: Queryable,
  webhook: string,
  { before, limit }: { before: number; limit: number },
): Promise<DeliveryRow[]> {
  return query(
    `select id, type, status, attempts, next_at, response_code, response_text, error, created_at, updated_at
     from webhook_deliveries where webhook_id = $1 and created_at < $2
     order by created_at desc, id limit $3`,
    [webhook, before, limit],
  );
}

/** @returns the delivery's status until now, nothing where there is no such one */
export async function restartDelivery(
  { query }: Queryable,
  { webhook, id, attemptsLeft, now }: { webhook: string; id: string; attemptsLeft: number; now: number },
): Promise<boolean> {
  const rows = await query(
    `update webhook_deliveries set status = 'pending', attempts_left = $3, next_at = $4, updated_at = $4
     where webhook_id = $1 and id = $2 returning id`,
    [webhook, id, attemptsLeft, now],
  );
  return rows.length > 0;
}

export async function countPending({ query }: Queryable): Promise<number> {
  const sql = "select count(*) as count from webhook_deliveries where status = 'pending'";
  return (await query<{ count: number }>(sql))[0]!.count;
}

export async function deleteDeliveries({ query }: Queryable, before: number): Promise<void> {
  await query("delete from webhook_deliveries where created_at < $1", [before]);
}
