// How a subscriber's events are handled, wherever they come from: a run of them in order. One that fails is held back, with
// what comes after it of the same subject, and tried again apart from the others, later each time; then it is set aside, dead,
// in outbox_failures, and its subject goes on.

import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { Database, Queryable } from "./database/database.ts";
import type { StoredEvent } from "./outbox.ts";
import {
  claimHeld,
  deleteHeld,
  type Held,
  insertFailure,
  insertHeld,
  listHeldSubjects,
  lockHeld,
  NEVER,
  wakeHeld,
} from "./outbox-held-store.ts";

export type Handler = (event: StoredEvent) => Promise<void>;

/** Which types a subscriber wants at the moment. */
export type Wants = () => Promise<(type: string) => boolean>;

export type Subscriber = { name: string; handler: Handler; wants: Wants };

export type Delivery = ReturnType<typeof createDelivery>;

type Dependencies = {
  database: Database;
  clock: Clock;
  log: Logger;
  /** Counts. */
  onSetAside: (subscriber: string) => void;
};

const MAX_TRIES = 8;
/** 1 s after the first try, then twice as long each time: two minutes in all. */
export const FIRST_RETRY_MS = 1_000;
const ERROR_CHARACTERS = 500;
const ENDED = "The process ended each time";

export function createDelivery({ database, clock, log, onSetAside }: Dependencies) {
  return {
    /**
     * Handles events one after the other, until `isEnding` says so before one. What is held back is written with `tx`; call
     * `wake` when that is committed.
     *
     * @returns those that need not come again: all of them, if it did not end before
     */
    async handle(
      tx: Queryable,
      { name, handler, wants }: Subscriber,
      events: readonly StoredEvent[],
      isEnding: () => boolean,
    ): Promise<{ done: StoredEvent[]; held: StoredEvent[] }> {
      const isWanted = await wants();
      const wanted = events.filter(({ type }) => isWanted(type));
      if (wanted.length === 0) return { done: [...events], held: [] };
      const subjects = new Set(await listHeldSubjects(tx, name, [...new Set(wanted.map(subjectOf))]));
      const done: StoredEvent[] = [];
      const held: Held[] = [];
      for (const event of events) {
        if (isEnding()) break;
        done.push(event);
        if (!isWanted(event.type)) continue;
        if (subjects.has(event.subject)) {
          held.push({ event, tries: 0, nextAt: NEVER });
          continue;
        }
        const error = await attempt(handler, event);
        if (error === undefined) continue;
        log.warn({ subscriber: name, event: event.id, type: event.type, tries: 1, error }, "an event waits");
        subjects.add(event.subject);
        held.push({ event, tries: 1, nextAt: clock() + FIRST_RETRY_MS });
      }
      if (held.length > 0) await insertHeld(tx, name, held);
      return { done, held: held.map(({ event }) => event) };
    },
    /**
     * Holds back a run in whose middle a process ended: whichever event it was, each of them is now handled by itself, and its
     * tries are counted.
     *
     * @returns those that are held back
     */
    async holdAll(
      tx: Queryable,
      { name, wants }: Subscriber,
      events: readonly StoredEvent[],
    ): Promise<StoredEvent[]> {
      const isWanted = await wants();
      const wanted = events.filter(({ type }) => isWanted(type));
      if (wanted.length === 0) return [];
      const subjects = new Set(await listHeldSubjects(tx, name, [...new Set(wanted.map(subjectOf))]));
      const held = wanted.map((event): Held => {
        const isBehind = subjects.has(event.subject);
        subjects.add(event.subject);
        return { event, tries: 0, nextAt: isBehind ? NEVER : clock() };
      });
      await insertHeld(tx, name, held);
      return wanted;
    },
    /** Of those that are first now. */
    async wake({ name }: Subscriber, held: readonly StoredEvent[]): Promise<void> {
      if (held.length > 0)
        await wakeHeld(database, name, { now: clock(), subjects: [...new Set(held.map(subjectOf))] });
    },
    /** Of all of them: a process may have ended before it came to it. */
    wakeAll: ({ name }: Subscriber): Promise<void> => wakeHeld(database, name, { now: clock() }),
    /** Tries one of those that are held back. @returns whether there was one whose time had come */
    async retry({ name, handler }: Subscriber): Promise<boolean> {
      const claimed = await claimHeld(database, name, { now: clock(), retryMs: FIRST_RETRY_MS });
      if (claimed === undefined) return false;
      const { event, tries } = claimed;
      const isOver = await database.transaction(async (tx) => {
        if (!(await lockHeld(tx, name, claimed))) return false;
        const error = tries > MAX_TRIES ? ENDED : await attempt(handler, event);
        const told = { subscriber: name, event: event.id, type: event.type, tries, error };
        if (error !== undefined && tries < MAX_TRIES) {
          log.warn(told, "an event waits");
          return false;
        }
        if (error !== undefined) {
          await insertFailure(tx, name, { event, error, now: clock() });
          onSetAside(name);
          log.error(told, "an event was set aside");
        }
        await deleteHeld(tx, name, event);
        return true;
      });
      if (isOver) await wakeHeld(database, name, { now: clock(), subjects: [event.subject] });
      return true;
    },
  };
}

function subjectOf({ subject }: StoredEvent): string {
  return subject;
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
