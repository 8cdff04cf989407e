import { randomBytes } from "node:crypto";
import { HaggleError } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import { findAnswer, once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox, StoredEvent } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { Audit } from "../audit/service.ts";
import type { Delivery, NewWebhook, Webhook, WebhookChange } from "./schema.ts";
import * as store from "./store.ts";
import type { Target } from "./target.ts";

/** Who asks for a change, and by which request. */
/** With its secret where that is new. */
type Made = { webhook: Webhook; secret?: string };

export type Webhooks = ReturnType<typeof createWebhooks>;

type Dependencies = {
  database: Database;
  audit: Audit;
  outbox: Outbox;
  secrets: SecretBox;
  /** @throws HaggleError SERVER_WEBHOOK_TARGET */
  checkTarget: (url: string) => Promise<Target>;
  clock: Clock;
};

/** Whoever waits for deliveries listens to it. */
export const WEBHOOKS_TOPIC = "webhooks";
/** The first one at once, the last one after fifteen hours. */
export const MAX_ATTEMPTS = 8;
const MAX_WEBHOOKS = 50;
const SECRET_BYTES = 32;
/** After a rotation messages have signatures of both secrets for a day. */
const ROTATION_MS = 86_400_000;

export function createWebhooks({ database, audit, outbox, secrets, checkTarget, clock }: Dependencies) {
  /** The change, its event and its record, or none of them. The address is not told: it may hold a secret. */
  async function tell(
    tx: Queryable,
    by: By,
    action: string,
    before?: Webhook,
    after?: Webhook,
  ): Promise<void> {
    const subject = (after ?? before)!.id;
    await outbox.emit(tx, { type: `webhook.${action}`, subject, data: (after && told(after)) ?? {} });
    await audit.record(tx, {
      ...by,
      action: `webhook.${action}`,
      object: `webhook:${subject}`,
      ...(before && { before: told(before) }),
      ...(after && { after: told(after) }),
    });
  }

  async function lock(tx: Queryable, id: string): Promise<store.WebhookRow> {
    return (await store.lockWebhook(tx, id)) ?? refuseUnknown(id);
  }

  async function getRow(id: string): Promise<store.WebhookRow> {
    return (await store.findWebhook(database, id)) ?? refuseUnknown(id);
  }

  /** A new secret, and as it is kept. */
  function createSecret(id: string): { secret: string; sealed: string } {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;
    return { secret, sealed: secrets.seal(secret, contextOf(database.tenant, id)) };
  }

  return {
    /**
     * Its secret is told once: not to who asks again, by the same `repeatable`.
     *
     * @throws HaggleError SERVER_WEBHOOK_TARGET, SERVER_TOO_MANY_WEBHOOKS, SERVER_IDEMPOTENCY_KEY
     */
    async create(
      { url, events, description = "" }: NewWebhook,
      by: By,
      repeatable?: Repeatable,
    ): Promise<Made> {
      const now = clock();
      const before = repeatable && (await findAnswer<Webhook>(database, repeatable, now));
      if (before !== undefined) return { webhook: before };
      const target = await checkTarget(url);
      const id = `wh_${randomBytes(12).toString("base64url")}`;
      const { secret, sealed } = createSecret(id);
      const row: store.WebhookRow = {
        id,
        url: target.url.href,
        description,
        events,
        state: "enabled",
        reason: null,
        secret: sealed,
        old_secret: null,
        old_until: null,
        key_id: secrets.keyId,
        created_at: now,
        updated_at: now,
      };
      const { answer: webhook, isRepeat } = await database.transaction((tx) =>
        once(tx, repeatable, now, async () => {
          if (!(await store.insertWebhook(tx, row, MAX_WEBHOOKS))) {
            const message = "There are as many webhooks as a tenant may have";
            throw new HaggleError("SERVER_TOO_MANY_WEBHOOKS", message, { value: MAX_WEBHOOKS });
          }
          await tell(tx, by, "created", undefined, view(row, now));
          return view(row, now);
        }),
      );
      return isRepeat ? { webhook } : { webhook, secret };
    },
    async list(): Promise<Webhook[]> {
      return (await store.listWebhooks(database)).map((row) => view(row, clock()));
    },
    /** @throws HaggleError SERVER_UNKNOWN_WEBHOOK */
    async get(id: string): Promise<Webhook> {
      return view(await getRow(id), clock());
    },
    /** @throws HaggleError SERVER_UNKNOWN_WEBHOOK, SERVER_WEBHOOK_TARGET */
    async update(id: string, { url, ...change }: WebhookChange, by: By): Promise<Webhook> {
      const target = url === undefined ? undefined : await checkTarget(url);
      return database.transaction(async (tx) => {
        const before = await lock(tx, id);
        const now = clock();
        const after = { ...before, ...change, ...(target && { url: target.url.href }), updated_at: now };
        if (change.state !== undefined) after.reason = null;
        await store.updateWebhook(tx, after);
        await tell(tx, by, "updated", view(before, now), view(after, now));
        // What waited while it was disabled goes out.
        await notify(tx, WEBHOOKS_TOPIC, database.tenant);
        return view(after, now);
      });
    },
    /** Its deliveries go with it. @throws HaggleError SERVER_UNKNOWN_WEBHOOK */
    async remove(id: string, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await lock(tx, id);
        await store.deleteWebhook(tx, id);
        await tell(tx, by, "deleted", view(before, clock()));
      });
    },
    /** The secret before goes on signing for a day. @throws HaggleError SERVER_UNKNOWN_WEBHOOK, SERVER_IDEMPOTENCY_KEY */
    async rotateSecret(id: string, by: By, repeatable?: Repeatable): Promise<Made> {
      const { secret, sealed } = createSecret(id);
      const now = clock();
      const { answer: webhook, isRepeat } = await database.transaction((tx) =>
        once(tx, repeatable, now, async () => {
          const before = await lock(tx, id);
          // What another key encrypted cannot be read here, and so cannot sign.
          const isReadable = before.key_id === secrets.keyId;
          const after = {
            ...before,
            secret: sealed,
            old_secret: isReadable ? before.secret : null,
            old_until: isReadable ? now + ROTATION_MS : null,
            key_id: secrets.keyId,
            updated_at: now,
          };
          await store.updateWebhook(tx, after);
          await tell(tx, by, "secret_rotated", view(before, now), view(after, now));
          return view(after, now);
        }),
      );
      return isRepeat ? { webhook } : { webhook, secret };
    },
    /** Sends a message of type `webhook.ping`, once, to a disabled webhook too. @returns the delivery's id */
    async ping(id: string, by: By): Promise<string> {
      const delivery = `ping_${randomBytes(18).toString("base64url")}`;
      await database.transaction(async (tx) => {
        const row = await lock(tx, id);
        const now = clock();
        const body = encodeMessage({
          id: delivery,
          type: "webhook.ping",
          subject: id,
          data: {},
          createdAt: now,
        });
        await store.insertDelivery(
          tx,
          { webhook_id: id, id: delivery, kind: "ping", type: "webhook.ping", body, attempts_left: 1 },
          now,
        );
        await tell(tx, by, "pinged", undefined, view(row, now));
        await notify(tx, WEBHOOKS_TOPIC, database.tenant);
      });
      return delivery;
    },
    /** Newest first. @throws HaggleError SERVER_UNKNOWN_WEBHOOK */
    async listDeliveries(
      id: string,
      { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
    ): Promise<Delivery[]> {
      await getRow(id);
      return (await store.listDeliveries(database, id, { before, limit })).map(viewDelivery);
    },
    /** Sends a message again, with its old id, as often as a new one. @throws HaggleError SERVER_UNKNOWN_DELIVERY */
    async redeliver(id: string, delivery: string, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const row = await lock(tx, id);
        const now = clock();
        const again = { webhook: id, id: delivery, attemptsLeft: MAX_ATTEMPTS, now };
        if (!(await store.restartDelivery(tx, again))) {
          const message = "There is no such delivery, or none any more";
          throw new HaggleError("SERVER_UNKNOWN_DELIVERY", message, { at: "delivery", value: delivery });
        }
        await tell(tx, by, "redelivered", undefined, view(row, now));
        await notify(tx, WEBHOOKS_TOPIC, database.tenant);
      });
    },
    /** Which events any webhook wants at the moment. */
    async findWanted(): Promise<(type: string) => boolean> {
      const enabled = await store.listEnabled(database);
      return (type) => enabled.some(({ events }) => wants(events, type));
    },
    /** Of the outbox: one delivery for each webhook that wants the event. Once, however often it is told. */
    async queue(event: StoredEvent): Promise<void> {
      const wanting = (await store.listEnabled(database)).filter(({ events }) => wants(events, event.type));
      if (wanting.length === 0) return;
      const body = encodeMessage(event);
      await database.transaction(async (tx) => {
        for (const { id } of wanting) {
          const { id: message, type } = event;
          const row = {
            webhook_id: id,
            id: message,
            kind: "event",
            type,
            body,
            attempts_left: MAX_ATTEMPTS,
          } as const;
          await store.insertDelivery(tx, row, clock());
        }
        await notify(tx, WEBHOOKS_TOPIC, database.tenant);
      });
    },
  };
}

