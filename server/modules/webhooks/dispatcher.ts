import type { Logger } from "pino";
import { Webhook } from "standardwebhooks";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker, type Worker } from "../../platform/worker.ts";
import type { Audit } from "../audit/service.ts";
import { type Answer, post } from "./send.ts";
import { contextOf, MAX_ATTEMPTS, WEBHOOKS_TOPIC } from "./service.ts";
import * as store from "./store.ts";
import type { Target } from "./target.ts";

type Dependencies = {
  database: Database;
  audit: Audit;
  outbox: Outbox;
  secrets: SecretBox;
  telemetry: Telemetry;
  /** Asked before every try: names change their addresses. */
  checkTarget: (url: string) => Promise<Target>;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  log: Logger;
};

const POLL_MS = 2_000;
/** Tries under way at once, of this process. */
const MAX_AT_ONCE = 16;
/** Longer than a try can take: resolving, connecting and answering together. */
const LEASE_MS = 30_000;
/** After the first try; four times as long after each one more. */
const FIRST_RETRY_MS = 10_000;
/** Of a delay, either way, so that what failed together does not come back together. */
const JITTER = 0.2;
/** The receiver says that it wants no more, for ever. */
const GONE = 410;
const ERROR_CHARACTERS = 200;
const CLEAN_EVERY_MS = 3_600_000;
const KEPT_MS = 30 * 86_400_000;

/** Sends what is due. Several processes share it: each takes what no other has. */
export function createDispatcher(dependencies: Dependencies) {
  const { database, audit, outbox, secrets, telemetry, checkTarget, clock, random, log } = dependencies;
  /** With the webhook of each. */
  const underWay = new Map<Promise<void>, string>();
  const stopping = new AbortController();
  let worker: Worker | undefined;
  let cleanedAt = 0;
  let isKeyForeign = false;

  telemetry.gauge({
    name: "haggle_webhook_deliveries_pending",
    help: "Messages to webhooks that are not delivered yet.",
    read: async () => [["", await store.countPending(database)]],
  });
  const tries = telemetry.counter({
    name: "haggle_webhook_attempts_total",
    help: "Tries to deliver a message to a webhook, by outcome.",
    label: "outcome",
  });

  /** @returns whether there may be more at once */
  async function takeDue(): Promise<boolean> {
    await clean();
    const room = MAX_AT_ONCE - underWay.size;
    if (room === 0) return false;
    const now = clock();
    const due = await store.claimDue(database, {
      now,
      leaseUntil: now + LEASE_MS,
      keyId: secrets.keyId,
      busy: [...new Set(underWay.values())],
      limit: room,
    });
    for (const attempt of due) {
      const work = deliver(attempt)
        .catch((cause: unknown) => log.error({ err: cause, delivery: attempt.id }, "a delivery is unsettled"))
        .finally(() => {
          underWay.delete(work);
          worker?.wake();
        });
      underWay.set(work, attempt.webhook_id);
    }
    return due.length > 0;
  }

  async function deliver(attempt: store.Attempt): Promise<void> {
    const result = await send(attempt);
    const now = clock();
    const error = errorOf(result);
    const answer = result instanceof Error ? undefined : result;
    // A try that this server cut short says nothing about the receiver.
    const isCut = result instanceof Error && stopping.signal.aborted;
    const isLast = !isCut && (attempt.attempts_left === 0 || answer?.code === GONE);
    tries.add(error === undefined ? "delivered" : isLast ? "failed" : "retried");
    const status = error === undefined ? "delivered" : isLast ? "failed" : "pending";
    const outcome: store.Outcome = {
      status,
      nextAt: isCut ? now : now + delayAfter(MAX_ATTEMPTS - attempt.attempts_left),
      code: answer?.code ?? null,
      text: answer?.text ?? null,
      error: error?.slice(0, ERROR_CHARACTERS) ?? null,
    };
    await database.transaction(async (tx) => {
      await store.settle(tx, attempt, outcome, now);
      if (status !== "failed" || attempt.kind === "ping") return;
      const reason =
        answer?.code === GONE ? "It answered 410 Gone" : `${MAX_ATTEMPTS} tries of a message failed`;
      if (!(await store.disableWebhook(tx, attempt.webhook_id, reason, now))) return;
      const { webhook_id: subject, id: delivery } = attempt;
      log.warn({ webhook: subject, delivery, reason }, "a webhook was disabled");
      await outbox.emit(tx, { type: "webhook.disabled", subject, data: { reason, delivery } });
      await audit.record(tx, {
        actor: SYSTEM_ACTOR,
        action: "webhook.disabled",
        object: `webhook:${subject}`,
        note: reason,
      });
    });
  }

  async function send(attempt: store.Attempt): Promise<Answer | Error> {
    const { webhook_id, id, url, body } = attempt;
    try {
      const target = await checkTarget(url);
      const at = new Date(clock());
      const headers = {
        "content-type": "application/json",
        "user-agent": "haggle-webhooks",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
        "webhook-signature": openSecrets(attempt)
          .map((secret) => new Webhook(secret).sign(id, at, body))
          .join(" "),
      };
      return await post(target, { body, headers, stop: stopping.signal });
    } catch (cause) {
      log.debug({ err: cause, webhook: webhook_id, delivery: id }, "a try failed");
      return cause instanceof Error ? cause : new Error(String(cause));
    }
  }

  /** The newest first, and the one before while a rotation is under way. */
  function openSecrets({ webhook_id, secret, old_secret, old_until }: store.Attempt): string[] {
    const sealed = [secret, ...(old_secret !== null && old_until! > clock() ? [old_secret] : [])];
    return sealed.map((one) => secrets.open(one, contextOf(database.tenant, webhook_id)));
  }

  function delayAfter(triesMade: number): number {
    const delay = FIRST_RETRY_MS * 4 ** Math.max(0, triesMade - 1);
    return Math.round(delay * (1 - JITTER + 2 * JITTER * random()));
  }

  async function clean(): Promise<void> {
    const now = clock();
    if (now - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = now;
    const foreign = await store.countForeign(database, secrets.keyId);
    isKeyForeign = foreign > 0;
    if (isKeyForeign) {
      log.error(
        { code: "SERVER_SECRET_KEY", webhooks: foreign },
        "secrets of webhooks were encrypted with another key: this process does not deliver to them",
      );
    }
    await store.deleteDeliveries(database, now - KEPT_MS);
  }

  return {
    /** Whether some secrets cannot be read with this process's key. */
    isKeyForeign: () => isKeyForeign,
    /** Delivers from now on. Returns what ends it: tries under way are cut short, and made again by the next process. */
    start(): () => Promise<void> {
      worker = startWorker({ name: "webhooks", work: takeDue, everyMs: POLL_MS, log });
      const unlisten = database.listen(WEBHOOKS_TOPIC, worker.wake);
      return async () => {
        unlisten();
        stopping.abort();
        await worker?.stop();
        await Promise.all(underWay.keys());
      };
    },
  };
}

function errorOf(result: Answer | Error): string | undefined {
  if (result instanceof Error) return result.message;
  return result.code >= 200 && result.code < 300 ? undefined : `The answer was ${result.code}`;
}
