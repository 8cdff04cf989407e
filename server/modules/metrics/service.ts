import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Gates } from "./gates.ts";
import { type Evidence, type Judgement, judge } from "./judgement.ts";
import type { Observation } from "./observation.ts";
import { createRecorder, SLOT_MS } from "./recorder.ts";
import { deleteBefore, type SumsQuery, writeCells } from "./store.ts";
import { type Summary, summarise } from "./summary.ts";
import { createSumsReader } from "./sums-reader.ts";

export { type Gates, GatesBody, parseGates } from "./gates.ts";
export type { Judgement } from "./judgement.ts";
export type { Observation } from "./observation.ts";
export { boundaryOf, logBeta } from "./statistics/index.ts";
export type { Summary } from "./summary.ts";

export type Metrics = ReturnType<typeof createMetrics>;

/** Which rollout, its two releases, and from when on what was observed counts. */
export type Question = Omit<SumsQuery, "before"> & {
  gates: Gates;
  /** For what SDKs report, instead of `since`. */
  reportsSince?: number;
  /** For what is compared with the old release, instead of `since`; up to `before`, which is over. */
  money?: { since: number; before: number };
};

type Dependencies = {
  database: Database;
  clock: Clock;
  log: Logger;
  /** Of this run of this process: another one must never have it. */
  processId: string;
};

/** What a process that is killed loses at most. */
const FLUSH_MS = 1_000;
const HOUR_MS = 3_600_000;
/** A rollout's end is weeks behind by then, and its last judgement is in its history. */
const RETENTION_MS = 30 * 24 * HOUR_MS;

/** What requests under a rollout cost and took, added up over all processes, and what its gates say to it. */
export function createMetrics({ database, clock, log, processId }: Dependencies) {
  const recorder = createRecorder({ clock });
  const reader = createSumsReader({ database, clock });
  let swept = Number.NEGATIVE_INFINITY;
  let flushing: Promise<void> = Promise.resolve();

  /** One at a time, so that nothing older is written over something newer. */
  function flush(): Promise<void> {
    flushing = flushing.catch(() => {}).then(write);
    return flushing;
  }

  async function write(): Promise<void> {
    const cells = recorder.take();
    if (cells.length === 0) return;
    try {
      await writeCells(database, processId, cells);
    } catch (cause) {
      recorder.putBack(cells);
      throw cause;
    }
    recorder.settle();
  }

  /** After the first hour, then each hour. */
  async function sweep(): Promise<void> {
    const now = clock();
    if (now - swept < HOUR_MS) return;
    swept = now;
    await deleteBefore(database, now - RETENTION_MS);
  }

  async function gather({ reportsSince, money, gates: _gates, ...query }: Question): Promise<Evidence> {
    const requests = await reader.read(query);
    return {
      requests,
      // A slot in which the time ends is none of it.
      money: money ? await reader.read({ ...query, ...money, before: money.before - SLOT_MS + 1 }) : requests,
      isMoneyOver: money !== undefined,
      reports:
        reportsSince === undefined || reportsSince === query.since
          ? requests
          : await reader.read({ ...query, since: reportsSince }),
    };
  }

  return {
    /** Counts from the next flush on, at most a second later. */
    observe: (observation: Observation): void => recorder.observe(observation),
    /** Writes what this process has observed so far. */
    flush,
    async judge(question: Question): Promise<Judgement> {
      return judge(await gather(question), question.gates);
    },
    async summarise(question: Question): Promise<Summary> {
      return summarise(await gather(question), question, question.gates);
    },
    /** Flushes each second until the returned function is called, which flushes once more. */
    watch(): () => Promise<void> {
      const work = async () => {
        await flush();
        await sweep();
        return false;
      };
      const worker = startWorker({ name: "metrics", work, everyMs: FLUSH_MS, log });
      return async () => {
        await worker.stop();
        await flush().catch((cause: unknown) => log.warn({ err: cause }, "the last second was not counted"));
      };
    },
  };
}
