import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Circuit } from "../../platform/redis-circuit.ts";
import type { GateScripts } from "./gate-scripts.ts";
import * as store from "./gate-store.ts";

type Dependencies = {
  database: Database;
  scripts: Pick<GateScripts, "rebuild">;
  circuit: Pick<Circuit, "call">;
  /** Called when this process has begun one. */
  onBegun: () => void;
  clock: Clock;
  stopwatch: () => number;
  log: Logger;
};

/** Two shops that share a Redis and a tenant's name by mistake would begin one after the other for ever. */
const REST_MS = 1_000;

/**
 * Which epoch counts: the database has it, and Redis must have the same. A Redis that was flushed, restored or replaced has
 * another one, and what it knows counts for nothing: then one process begins the next. Nobody waits for that.
 */
export function createEpoch(dependencies: Dependencies) {
  const { database, scripts, circuit, onBegun, clock, stopwatch, log } = dependencies;
  let current: string | undefined;
  let running: Promise<void> | undefined;
  let restsUntil = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const found = await store.findEpoch(database);
    if (found !== undefined && found !== current) {
      current = found;
      return;
    }
    // The one that counts, and Redis does not have it.
    const epoch = randomUUID();
    restsUntil = stopwatch() + REST_MS;
    if (!(await store.replaceEpoch(database, { before: found, epoch, now: clock() }))) {
      current = await store.findEpoch(database);
      return;
    }
    current = epoch;
    await circuit.call(() => scripts.rebuild(epoch));
    onBegun();
    log.info({ epoch }, "the gate of stock begins anew");
  }

  return {
    /** Undefined before the database was asked. */
    current: (): string | undefined => current,
    /** Because Redis has another one, or what it has is wrong. At most once a second, and in the background. */
    renew(): void {
      if (running !== undefined || stopwatch() < restsUntil) return;
      running = look()
        .catch((cause: unknown) => {
          restsUntil = stopwatch() + REST_MS;
          log.debug({ err: cause }, "the epoch of stock is not known");
        })
        .finally(() => {
          running = undefined;
        });
    },
    settled: async (): Promise<void> => running,
  };
}