/** What a sealed secret belongs to. */
export function contextOf(tenant: string, id: string): string {
  return `webhook ${tenant} ${id}`;
}

/** The body of a message, as Standard Webhooks has it. */
function encodeMessage({ id, type, subject, data, createdAt }: Omit<StoredEvent, "number">): string {
  return JSON.stringify({ id, type, timestamp: new Date(createdAt).toISOString(), subject, data });
}

function wants(filters: readonly string[], type: string): boolean {
  return filters.some(
    (filter) =>
      filter === "*" || filter === type || (filter.endsWith(".*") && type.startsWith(filter.slice(0, -1))),
  );
}

function view(row: store.WebhookRow, now: number): Webhook {
  const { id, url, description, events, state, reason, old_until } = row;
  return {
    id,
    url,
    description,
    events,
    state,
    ...(reason !== null && { reason }),
    ...(old_until !== null && old_until > now && { oldSecretUntil: old_until }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function told({ id, url, events, state }: Webhook): object {
  return { id, host: new URL(url).host, events, state };
}

function viewDelivery(row: store.DeliveryRow): Delivery {
  const { id, type, status, attempts, response_code, response_text, error } = row;
  return {
    id,
    type,
    status,
    attempts,
    ...(status === "pending" && { nextAt: row.next_at }),
    ...(response_code !== null && { responseCode: response_code }),
    ...(response_text !== null && { responseText: response_text }),
    ...(error !== null && { error }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function refuseUnknown(id: string): never {
  throw new HaggleError("SERVER_UNKNOWN_WEBHOOK", "There is no such webhook", { at: "id", value: id });
}
