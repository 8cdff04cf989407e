// Events by the streams of Redis: they are still written in the database, in the transaction of what they tell, and one process
// at a time moves them on to streams, each to that of its subject. Of a subscriber's processes each takes what no other
// has, so that several streams are handled at once, and each of them in order. Redis carries, and PostgreSQL knows: a cursor in the
// database follows what was done, and streams that lost anything are left behind for new ones, which begin at the cursors.

import { createHash, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { type Database, notify } from "./database/database.ts";
import type { StoredEvent } from "./outbox.ts";
import type { Delivery, Subscriber } from "./outbox-delivery.ts";
import {
  advanceCursor,
  findRelay,
  insertRelay,
  listEventsAfter,
  lockCursors,
  lockRelay,
  type Relay,
  updateRelay,
  waitForRelay,
} from "./outbox-relay-store.ts";
import { defineStreamScripts, type Stream } from "./outbox-scripts.ts";
import type { RedisClient } from "./redis.ts";
import { startWorker } from "./worker.ts";

type Dependencies = {
  database: Database;
  redis: Pick<RedisClient, "define" | "client">;
  delivery: Delivery;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
  clock: Clock;
  log: Logger;
  /** How long a process that was killed keeps others from its stream. */
  leaseMs?: number;
};

/** What was relayed is there for subscribers. */
export const STREAMS_TOPIC = "outbox_streams";
/** Streams that a subscriber may handle at once. Another number is another epoch. */
const SHARDS = 8;
const SHARD_LIST: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);
const RELAYED_AT_ONCE = 256;
const RUN_EVENTS = 32;
const LEASE_MS = 10_000;
/** Of the lease: whoever has handled for so long begins with nothing more, lest another one has begun with it. */
const HANDLING_SHARE = 0.5;
const FOLLOW_EVERY_MS = 1_000;
const POLL_MS = 2_000;
/** Of a consumer who has nothing: of a process that ended. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** Of a subscriber, who is seen each hour while some program has it: for others nothing stays in Redis. */
const GONE_AFTER_MS = 2 * 3_600_000;

/** The streams of this epoch have lost something. */
class Lost extends Error {}

