import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { Payment } from "./bank.ts";

/** How callbacks go wrong, as long as nobody says otherwise: not at all. */
export type Trouble = {
  /** Where they go; nowhere when empty. */
  url: string;
  /** Each waits so long. */
  delayMs: number;
  /** Each goes out so often, with one id. */
  copies: number;
  /** So many of the next ones are lost. */
  lose: number;
  /** They are kept back until `release`. */
  hold: boolean;
};

type Callback = { id: string; body: string };

export type Callbacks = ReturnType<typeof createCallbacks>;

const NO_TROUBLE: Trouble = { url: "", delayMs: 0, copies: 1, lose: 0, hold: false };
/** As a provider does it, at the pace of a test. */
const RETRY_MS = [100, 400, 1_600, 6_400];
const TIMEOUT_MS = 5_000;

/** Tells of each change of a payment by a signed message, at least once, unless it is told not to. */
export function createCallbacks(secrets: readonly string[], url = "") {
  const trouble: Trouble = { ...NO_TROUBLE, url };
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const counts = { delivered: 0, lost: 0, refused: 0 };
  let held: Callback[] = [];

  function tell(type: string, payment: Payment): void {
    const id = `evt_${randomBytes(18).toString("base64url")}`;
    const callback = { id, body: JSON.stringify({ id, type, data: payment }) };
    if (trouble.lose > 0) {
      trouble.lose--;
      counts.lost++;
    } else if (trouble.hold) held.push(callback);
    else send(callback);
  }

  function send(callback: Callback): void {
    for (let copy = 0; copy < trouble.copies; copy++) {
      const work = deliver(callback)
        .catch(() => {})
        .finally(() => underWay.delete(work));
      underWay.add(work);
    }
  }

  async function deliver({ id, body }: Callback): Promise<void> {
    if (trouble.delayMs > 0) await sleep(trouble.delayMs, undefined, { signal: stopping.signal });
    for (const waitMs of [...RETRY_MS, undefined]) {
      if (trouble.url !== "" && (await post(id, body))) {
        counts.delivered++;
        return;
      }
      if (waitMs === undefined) break;
      await sleep(waitMs, undefined, { signal: stopping.signal });
    }
    counts.refused++;
  }

  /** @returns whether it was taken */
  async function post(id: string, body: string): Promise<boolean> {
    const at = new Date();
    const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body));
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stopping.signal]);
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": signatures.join(" "),
    };
    const answer = await fetch(trouble.url, {
      method: "POST",
      headers,
      body,
      redirect: "error",
      signal,
    }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }

  return {
    tell,
    /** From now on. What was held goes out when it is held no more. */
    set(change: Partial<Trouble>): void {
      Object.assign(trouble, change);
      if (!trouble.hold) release("sent");
    },
    release,
    state: () => ({ ...trouble, ...counts, held: held.length, underWay: underWay.size }),
    async close(): Promise<void> {
      stopping.abort();
      await Promise.all(underWay);
    },
  };

  /** One after the other, so that they arrive in this order. */
  function release(order: "sent" | "reversed"): void {
    const all = order === "sent" ? held : held.toReversed();
    held = [];
    const work = (async () => {
      for (const callback of all) await deliver(callback).catch(() => {});
    })().finally(() => underWay.delete(work));
    underWay.add(work);
  }
}
