import { randomInt, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Audit } from "../audit/service.ts";
import { createBuckets } from "./buckets.ts";
import type { StockGate } from "./gate.ts";
import type { StockLevel } from "./gate-scripts.ts";
import { createLocations } from "./locations.ts";
import { createRationing } from "./rationing.ts";
import { deleteOver } from "./reservation-store.ts";
import { createReservations } from "./reservations.ts";
import { settle, settleDue } from "./settle.ts";
import { createStock } from "./stock.ts";
import { createWriter } from "./writer.ts";

export { type Reservation, ShortOfStock } from "./decide.ts";
export type { OpenPurchase } from "./reservation-routes.ts";

export type Inventory = ReturnType<typeof createInventory>;

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emitAll">;
  telemetry: Pick<Telemetry, "counter" | "gauge">;
  /** Of Redis, where there is one. */
  gate?: StockGate | undefined;
  /** Which row of a split level this process takes from first, modulo the number of them. Any when left out. */
  bucket?: number | undefined;
  clock: Clock;
  stopwatch: () => number;
  log: Logger;
};

/** A multiple of every number of buckets up to 64 would be best; far beyond it no row has more processes than another. */
const MAX_BUCKET = 1_000_000;
const EXPIRE_EVERY_MS = 1_000;
/** In one transaction: whoever wants the same skus waits for it. */
const EXPIRED_AT_ONCE = 100;
/** After that nobody asks what became of an order's pieces; what was sold is in the log of movements for ever. */
const KEPT_MS = 30 * 86_400_000;
const SWEPT_AT_ONCE = 500;
const SWEEP_EVERY_MS = 3_600_000;

/** Stock of a tenant: where it is, how much, and what is promised of it. */
export function createInventory(dependencies: Dependencies) {
  const { database, audit, outbox, telemetry, gate, bucket, clock, stopwatch, log } = dependencies;
  const buckets = createBuckets({ own: bucket ?? randomInt(MAX_BUCKET), stopwatch });
  /** Of the writer's last transaction: it has one at a time. */
  let noted: readonly StockLevel[] = [];
  const note = (levels: readonly StockLevel[]) => {
    noted = levels;
  };
  const writer = createWriter({
    transaction: database.transaction,
    settle: (tx, operations) => settle(tx, operations, { outbox, buckets, now: clock(), note: gate && note }),
    onSettled: (operations) => gate?.tell(noted, operations),
    telemetry,
    stopwatch,
    log,
  });
  const process = randomUUID();
  let claims = 0;
  const makeClaim = (): string => `${process}-${claims++}`;
  const expired = telemetry.counter({
    name: "haggle_reservations_expired_total",
    help: "Reservations that nobody confirmed in time, and whose pieces this process put back on sale.",
  });

  /** Puts some of what has expired back on sale. @returns how much that was */
  async function expire(): Promise<number> {
    let left: readonly StockLevel[] = [];
    const note = gate && ((levels: readonly StockLevel[]) => (left = levels));
    const count = await database.transaction((tx) =>
      settleDue(tx, EXPIRED_AT_ONCE, { outbox, buckets, now: clock(), note }),
    );
    gate?.tell(left, []);
    expired.add("", count);
    return count;
  }

  /** Forgets some of what has been over for long. @returns how many that were */
  function sweep(): Promise<number> {
    return deleteOver(database, { until: clock() - KEPT_MS, limit: SWEPT_AT_ONCE });
  }

  return {
    locations: createLocations({ database, audit, clock }),
    stock: createStock({ database, audit, onMoved: gate?.reread, clock }),
    rations: createRationing({ database }),
    /** To be split while many processes want the same skus. */
    buckets: { split: buckets.split, merge: buckets.merge },
    reservations: createReservations({ database, writer, gate, makeClaim, clock, stopwatch }),
    expire,
    sweep,
    /** Looks for what has expired, and for what is old, from now on. Returns what ends it. */
    watch(): () => Promise<void> {
      const expireSome = async () => (await expire()) === EXPIRED_AT_ONCE;
      const sweepSome = async () => (await sweep()) === SWEPT_AT_ONCE;
      const workers = [
        startWorker({ name: "reservations", work: expireSome, everyMs: EXPIRE_EVERY_MS, log }),
        startWorker({ name: "old reservations", work: sweepSome, everyMs: SWEEP_EVERY_MS, log }),
      ];
      return async () => {
        await Promise.all(workers.map((worker) => worker.stop()));
      };
    },
    /** Promises nothing more, and resolves when what was asked is answered. */
    async close(): Promise<void> {
      await writer.close();
      await gate?.close();
    },
  };
}
