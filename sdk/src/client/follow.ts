// When a client looks, and what for: by an event stream where there is one, by the clock as the net under it.

import { encodeUtf8, HaggleError } from "@haggle/abi";
import type { Along } from "../trust/ahead.ts";
import { backOffMs } from "../trust/back-off.ts";
import { type EventStream, openEventStream } from "../trust/event-stream.ts";
import type { Updater } from "../trust/live.ts";

/** Until it is aborted, by a document that is newer or for good. */
type Work = (signal: AbortSignal) => Promise<void>;

/**
 * `leads`: has the connection, and asks when there is none. `follows`: another tab has it and gives what comes by it.
 * `rests`: nobody is looking at this page.
 */
export type Role = "leads" | "follows" | "rests";

type Options = {
  updater: Updater;
  /** Where the server's event stream is; undefined for a CDN. */
  eventsUrl: string | undefined;
  pollMs: number;
  /** Closed for good. */
  closed: AbortSignal;
  /** A look, or what was taken in, is over: without a failure all is as new as it can be. `hasAsked`: not only taken in. */
  onLooked: (failure: HaggleError | undefined, hasAsked: boolean) => void;
  /** What a server tells beside documents of the release, by name. */
  onTold: (name: string, told: Told) => void;
};

/** What an event may say; nothing of it is to be believed. */
type Told = { document?: unknown; files?: unknown; version?: unknown; withinMs?: unknown };

export const POLL_MS = 30_000;
/** While an event stream is open, asking is a net under lost events and keeps the channel from expiring. */
const POLL_WITH_EVENTS_MS = 300_000;
/** Likewise under the words of another tab, which come at least twice as often, and for who comes back to this page. */
const POLL_ASIDE_MS = 600_000;
const MAX_POLL_FACTOR = 8;
/** When to look for what does not come with a pushed document. */
const LOOK_AFTER_PUSH_MS = 2_000;
/** What a server has told of and could not be had is asked for again within a second, then twice as long each time. */
const RETRY_MS = 500;
/** What a server says when there is something new, and when it has given up on telling this client what. */
const LOOK_NOW = ["channel", "refetch"];
/** No server spreads its clients over more. */
const MAX_SPREAD_MS = 60_000;

