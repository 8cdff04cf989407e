import type { Queryable } from "../../platform/database/database.ts";
import type { Line, Shortage } from "./allocate.ts";
import type { Reserve } from "./decide.ts";
import * as store from "./gate-store.ts";

type Dependencies = { database: Queryable; stopwatch: () => number };

type Waiting = {
  operation: Reserve;
  isLevelShort: boolean;
  until: number;
  timer: NodeJS.Timeout;
  isOver: boolean;
  resolve: (short: readonly Shortage[] | undefined) => void;
};

/** Of orders in one look. */
const MAX_LOOK = 1_000;
/** What is in flight is committed or given up in less, and looked at again so often. */
const IN_FLIGHT_MS = 50;
const AGAIN_MS = 5;
const LATELY_MS = 100;
const MAX_LATELY = 10_000;

/**
 * What the gate would refuse it does not refuse by itself: it may know too little, and cannot know who holds something
 * already. One look at the database confirms it for all who wait, without a lock and without a transaction.
 */
export function createConfirmations({ database, stopwatch }: Dependencies) {
  const waiting: Waiting[] = [];
  /** What was available of skus of which somebody wanted more, not long ago. */
  const lately = new Map<string, { available: number; until: number }>();
  let isRunning = false;

  function answer(each: Waiting, short: readonly Shortage[] | undefined): void {
    if (each.isOver) return;
    each.isOver = true;
    clearTimeout(each.timer);
    each.resolve(short);
  }

  function start(): void {
    if (isRunning) return;
    isRunning = true;
    // Those of one turn of the event loop look together.
    setImmediate(async () => {
      await work();
      isRunning = false;
    });
  }

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const asked = waiting.splice(0, MAX_LOOK).filter(({ isOver }) => !isOver);
      const again = await lookFor(asked);
      if (again.length > 0 && waiting.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
      waiting.push(...again);
    }
  }

  /** @returns those of whom it is not known yet */
  async function lookFor(asked: readonly Waiting[]): Promise<Waiting[]> {
    const orders = asked.map(({ operation }) => operation.order);
    const skus = new Set(asked.flatMap(({ operation }) => operation.lines.map(({ sku }) => sku)));
    const found = await store.look(database, { orders, skus: [...skus] }).catch(() => undefined);
    return asked.filter((each) => {
      const { operation, isLevelShort, until } = each;
      // Whoever holds something takes the place of himself, and whoever asks again has the answer he had.
      if (found === undefined || found.orders.has(operation.order)) return void answer(each, undefined);
      const short = findShort(operation.lines, found.levels);
      for (const { sku, available } of short) lately.set(sku, { available, until: stopwatch() + LATELY_MS });
      if (short.length > 0) return void answer(each, short);
      // Too little only because of what is in flight: that becomes a level, or is given up.
      if (!isLevelShort && stopwatch() < until) return true;
      return void answer(each, undefined);
    });
  }

  return {
    /** Whether a look will find it short, as far as one can know: then nobody else is to be asked before. */
    foresees(lines: readonly Line[]): boolean {
      if (lately.size === 0) return false;
      if (lately.size > MAX_LATELY) lately.clear();
      const now = stopwatch();
      return lines.some(({ sku, quantity }) => {
        const known = lately.get(sku);
        if (known === undefined) return false;
        if (known.until > now) return known.available < quantity;
        lately.delete(sku);
        return false;
      });
    },
    /**
     * What is short of it by the database, or undefined where that may decide otherwise than the gate. Never rejects.
     *
     * @param isLevelShort whether by the gate there is too little whatever is in flight
     * @param waitMs how long the caller waits at most
     */
    ask(operation: Reserve, isLevelShort: boolean, waitMs: number): Promise<readonly Shortage[] | undefined> {
      return new Promise((resolve) => {
        const until = stopwatch() + Math.min(IN_FLIGHT_MS, waitMs);
        const timer = setTimeout(() => answer(each, undefined), waitMs);
        const each: Waiting = { operation, isLevelShort, until, timer, isOver: false, resolve };
        waiting.push(each);
        start();
      });
    },
  };
}

function findShort(lines: readonly Line[], levels: ReadonlyMap<string, number>): Shortage[] {
  return lines.flatMap(({ sku, quantity }) => {
    const available = levels.get(sku) ?? 0;
    return available < quantity ? [{ sku, quantity, available }] : [];
  });
}
