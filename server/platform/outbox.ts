// The transactional outbox: what happened is written in the transaction in which it happened, and told afterwards, at
// least once and in the order of each subject, to each subscriber. Processes on one database share the work. An event that a
// handler fails at, or that ends its process, holds back what comes after it of its subject, and nothing else: see
// outbox-delivery.ts. Events come straight from the database, or with Redis by its streams.

import { randomBytes } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { type Database, notify, type Queryable } from "./database/database.ts";
import { createCursors } from "./outbox-cursors.ts";
import { createDelivery, type Handler, type Subscriber, type Wants } from "./outbox-delivery.ts";
import {
  countHeld,
  type DeadEvent,
  type DeadPage,
  deleteFailures,
  deleteHeldOfNobody,
  listFailures,
  replayFailures,
} from "./outbox-held-store.ts";
import {
  countWaiting,
  deleteCursors,
  deleteEvents,
  hasUnnumbered,
  insertCursor,
  insertEvent,
  insertEvents,
  insertHead,
  lockHead,
  numberEvents,
  updateHead,
} from "./outbox-store.ts";
import { createStreams, STREAMS_TOPIC } from "./outbox-streams.ts";
import type { RedisClient } from "./redis.ts";
import type { Telemetry } from "./telemetry.ts";
import { startWorker } from "./worker.ts";

export type OutboxEvent = {
  /** What happened, such as `rollout.rolled_back`. */
  type: string;
  /** The id of what it is about. */
  subject: string;
  /** Plain JSON. */
  data: object;
};

export type StoredEvent = OutboxEvent & {
  /** The same on each delivery, so that a subscriber knows what it has had. */
  id: string;
  /** 1, 2, 3 ... of the tenant. */
  number: number;
  createdAt: number;
};

export type { DeadEvent, DeadPage, DeadPlace } from "./outbox-held-store.ts";

export type Outbox = ReturnType<typeof createOutbox>;

type Dependencies = {
  database: Database;
  telemetry: Telemetry;
  clock: Clock;
  log: Logger;
  /** By whose streams events come; straight from the database when left out. */
  streams?:
    | { redis: Pick<RedisClient, "define" | "client">; stopwatch: () => number; leaseMs?: number }
    | undefined;
};

const TOPIC = "outbox";
/** Hints get lost; then this is how long an event waits. */
const POLL_MS = 2_000;
const NUMBERED_AT_ONCE = 500;
const DAY_MS = 86_400_000;
const CLEAN_EVERY_MS = 3_600_000;
const KEPT_MS = { events: 7 * DAY_MS, cursors: 30 * DAY_MS, failures: 90 * DAY_MS };
const WAKE_EVERY_MS = 60_000;
const EVERYTHING = () => true;
const wantsAll: Wants = async () => EVERYTHING;