export function createStreams(dependencies: Dependencies) {
  const { database, redis, delivery, stopwatch, clock, log, leaseMs = LEASE_MS } = dependencies;
  const scripts = defineStreamScripts(redis, database.tenant);
  const consumer = randomUUID();
  /** The epoch in which each subscriber has its groups, and what it has had by then by other ways. */
  const entries = new Map<string, { epoch: number; number: number }>();
  /** Something was relayed or done since cursors followed last. */
  let isMoved = true;

  async function getRelay(): Promise<Relay> {
    const found = await findRelay(database);
    if (found !== undefined) return found;
    await insertRelay(database);
    return (await findRelay(database))!;
  }

  async function remove(epoch: number): Promise<void> {
    await Promise.all(SHARD_LIST.map((shard) => scripts.remove({ epoch, shard })));
  }

  /** New streams, which begin with what some subscriber has not had. @returns whether there are other ones than were lost */
  async function renew({ epoch: lost }: Relay): Promise<boolean> {
    const epoch = await database.transaction(async (tx) => {
      const relay = await waitForRelay(tx);
      if (relay === undefined || relay.epoch !== lost) return relay?.epoch;
      const cursors = await lockCursors(tx);
      if (cursors.length === 0) return lost;
      let next = lost + 1;
      // Of a database that came back with less: processes may remember how far they were in it.
      while (await scripts.isThere({ epoch: next, shard: 0 })) next += 1;
      await Promise.all(SHARD_LIST.map((shard) => scripts.create({ epoch: next, shard }, cursors)));
      const number = Math.min(...cursors.map((cursor) => cursor.number));
      await updateRelay(tx, { epoch: next, number, lasts: SHARD_LIST.map(() => 0) });
      log[lost === 0 ? "info" : "error"]({ epoch: next }, "events go by new streams");
      return next;
    });
    if (epoch === lost || epoch === undefined) return false;
    for (let left = lost; left < epoch; left += 1) await remove(left);
    return true;
  }

  /** @returns what `work` does by the present streams; where those have lost something there are new ones first */
  async function withStreams(work: (relay: Relay) => Promise<boolean>): Promise<boolean> {
    const relay = await getRelay();
    try {
      if (relay.epoch === 0) throw new Lost();
      return await work(relay);
    } catch (cause) {
      if (!(cause instanceof Lost)) throw cause;
      return renew(relay);
    }
  }

  /** Moves events on. What failed in its middle is moved again: its numbers are there already. */
  async function relayNext(): Promise<boolean> {
    const moved = await database.transaction(async (tx) => {
      const relay = await lockRelay(tx);
      if (relay === undefined) return 0;
      const events = await listEventsAfter(tx, relay.number, RELAYED_AT_ONCE);
      if (events.length === 0) return 0;
      const lasts = [...relay.lasts];
      const added = SHARD_LIST.map(async (shard) => {
        const own = events.filter(({ subject }) => shardOf(subject) === shard);
        if (own.length === 0) return;
        const count = await scripts.add({ epoch: relay.epoch, shard }, lasts[shard]!, own);
        if (count === undefined) throw new Lost();
        lasts[shard] = own.at(-1)!.number;
      });
      await Promise.all(added);
      await updateRelay(tx, { ...relay, number: events.at(-1)!.number, lasts });
      await notify(tx, STREAMS_TOPIC, database.tenant);
      return events.length;
    });
    // Behind the commit: whoever was done with them before could not see how far it went.
    if (moved > 0) isMoved = true;
    return moved > 0;
  }

  /** Has the cursors in the database follow, and forgets what everybody has had. */
  async function follow({ epoch, number: relayed, lasts }: Relay): Promise<boolean> {
    const found = await Promise.all(
      SHARD_LIST.map((shard) => scripts.look({ epoch, shard }, FORGOTTEN_AFTER_MS)),
    );
    const streams = found.map((stream, shard) => {
      if (stream === undefined || stream.last < lasts[shard]!) throw new Lost();
      return stream;
    });
    const names = new Set(streams.flatMap(({ groups }) => groups.map(({ name }) => name)));
    for (const name of names) {
      const numbers = streams.map(({ newest, groups }) => {
        const group = groups.find((one) => one.name === name);
        if (group === undefined) return 0;
        if (group.undone !== undefined) return group.undone - 1;
        return group.taken >= newest ? relayed : group.taken;
      });
      // What is in streams beyond that is not committed there, or of a database that came back with less.
      await advanceCursor(database, name, { number: Math.min(relayed, ...numbers), now: clock() });
    }
    await database.transaction(async (tx) => {
      const cursors = await lockCursors(tx);
      const since = clock() - GONE_AFTER_MS;
      const had = cursors.filter(({ seenAt }) => seenAt >= since).map(({ number }) => number);
      const upTo = Math.min(relayed, ...had);
      const left = cursors.filter(({ number }) => number < upTo).map(({ subscriber }) => subscriber);
      await Promise.all(SHARD_LIST.map((shard) => scripts.trim({ epoch, shard }, upTo + 1, left)));
      // Whoever has not had all may be killed, and what waits for him may be lost, with nobody telling.
      isMoved ||= had.some((number) => number < relayed);
    });
    return false;
  }

  /** @returns up to which event a subscriber had all when it came to these streams, undefined where it is not known yet */
  async function enter({ name }: Subscriber, { epoch, number: relayed }: Relay): Promise<number | undefined> {
    const known = entries.get(name);
    if (known?.epoch === epoch) return known.number;
    return database.transaction(async (tx) => {
      const cursor = (await lockCursors(tx)).find(({ subscriber }) => subscriber === name);
      if (cursor === undefined) return undefined;
      const { number } = cursor;
      const [next] = await listEventsAfter(tx, number, 1);
      if (next !== undefined && next.number <= relayed) {
        const shard = shardOf(next.subject);
        // It was forgotten while no program had this subscriber.
        if (!(await scripts.has({ epoch, shard }, next.number))) throw new Lost();
      }
      await Promise.all(
        SHARD_LIST.map((shard) => scripts.addGroup({ epoch, shard }, name, number).catch(throwLost)),
      );
      // Whoever began this epoch may have been killed before it came to that.
      await remove(epoch - 1);
      entries.set(name, { epoch, number });
      return number;
    });
  }

  /** @returns whether there may be more */
  async function runShard(
    stream: Stream,
    subscriber: Subscriber,
    { after, isEnding }: { after: number; isEnding: () => boolean },
  ): Promise<boolean> {
    const { name } = subscriber;
    const from = stopwatch();
    const isOver = () => isEnding() || stopwatch() - from > leaseMs * HANDLING_SHARE;
    const taking = scripts.take(stream, name, { consumer, leaseMs, count: RUN_EVENTS });
    const { kind, events: taken } = await taking.catch(throwLost);
    if (taken.length === 0) return false;
    const isKnown = ({ number }: StoredEvent) => number <= after;
    const events = taken.filter((event) => !isKnown(event));
    let done = taken.filter(isKnown);
    try {
      if (kind === "left") {
        log.warn({ subscriber: name, from: taken[0]!.id }, "a run of events was cut short before");
        await delivery.wake(subscriber, await delivery.holdAll(database, subscriber, events));
        done = taken;
      } else {
        const handled = await delivery.handle(database, subscriber, events, isOver);
        await delivery.wake(subscriber, handled.held);
        done = [...done, ...handled.done];
      }
    } finally {
      // Whoever gets none of it done gives the stream back all the same.
      await scripts.done(stream, name, { consumer, events: done });
    }
    isMoved = true;
    return true;
  }

  return {
    /** Handles what is in the streams for a subscriber. @returns whether there may be more */
    run: (subscriber: Subscriber, isEnding: () => boolean): Promise<boolean> =>
      withStreams(async (relay) => {
        const { epoch } = relay;
        const after = await enter(subscriber, relay);
        if (after === undefined) return false;
        const runs = await Promise.allSettled(
          SHARD_LIST.map((shard) => runShard({ epoch, shard }, subscriber, { after, isEnding })),
        );
        const failed = runs.find((run) => run.status === "rejected");
        if (failed !== undefined) throw failed.reason;
        return runs.some((run) => run.status === "fulfilled" && run.value);
      }),
    /** Moves events on, and has cursors follow. `number` gives numbers to those that have none. */
    start(number: () => Promise<boolean>): { wake: () => void; stop: () => Promise<void> } {
      const relay = startWorker({
        name: "outbox relay",
        work: async () => {
          const isNumbered = await number();
          return (await withStreams(relayNext)) || isNumbered;
        },
        everyMs: POLL_MS,
        log,
      });
      const follower = startWorker({
        name: "outbox streams",
        work: async () => {
          if (!isMoved) return false;
          isMoved = false;
          await withStreams(follow).catch((cause: unknown) => {
            isMoved = true;
            throw cause;
          });
          return false;
        },
        everyMs: FOLLOW_EVERY_MS,
        log,
      });
      return {
        wake: relay.wake,
        async stop() {
          await relay.stop();
          await follower.stop();
          // The next process need not hear again what is done.
          const last = getRelay().then((found) => found.epoch > 0 && follow(found));
          await last.catch((cause: unknown) => log.warn({ err: cause }, "cursors stay behind what was done"));
        },
      };
    },
  };
}

/** The same in all processes, for all time of an epoch. */
function shardOf(subject: string): number {
  return createHash("sha256").update(subject).digest().readUInt32BE(0) % SHARDS;
}

function throwLost(cause: unknown): never {
  const isGone = cause instanceof Error && /NOGROUP|requires the key to exist/.test(cause.message);
  throw isGone ? new Lost() : cause;
}