export function createFollow({ updater, eventsUrl, pollMs, closed, onLooked, onTold }: Options) {
  let role: Role = "leads";
  let events: EventStream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  /** What to do behind `running`, the last that was asked for, and how that goes. */
  let next: Work | undefined;
  let nextRun: Promise<void> | undefined;
  let overtaking = new AbortController();
  /** An event that a channel document came with, and the one whose document is being taken in. */
  let pushed: Told | undefined;
  let taking: Told | undefined;
  /** What waits for this client's moment, by name. */
  const spread = new Map<string, ReturnType<typeof setTimeout>>();
  /** Whether something was told that is not all here yet. */
  let isDue = false;
  let hasAsked = false;
  /** Whether the first look is over: a stream begins with what is live, so that nothing is lost in between. */
  let hasLooked = false;
  let failures = 0;

  /** One update at a time; calls that come during one share the next. */
  function refresh(work: Work = update): Promise<void> {
    if (running !== undefined) {
      next = work;
      nextRun ??= running.then(goOn, goOn);
      nextRun.catch(() => {});
      return nextRun;
    }
    overtaking = new AbortController();
    const { signal } = overtaking;
    running = work(AbortSignal.any([closed, signal]))
      .catch((cause) => {
        // Overtaken a moment before, in words that nobody waits for.
        if (closed.aborted) throw closed.reason;
        if (!signal.aborted) throw cause;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function goOn(): Promise<void> {
    const work = next;
    next = undefined;
    nextRun = undefined;
    return poll(work);
  }

  async function update(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // It counts before anything is fetched, whatever was told behind it.
    await takePushed(signal);
    hasAsked = true;
    await updater.update(signal);
    isDue = false;
  }

  /** Asks now and again later, whatever comes of it. */
  function poll(work: Work = update): Promise<void> {
    clearTimeout(timer);
    if (running !== undefined) return refresh(work);
    hasAsked = false;
    const outcome = refresh(work);
    outcome
      .then(
        () => {
          failures = 0;
          onLooked(undefined, hasAsked);
        },
        (cause) => {
          failures += 1;
          // Whoever listens has heard of it. Anything else is a bug, of a callback perhaps.
          if (!(cause instanceof HaggleError)) throw cause;
          onLooked(cause, hasAsked);
        },
      )
      .finally(() => {
        hasLooked = true;
        listen();
      });
    return outcome;
  }

  /** When to ask next if nobody says so before. */
  function schedule(): void {
    clearTimeout(timer);
    if (closed.aborted) return;
    timer = setTimeout(() => void poll(), waitMs());
  }

  function waitMs(): number {
    const netMs = role === "leads" ? POLL_WITH_EVENTS_MS : POLL_ASIDE_MS;
    // What another tab has does not help one that could not take it.
    const isAside = role === "rests" || (role === "follows" && failures === 0);
    const usualMs = isAside || events?.isOpen ? Math.max(pollMs, netMs) : pollMs;
    if (!isDue) return backOffMs(usualMs, usualMs * MAX_POLL_FACTOR, failures);
    const soonMs = failures === 0 ? LOOK_AFTER_PUSH_MS : RETRY_MS;
    return backOffMs(Math.min(usualMs, soonMs), Math.min(pollMs, POLL_MS), failures);
  }

  /** Not before the first look is over. */
  function listen(): void {
    if (closed.aborted || !hasLooked) return;
    if (role === "leads" && eventsUrl !== undefined) {
      events ??= openEventStream(eventsUrl, { onEvent: hear, onLost: schedule });
    } else hangUp();
    schedule();
  }

  /** Whoever has the connection next looks in any case. */
  function hangUp(): void {
    events?.close();
    events = undefined;
    for (const timer of spread.values()) clearTimeout(timer);
    spread.clear();
  }

  function hear(name: string, data: string): void {
    const told = read(data);
    if (LOOK_NOW.includes(name)) {
      take(told);
      return;
    }
    clearTimeout(spread.get(name));
    // All are told at once, and none of them has to come first.
    const waitMs = Math.random() * Math.min(Number(told.withinMs) || 0, MAX_SPREAD_MS);
    if (waitMs > 0) spread.set(name, setTimeout(hearBeside, waitMs, name, told));
    else hearBeside(name, told);
  }

  function hearBeside(name: string, told: Told): void {
    if (name !== "prices") onTold(name, told);
    // A stream begins with the newest ones, which were fetched a moment ago.
    else if (told.version === updater.live?.prices?.version) return;
    else if (typeof told.document === "string" && running === undefined) void poll(takePrices(told.document));
    else void poll(dueUpdate);
  }

  /** Nobody has to ask for what came along, unless it is more than other prices of the release in use. */
  function takePrices(document: string): Work {
    return async (signal) => {
      if (!(await updater.takePrices(encodeUtf8(document), signal))) await dueUpdate(signal);
    };
  }

  async function dueUpdate(signal: AbortSignal): Promise<void> {
    isDue = true;
    await update(signal);
  }

  /**
   * A kill counts with the message that brings it, before anything is fetched, whatever is being fetched at that moment, and
   * a thousand clients do not ask at once. Whatever is not plainly the next document is left to a look, which tells what is
   * wrong with it.
   */
  function take(told: Told): void {
    const isPushed = typeof told.document === "string";
    if (isPushed) {
      pushed = told;
      // Each connection of the stream begins with the same one, which is no reason to begin anew.
      if (told.document !== taking?.document) overtaking.abort();
    }
    void poll(async (signal) => {
      if (!isPushed || !(await takePushed(signal))) await dueUpdate(signal);
    });
  }

  /** Whether there was one, and it is in use. */
  async function takePushed(signal: AbortSignal): Promise<boolean> {
    [taking, pushed] = [pushed, undefined];
    if (taking === undefined) return false;
    isDue = true;
    const before = updater.live?.release;
    try {
      const taken = await updater.take(encodeUtf8(`${taking.document}`), signal, taking.files as Along);
      // Another release came with all that belongs to it.
      isDue = taken === undefined || taken.release === before || taken.withdrawn;
      return taken !== undefined;
    } finally {
      taking = undefined;
    }
  }

  return {
    /** @throws HaggleError: what the updater does */
    poll: () => poll(),
    /** Instead of whatever is being fetched at that moment. */
    overtake(work?: Work): Promise<void> {
      overtaking.abort();
      return poll(work);
    },
    /** Another tab has looked: the net is not needed for as long again, but by who could not look himself. */
    heard(): void {
      if (failures > 0 && role === "follows" && running === undefined) void poll();
      else schedule();
    },
    become(next: Role): void {
      if (role === next) return;
      const before = role;
      role = next;
      if (closed.aborted || !hasLooked) return;
      // Whoever comes back, or gets the connection, has missed what came meanwhile.
      if (running === undefined && (before === "rests" || next === "leads")) void poll();
      listen();
    },
    get role() {
      return role;
    },
    close(): void {
      clearTimeout(timer);
      hangUp();
    },
  };
}

function read(data: string): Told {
  try {
    return Object(JSON.parse(data));
  } catch {
    return {};
  }
}
