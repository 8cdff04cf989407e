// A gate of Redis in front of the writer, for when much more is asked than there is. The database is the truth: Redis knows of
// each sku what was available when it was last told, and what was let in since and is not decided. Who does not fit into
// that is refused without a transaction, once a look at the database has confirmed it. So a gate that is wrong costs a look,
// or a refusal that comes later, and never a sale too many or too few. Whatever is the matter with Redis, the database
// decides alone.

import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { RedisClient } from "../../platform/redis.ts";
import { createCircuit } from "../../platform/redis-circuit.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker, type Worker } from "../../platform/worker.ts";
import { type Operation, type Reserve, ShortOfStock } from "./decide.ts";
import { createConfirmations } from "./gate-confirm.ts";
import { createDrift } from "./gate-drift.ts";
import { createEpoch } from "./gate-epoch.ts";
import { createLoader } from "./gate-loader.ts";
import { createNews } from "./gate-news.ts";
import { type Admission, defineGateScripts, type StockLevel } from "./gate-scripts.ts";

export type StockGate = ReturnType<typeof createStockGate>;

type Dependencies = {
  redis: Pick<RedisClient, "define" | "client">;
  database: Database;
  telemetry: Pick<Telemetry, "counter" | "gauge">;
  clock: Clock;
  stopwatch: () => number;
  log: Logger;
};

/** Of what a caller waits at all, Redis has one part, and a look at the database two. */
const PARTS = 5;
/** A token outlives its caller, whose operation may still be under way. */
const GRACE_MS = 2_000;
const SWEEP_EVERY_MS = 1_000;
const DRIFT_EVERY_MS = 30_000;

export function createStockGate(dependencies: Dependencies) {
  const { redis, database, telemetry, clock, stopwatch, log } = dependencies;
  const scripts = defineGateScripts(redis, database.tenant);
  const circuit = createCircuit({
    name: "stock gate",
    probe: async () => scripts.sweep(epoch.current() ?? ""),
    onClosed: () => {
      void news.flush();
      driftAt = stopwatch();
    },
    log,
  });
  const epoch = createEpoch({
    database,
    scripts,
    circuit,
    onBegun: () => begun.add(),
    clock,
    stopwatch,
    log,
  });
  const news = createNews({ scripts, circuit, epoch });
  const loader = createLoader({ database, tell: news.tell });
  const confirmations = createConfirmations({ database, stopwatch });
  const drift = createDrift({ redis, scripts, database, circuit, epoch });
  /** Claims of what may be in flight by Redis. */
  const open = new Set<string>();
  let driftAt = stopwatch() + DRIFT_EVERY_MS;
  let worker: Worker | undefined;

  const counted = telemetry.counter({
    name: "haggle_stock_gate_total",
    help: "Reservations at the gate of Redis: let in, refused, or left to the database, by the reason.",
    label: "result",
  });
  const begun = telemetry.counter({
    name: "haggle_stock_gate_epochs_total",
    help: "Times that this process began the gate anew, because Redis had lost what it knew.",
  });
  telemetry.gauge({
    name: "haggle_stock_gate_open",
    help: "1 while nobody asks Redis, because it does not answer, and the database decides alone.",
    read: () => [["", circuit.isOpen() ? 1 : 0]],
  });
  telemetry.gauge({
    name: "haggle_stock_gate_drift",
    help: "Pieces by which the gate was wrong when it was last held against the database, of all skus together.",
    read: () => [["", drift.last()]],
  });

  async function work(): Promise<boolean> {
    loader.forget();
    const known = epoch.current();
    if (known === undefined) epoch.renew();
    else {
      const swept = await circuit.call(async () => (await scripts.sweep(known)) ?? "otherEpoch");
      if (swept === "otherEpoch") epoch.renew();
      else if (swept === true) return true;
      if (stopwatch() >= driftAt) {
        driftAt = stopwatch() + DRIFT_EVERY_MS;
        await drift.look();
      }
    }
    await news.flush();
    return false;
  }

  /** @returns undefined where Redis does not say */
  async function ask(operation: Reserve, leftMs: number): Promise<Admission | undefined> {
    const known = epoch.current();
    if (known === undefined) epoch.renew();
    if (known === undefined || circuit.isOpen()) return undefined;
    open.add(operation.claim);
    return circuit.call(() => scripts.admit(known, operation, leftMs + GRACE_MS), leftMs / PARTS);
  }

  /** Where the database says so too. */
  async function refuseShort(operation: Reserve, isLevelShort: boolean, leftMs: number): Promise<void> {
    const short = await confirmations.ask(operation, isLevelShort, (leftMs * 2) / PARTS);
    if (short === undefined) return counted.add("unconfirmed");
    counted.add("refused");
    throw new ShortOfStock(short, undefined);
  }

  return {
    /**
     * Resolves where the database is to decide. What is let in is `giveBack` or `tell` to end.
     *
     * @param deadline by the stopwatch
     * @throws HaggleError INVENTORY_SHORT (ShortOfStock)
     */
    async admit(operation: Reserve, deadline: number): Promise<void> {
      const leftMs = Math.max(0, deadline - stopwatch());
      if (confirmations.foresees(operation.lines)) return refuseShort(operation, true, leftMs);
      const admission = await ask(operation, leftMs);
      if (admission === undefined) return counted.add("unknown");
      if (admission.verdict === "admitted") return counted.add("admitted");
      open.delete(operation.claim);
      if (admission.verdict === "twice") throw new Error(`a sku is twice in the lines of ${operation.order}`);
      if (admission.verdict === "short") return refuseShort(operation, admission.isLevelShort, leftMs);
      if (admission.verdict === "otherEpoch") epoch.renew();
      if (admission.verdict === "missing") loader.load(admission.skus);
      counted.add(admission.verdict);
    },
    /** What it let in, and the writer has not done: it is in flight no more. Redis hears of it as soon as it can. */
    giveBack({ order, attempt, claim }: Reserve): void {
      if (open.delete(claim)) news.tell([], [{ order, attempt }]);
    },
    /** What a transaction has left, and whom it has decided of. */
    tell(levels: readonly StockLevel[], decided: readonly Operation[]): void {
      const tokens = decided.flatMap((operation) =>
        operation.verb === "reserve" && open.delete(operation.claim) ? [operation] : [],
      );
      news.tell(levels, tokens);
    },
    /** What somebody has moved without an order. In the background: what fails comes right when all is looked at. */
    reread(skus: readonly string[]): void {
      if (!circuit.isOpen()) drift.mend(skus).catch(() => {});
    },
    isOpen: circuit.isOpen,
    /** Holds all that Redis knows against the database, and mends it. */
    look: drift.look,
    /** Takes out what nobody ends, and looks for what is wrong, from now on. */
    watch(): void {
      worker ??= startWorker({ name: "stock gate", work, everyMs: SWEEP_EVERY_MS, log });
    },
    /** Tells what there is to tell, if somebody hears it. */
    async close(): Promise<void> {
      await worker?.stop();
      await news.flush();
      await epoch.settled();
      circuit.stop();
    },
  };
}
