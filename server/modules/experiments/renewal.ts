import { explainError, HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Documents } from "./documents.ts";
import type { createFollower } from "./follower.ts";
import * as store from "./store.ts";

type Dependencies = {
  database: Database;
  documents: Documents;
  follower: ReturnType<typeof createFollower>;
  settle: () => Promise<void>;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  log: Logger;
};

const CHECK_MS = 1_000;
/** Of a document's half life: servers come one after another, and mostly the first has done it. */
const JITTER = 0.05;
/** A key that does not work now is left in peace for a while. */
const RETRY_MS = 30_000;

/**
 * Signs the documents of experiments again when half of their life is spent, and when the present root does not vouch for
 * them. One that has ended, too: what runs is what people have said, and no outage changes that.
 */
export function createRenewal({ database, documents, follower, settle, clock, random, log }: Dependencies) {
  const jitter = random() * JITTER;
  const restUntil = new Map<string, number>();
  let running: Promise<void> | undefined;

  function run(): Promise<void> {
    running ??= renewAll()
      .catch((cause: unknown) => log.warn({ err: cause }, "experiments cannot be renewed"))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function renewAll(): Promise<void> {
    const due = follower.listRunning().filter(({ signed: { issued, expires } }) => {
      return clock() >= issued + ((expires - issued) / 2) * (1 + jitter);
    });
    const channels = new Set([...due.map(({ channel }) => channel), ...follower.listRefused()]);
    for (const channel of channels) {
      if (clock() >= (restUntil.get(channel) ?? 0)) await renew(channel);
    }
  }

  async function renew(channel: string): Promise<void> {
    // Left in peace from now on, whatever comes of it; a new document is due much later.
    restUntil.set(channel, clock() + RETRY_MS);
    try {
      const head = await store.findHead(database, channel);
      if (head === undefined) return;
      const isDone = await database.transaction((tx) => documents.renew(tx, head));
      if (isDone) log.info({ channel, version: head.version + 1 }, "experiments are signed again");
      await settle();
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      log.error(
        { channel, code: cause.code, reason: explainError(cause) },
        "signing experiments again failed",
      );
    }
  }

  return {
    /** Signs what is due until the returned function is called, which waits for what is under way. */
    watch(): () => Promise<void> {
      const timer = setInterval(() => void run(), CHECK_MS);
      return async () => {
        clearInterval(timer);
        await running;
      };
    },
  };
}
