import type { Queryable } from "../../platform/database/database.ts";
import { findSale, type SaleQueue } from "./store.ts";

type Known = {
  at: number;
  sale: Promise<SaleQueue | undefined>;
  /** Heads that were seen, the oldest first. */
  seen: { at: number; head: number }[];
};

/** A crowd that asks costs one question each so long. */
const KEPT_MS = 100;
/** By which the pace is measured. */
const PACE_MS = 10_000;
const MAX_SALES = 1_000;

/** Where queues stand, as this process read it a moment ago: for all who ask at once, and never for a decision. */
export function createHeads({ database, stopwatch }: { database: Queryable; stopwatch: () => number }) {
  const known = new Map<string, Known>();

  function read(id: string): Known {
    const now = stopwatch();
    const before = known.get(id);
    if (before !== undefined && now - before.at < KEPT_MS) return before;
    const sale = findSale(database, id);
    const entry: Known = { at: now, sale, seen: before?.seen ?? [] };
    if (known.size >= MAX_SALES) known.delete(known.keys().next().value!);
    known.set(id, entry);
    sale.then(
      (found) => {
        if (found === undefined) known.delete(id);
        else note(entry, found.head);
      },
      // Whoever waits for it is told; the next one asks again.
      () => known.delete(id),
    );
    return entry;
  }

  function note({ at, seen }: Known, head: number): void {
    seen.push({ at, head });
    while (seen.length > 2 && seen[1]!.at <= at - PACE_MS) seen.shift();
  }

  return {
    /** @returns undefined where there is no such sale */
    async find(id: string): Promise<{ sale: SaleQueue; pace: number | undefined } | undefined> {
      const { sale, seen } = read(id);
      const found = await sale;
      return found && { sale: found, pace: paceOf(seen) };
    },
  };
}

/** Each second. */
function paceOf(seen: Known["seen"]): number | undefined {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || last.head <= first.head) return undefined;
  return ((last.head - first.head) * 1000) / (last.at - first.at);
}
