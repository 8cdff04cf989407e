// Events straight from the database: a run of them behind the subscriber's cursor, which is locked while they are handled, so
// that of all processes one at a time handles a subscriber's run.

import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Database } from "./database/database.ts";
import { type Delivery, FIRST_RETRY_MS, type Subscriber } from "./outbox-delivery.ts";
import { claim, findNext, lockClaimed, moveCursor } from "./outbox-store.ts";

type Dependencies = { database: Database; delivery: Delivery; clock: Clock; log: Logger };

/** In one transaction: a handler is short, and ten of them at a second each are not yet too long for the database. */
const RUN_EVENTS = 32;

export function createCursors({ database, delivery, clock, log }: Dependencies) {
  return {
    /** @returns whether there may be more */
    async run(subscriber: Subscriber, isEnding: () => boolean): Promise<boolean> {
      const { name } = subscriber;
      const next = await findNext(database, name, RUN_EVENTS);
      if (next === undefined) return false;
      const { cursor: number, events } = next;
      const cursor = await claim(database, name, { number, now: clock(), retryMs: FIRST_RETRY_MS });
      if (cursor === undefined) return false;
      const held = await database.transaction(async (tx) => {
        if (!(await lockClaimed(tx, name, cursor))) return undefined;
        if (cursor.tries > 1) {
          log.warn({ subscriber: name, from: events[0]!.id }, "a run of events was cut short before");
          const found = await delivery.holdAll(tx, subscriber, events);
          await moveCursor(tx, name, events.at(-1)!.number);
          return found;
        }
        const { done, held: found } = await delivery.handle(tx, subscriber, events, isEnding);
        await moveCursor(tx, name, done.at(-1)?.number ?? number);
        return found;
      });
      if (held === undefined) return false;
      await delivery.wake(subscriber, held);
      return true;
    },
  };
}
