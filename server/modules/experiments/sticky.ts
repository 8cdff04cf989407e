import { type Experiment, type ExperimentUnit, HaggleError } from "@haggle/abi";
import type { AssignmentContext, StickyStore } from "@haggle/sdk/experiments";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { deleteUnits, findUnits, insertUnits, listEnded, type UnitRow } from "./store.ts";

export type StickyUnits = ReturnType<typeof createStickyUnits>;

type Dependencies = { database: Database; clock: Clock; log: Logger };

/** Units that are asked for again and again, at some hundred bytes each. */
const MAX_CACHED = 50_000;
const FLUSH_MS = 200;
const MAX_BATCH = 500;
/** While the database is away; whoever comes beyond goes by his bucket, and is not remembered. */
const MAX_WAITING = 10_000;
const SWEEP_MS = 60_000;
/** Longer ones, and those that PostgreSQL holds in no text, go by their buckets: carts name themselves as they like. */
const MAX_UNIT = 256;

/**
 * Remembers what units of sticky experiments were given first, in the database, for all servers. What is not in memory is
 * loaded before anything is assigned; what is assigned is written a moment later. Until then, and if the process ends before,
 * a unit goes by its bucket, which is the same again unless somebody changes the experiment in that moment.
 */
export function createStickyUnits({ database, clock, log }: Dependencies) {
  /** Entries by kind and unit, the last used longest. */
  const cache = new Map<string, Record<string, string>>();
  let waiting: UnitRow[] = [];
  let flushing: Promise<void> | undefined;
  let unsaved: readonly ExperimentUnit[] = [];
  let isLost = false;

  const store: StickyStore = {
    find: (kind, unit) => cache.get(placeOf(kind, unit)),
    save(kind, unit, entry, variant) {
      if (unsaved.includes(kind) || !isStorable(unit)) return;
      keep(placeOf(kind, unit), { [entry]: variant });
      if (waiting.length >= MAX_WAITING) return;
      const { experiment, bucketVersion } = parseEntry(entry);
      waiting.push({ kind, unit, experiment, bucketVersion, variant, assignedAt: clock() });
      if (waiting.length >= MAX_BATCH) void flush();
    },
  };

  function keep(place: string, entries: Record<string, string>): void {
    const known = cache.get(place);
    cache.delete(place);
    cache.set(place, { ...known, ...entries });
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!);
  }

  /** Undefined where nothing is to be waited for. Only what is known to be there is trusted: another server may have written. */
  function load(
    experiments: readonly Experiment[],
    units: AssignmentContext["units"],
  ): Promise<void> | undefined {
    const missing = new Map<string, { kind: ExperimentUnit; unit: string }>();
    for (const { key, unit: kind, sticky, bucketVersion = 0 } of experiments) {
      const unit = units[kind];
      if (!sticky || unit === undefined || !isStorable(String(unit))) continue;
      const place = placeOf(kind, String(unit));
      if (cache.get(place)?.[stickyEntry(key, bucketVersion)] === undefined)
        missing.set(place, { kind, unit: String(unit) });
    }
    return missing.size === 0 ? undefined : loadMissing([...missing.values()]);
  }

  /** Without the database units go by their buckets: prices do not wait for it, and what it says counts when it is back. */
  async function loadMissing(units: { kind: ExperimentUnit; unit: string }[]): Promise<void> {
    try {
      for (const { kind, unit, experiment, bucketVersion, variant } of await findUnits(database, units)) {
        keep(placeOf(kind, unit), { [stickyEntry(experiment, bucketVersion)]: variant });
      }
      isLost = false;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code !== "SERVER_DATABASE") throw cause;
      if (!isLost) log.warn({ err: cause }, "sticky units go by their buckets");
      isLost = true;
    }
  }

  function flush(): Promise<void> {
    flushing ??= writeAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      try {
        const written = new Set((await insertUnits(database, batch)).map(rowName));
        waiting = waiting.slice(batch.length);
        // Another server was first, so its word counts: it is loaded the next time.
        for (const row of batch) if (!written.has(rowName(row))) cache.delete(placeOf(row.kind, row.unit));
      } catch (cause) {
        log.warn({ err: cause, waiting: waiting.length }, "sticky units are written later");
        return;
      }
    }
  }

  /** What was remembered for experiments that have ended is of no use to anybody. */
  async function sweep(): Promise<void> {
    try {
      for (const key of await listEnded(database))
        while ((await deleteUnits(database, key, MAX_BATCH)) === MAX_BATCH);
    } catch (cause) {
      log.warn({ err: cause }, "sticky units of ended experiments are deleted later");
    }
  }

  return {
    store,
    load,
    /**
     * Runs `assign` without remembering what it gives to units of these kinds: to a session that was drawn for this very
     * request, and may never come again, or to whomever a stranger names.
     */
    withoutSaving<T>(kinds: readonly ExperimentUnit[], assign: () => T): T {
      unsaved = kinds;
      try {
        return assign();
      } finally {
        unsaved = [];
      }
    },
    /** Writes until the returned function is called, which writes what is left. */
    watch({ sweeps }: { sweeps: boolean }): () => Promise<void> {
      const timers = [setInterval(() => void flush(), FLUSH_MS)];
      if (sweeps) timers.push(setInterval(() => void sweep(), SWEEP_MS));
      return async () => {
        for (const timer of timers) clearInterval(timer);
        await flush();
      };
    },
  };
}

function placeOf(kind: ExperimentUnit, unit: string): string {
  return `${kind}||${unit}`;
}

function rowName({ kind, unit, experiment, bucketVersion }: Omit<UnitRow, "variant" | "assignedAt">): string {
  return `${stickyEntry(experiment, bucketVersion)}||${placeOf(kind, unit)}`;
}

function isStorable(unit: string): boolean {
  return unit.length <= MAX_UNIT && !unit.includes("\0");
}

function stickyEntry(experiment: string, bucketVersion: number): string {
  return `${experiment}__${bucketVersion}`;
}

/** `EXPERIMENT__BUCKETVERSION`. A key has no underscore. */
function parseEntry(entry: string): { experiment: string; bucketVersion: number } {
  const [experiment = "", version] = entry.split("__");
  return { experiment, bucketVersion: Number(version) };
}
