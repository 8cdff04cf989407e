// The transactional outbox: what happened is written in the transaction in which it happened, and told afterwards, at
// least once and in order, to each subscriber. Processes on one database share the work; one at a time handles a
// subscriber's next event. A handler that fails, or ends its process, gets the event again, later each time; then the
// event is set aside in outbox_failures, with an error in the log, and the subscriber goes on with the next.

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { type Database, notify, type Queryable } from "./database/database.ts";
import {
  claim,
  countWaiting,
  deleteCursors,
  deleteEvents,
  deleteFailures,
  findNext,
  hasUnnumbered,
  insertCursor,
  insertEvent,
  insertEvents,
  insertFailure,
  insertHead,
  lockClaimed,
  lockHead,
  moveCursor,
  numberEvents,
  updateHead,
} from "./outbox-store.ts";
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

export type Outbox = ReturnType<typeof createOutbox>;

type Handler = (event: StoredEvent) => Promise<void>;

type Dependencies = { database: Database; telemetry: Telemetry; clock: Clock; log: Logger };

const TOPIC = "outbox";
/** Hints get lost; then this is how long an event waits. */
const POLL_MS = 2_000;
const NUMBERED_AT_ONCE = 500;
const MAX_TRIES = 8;
/** 1 s after the first try, then twice as long each time: two minutes in all. */
const FIRST_RETRY_MS = 1_000;
const DAY_MS = 86_400_000;
const CLEAN_EVERY_MS = 3_600_000;
const KEPT_MS = { events: 7 * DAY_MS, cursors: 30 * DAY_MS, failures: 90 * DAY_MS };
const ERROR_CHARACTERS = 500;

export function createOutbox({ database, telemetry, clock, log }: Dependencies) {
  const handlers = new Map<string, Handler>();
  let cleanedAt = 0;

  telemetry.gauge({
    name: "haggle_outbox_waiting",
    help: "Events that a subscriber has not handled yet.",
    label: "subscriber",
    read: async () => (await countWaiting(database)).map((row) => [row.subscriber, row.waiting] as const),
  });
  const setAside = telemetry.counter({
    name: "haggle_outbox_set_aside_total",
    help: "Events that a subscriber could not handle.",
    label: "subscriber",
  });

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

  /** @returns whether an event was handled or set aside */
  async function deliverNext(subscriber: string, handler: Handler): Promise<boolean> {
    const event = await findNext(database, subscriber);
    if (event === undefined) return false;
    const turn = { number: event.number, now: clock(), retryMs: FIRST_RETRY_MS };
    const cursor = await claim(database, subscriber, turn);
    if (cursor === undefined) return false;
    return database.transaction(async (tx) => {
      if (!(await lockClaimed(tx, subscriber, cursor))) return false;
      const error = cursor.tries > MAX_TRIES ? "The process ended each time" : await attempt(handler, event);
      if (error !== undefined && cursor.tries < MAX_TRIES) {
        log.warn(
          { subscriber, event: event.id, type: event.type, tries: cursor.tries, error },
          "an event waits",
        );
        return false;
      }
      if (error !== undefined) {
        await insertFailure(tx, subscriber, { event, error, now: clock() });
        setAside.add(subscriber);
        log.error({ subscriber, event: event.id, type: event.type, error }, "an event was set aside");
      }
      await moveCursor(tx, subscriber, event.number);
      return true;
    });
  }

  async function clean(): Promise<void> {
    const now = clock();
    if (now - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = now;
    // Who polls is alive, also when nothing happens for a month.
    for (const subscriber of handlers.keys()) await insertCursor(database, subscriber, now);
    await deleteCursors(database, now - KEPT_MS.cursors);
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
     * At least once, in order. `name` is the subscriber's cursor in the database; a new one begins with what comes after
     * its first start. The handler runs while its cursor is locked: it is short, and leaves long work to a table.
     */
    subscribe(name: string, handler: Handler): void {
      if (handlers.has(name)) throw new TypeError(`subscribed twice: ${name}`);
      handlers.set(name, handler);
    },
    /** Delivers from now on. Returns what ends it, when the handlers under way are done. */
    start(): () => Promise<void> {
      const workers = [...handlers].map(([subscriber, handler]) => {
        let isKnown = false;
        const work = async () => {
          if (!isKnown) {
            await insertHead(database);
            await insertCursor(database, subscriber, clock());
            isKnown = true;
          }
          await clean();
          const isNumbered = await number();
          return (await deliverNext(subscriber, handler)) || isNumbered;
        };
        return startWorker({ name: `outbox ${subscriber}`, work, everyMs: POLL_MS, log });
      });
      const unlisten = database.listen(TOPIC, () => {
        for (const worker of workers) worker.wake();
      });
      return async () => {
        unlisten();
        await Promise.all(workers.map((worker) => worker.stop()));
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

/** @returns what the handler threw, shortly */
async function attempt(handler: Handler, event: StoredEvent): Promise<string | undefined> {
  try {
    await handler(event);
    return undefined;
  } catch (cause) {
    return String(cause).slice(0, ERROR_CHARACTERS);
  }
}