export function createOutbox({ database, telemetry, clock, log, streams }: Dependencies) {
  const subscribers = new Map<string, Subscriber>();
  let cleanedAt = 0;
  let isEnding = false;

  telemetry.gauge({
    name: "haggle_outbox_waiting",
    help: "Events that a subscriber has not handled yet.",
    label: "subscriber",
    read: async () => (await countWaiting(database)).map((row) => [row.subscriber, row.waiting] as const),
  });
  telemetry.gauge({
    name: "haggle_outbox_held",
    help: "Of those, events that failed and are tried again, and what waits behind them.",
    label: "subscriber",
    read: async () => (await countHeld(database)).map((row) => [row.subscriber, row.held] as const),
  });
  const setAside = telemetry.counter({
    name: "haggle_outbox_set_aside_total",
    help: "Events that a subscriber could not handle.",
    label: "subscriber",
  });

  const delivery = createDelivery({ database, clock, log, onSetAside: (name) => setAside.add(name) });
  const carried = streams && createStreams({ database, delivery, clock, log, ...streams });
  const { run } = carried ?? createCursors({ database, delivery, clock, log });

  /** Gives numbers to what was committed since. @returns whether there was any: there may be more now */
  async function number(): Promise<boolean> {
    if (!(await hasUnnumbered(database))) return false;
    return database.transaction(async (tx) => {
      const head = await lockHead(tx);
      if (head === undefined) return false;
      const count = await numberEvents(tx, head, NUMBERED_AT_ONCE);
      await updateHead(tx, head + count);
      return count > 0;
    });
  }

  async function clean(): Promise<void> {
    const now = clock();
    if (now - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = now;
    // Who polls is alive, also when nothing happens for a month.
    for (const subscriber of subscribers.keys()) await insertCursor(database, subscriber, now);
    await deleteCursors(database, now - KEPT_MS.cursors);
    await deleteHeldOfNobody(database);
    await deleteEvents(database, now - KEPT_MS.events);
    await deleteFailures(database, now - KEPT_MS.failures);
  }

  return {
    /** Tells, if and when the transaction commits. */
    async emit(tx: Queryable, event: OutboxEvent): Promise<void> {
      await Promise.all([insertEvent(tx, newId(), event, clock()), notify(tx, TOPIC, database.tenant)]);
    },
    /** As `emit`, in the order given, at the price of one. */
    async emitAll(tx: Queryable, events: readonly OutboxEvent[]): Promise<void> {
      if (events.length === 0) return;
      const ids = newIds(events.length);
      const named = events.map((event, i) => ({ ...event, id: ids[i]! }));
      await Promise.all([insertEvents(tx, named, clock()), notify(tx, TOPIC, database.tenant)]);
    },
    /**
     * At least once, in the order of each subject. `name` is the subscriber's cursor in the database; a new one begins with what
     * comes after its first start. The handler is short, and leaves long work to a table. `wants` says, before each run of
     * events, which types are told; all of them when left out.
     */
    subscribe(name: string, handler: Handler, wants: Wants = wantsAll): void {
      if (subscribers.has(name)) throw new TypeError(`subscribed twice: ${name}`);
      subscribers.set(name, { name, handler, wants });
    },
    /** Those that a subscriber gave up, the newest first, from before `before` and behind `after`. */
    listDead: (page: DeadPage): Promise<DeadEvent[]> => listFailures(database, page),
    /**
     * Has dead events of a subscriber told again, those named or the oldest, each with what came after it waiting behind it.
     *
     * @returns how many of them there were
     * @throws HaggleError SERVER_UNKNOWN_SUBSCRIBER for a name that nobody has here: nobody would take them
     */
    async replay(
      tx: Queryable,
      subscriber: string,
      { ids, limit }: { ids?: readonly string[]; limit: number },
    ): Promise<number> {
      if (!subscribers.has(subscriber)) throw refuse("SERVER_UNKNOWN_SUBSCRIBER", "subscriber", subscriber);
      const count = await replayFailures(tx, subscriber, { ids, limit, now: clock() });
      await notify(tx, streams === undefined ? TOPIC : STREAMS_TOPIC, database.tenant);
      return count;
    },
    /** Delivers from now on. Returns what ends it, when the handlers under way are done. */
    start(): () => Promise<void> {
      isEnding = false;
      const workers = [...subscribers.values()].map((subscriber) => {
        let wokenAt: number | undefined;
        const work = async () => {
          if (wokenAt === undefined) {
            await insertHead(database);
            await insertCursor(database, subscriber.name, clock());
          }
          if (wokenAt === undefined || clock() - wokenAt >= WAKE_EVERY_MS) {
            await delivery.wakeAll(subscriber);
            wokenAt = clock();
          }
          await clean();
          const isNumbered = carried === undefined && (await number());
          const isRetried = await delivery.retry(subscriber);
          return (await run(subscriber, () => isEnding)) || isRetried || isNumbered;
        };
        return startWorker({ name: `outbox ${subscriber.name}`, work, everyMs: POLL_MS, log });
      });
      const relay = carried?.start(number);
      const wake = (): void => {
        for (const worker of workers) worker.wake();
      };
      const unlisten = [database.listen(TOPIC, relay?.wake ?? wake)];
      if (relay !== undefined) unlisten.push(database.listen(STREAMS_TOPIC, wake));
      return async () => {
        isEnding = true;
        for (const end of unlisten) end();
        await Promise.all(workers.map((worker) => worker.stop()));
        await relay?.stop();
      };
    },
  };
}

function newId(): string {
  return `evt_${randomBytes(18).toString("base64url")}`;
}

/** Side by side in the index: of a hundred events told together, no two go to pages of their own. */
function newIds(count: number): string[] {
  const bytes = randomBytes(18);
  return Array.from({ length: count }, (_, i) => {
    bytes.writeUIntBE(i, 15, 3);
    return `evt_${bytes.toString("base64url")}`;
  });
}
