import { HaggleError } from "@haggle/abi";
import type { Queryable } from "../../platform/database/database.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { type EventRow, insertEvents } from "./event-store.ts";

export type EventQueue = ReturnType<typeof createEventQueue>;

type Dependencies = {
  database: Queryable;
  telemetry: Pick<Telemetry, "counter" | "gauge">;
  /** Events that are admitted and not yet written, at most. */
  capacity?: number;
};

/** What one request told: written whole, or not at all. */
type Waiting = {
  rows: readonly EventRow[];
  since: number;
  resolve: () => void;
  reject: (cause: unknown) => void;
};

const CAPACITY = 20_000;
export const MAX_BATCH_ROWS = 500;
/** While one write takes longer than this, what waits behind it starts another. */
const MAX_WAIT_MS = 200;
/** Of the pool's ten connections: pricing and everything else go on while events pour in. */
const MAX_WRITERS = 3;

/**
 * Takes events until they are durable: one write at a time when it is quiet, and what came meanwhile together in the next,
 * as databases commit their logs. Nobody is told that an event was taken before it was written.
 */
export function createEventQueue({ database, telemetry, capacity = CAPACITY }: Dependencies) {
  let waiting: Waiting[] = [];
  let waitingRows = 0;
  /** Those that are being written too. */
  let admitted = 0;
  let writers = 0;
  let isTurnDue = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let emptied: (() => void) | undefined;

  const counted = telemetry.counter({
    name: "haggle_experiment_events_total",
    help: "Events of experiments: stored, told before, refused because too many waited, or not written.",
    label: "result",
  });
  telemetry.gauge({
    name: "haggle_experiment_events_waiting",
    help: "Events of experiments that are admitted and not yet written.",
    read: () => [["", admitted]],
  });

  /** Requests of one turn of the event loop go together. */
  function pumpSoon(): void {
    if (isTurnDue) return;
    isTurnDue = true;
    setImmediate(() => {
      isTurnDue = false;
      pump();
    });
  }

  function pump(): void {
    clearTimeout(timer);
    while (isWriteDue()) start(takeBatch());
    const [oldest] = waiting;
    if (oldest === undefined || writers >= MAX_WRITERS) return;
    timer = setTimeout(pump, Math.max(1, oldest.since + MAX_WAIT_MS - performance.now()));
  }

  function isWriteDue(): boolean {
    const [oldest] = waiting;
    if (oldest === undefined || writers >= MAX_WRITERS) return false;
    return writers === 0 || waitingRows >= MAX_BATCH_ROWS || performance.now() - oldest.since >= MAX_WAIT_MS;
  }

  function takeBatch(): Waiting[] {
    let rows = 0;
    let count = 0;
    for (const each of waiting) {
      if (count > 0 && rows + each.rows.length > MAX_BATCH_ROWS) break;
      rows += each.rows.length;
      count += 1;
    }
    waitingRows -= rows;
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  }

  function start(batch: readonly Waiting[]): void {
    writers += 1;
    // In one order for all writers, so that none of two waits for the other while they tell the same events.
    const rows = batch.flatMap((each) => each.rows).sort(compareKeys);
    void insertEvents(database, rows)
      .then(
        (stored) => {
          counted.add("stored", stored);
          counted.add("duplicate", rows.length - stored);
          for (const { resolve } of batch) resolve();
        },
        (cause: unknown) => {
          counted.add("failed", rows.length);
          for (const { reject } of batch) reject(cause);
        },
      )
      .finally(() => {
        writers -= 1;
        admitted -= rows.length;
        if (admitted === 0) emptied?.();
        pump();
      });
  }

  return {
    /**
     * Resolves when all of them are durable.
     *
     * @throws HaggleError SERVER_EVENTS_FULL when they do not fit, SERVER_DRAINING, and what writing throws
     */
    async offer(rows: readonly EventRow[]): Promise<void> {
      if (isClosed) throw new HaggleError("SERVER_DRAINING", "Events are taken no more");
      if (admitted + rows.length > capacity) {
        counted.add("refused", rows.length);
        throw new HaggleError("SERVER_EVENTS_FULL", "Too many events wait to be written", {
          value: admitted,
        });
      }
      admitted += rows.length;
      waitingRows += rows.length;
      await new Promise<void>((resolve, reject) => {
        waiting.push({ rows, since: performance.now(), resolve, reject });
        pumpSoon();
      });
    },
    /** Takes nothing more, and resolves when what was taken is written or has failed. */
    async close(): Promise<void> {
      isClosed = true;
      if (admitted === 0) return;
      await new Promise<void>((resolve) => {
        emptied = resolve;
      });
    },
  };
}

function compareKeys(a: EventRow, b: EventRow): number {
  if (a.experiment !== b.experiment) return a.experiment < b.experiment ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
