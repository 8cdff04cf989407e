import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Sums } from "./observation.ts";
import { SLOT_MS } from "./recorder.ts";
import { readSums, type SumsQuery } from "./store.ts";

/** What was read for one question, up to the slot `before`; `readAt` is when all of it was read. */
type Settled = { before: number; readAt: number; sums: Sums[] };

/** Processes write each second: what is older than this changes no more, unless one had lost the database. */
const SETTLED_MS = 120_000;
/** How late what such a process wrote afterwards is seen here. */
const REREAD_MS = 600_000;
/** Questions that are remembered, three of a rollout at most; the one that was asked longest ago is forgotten. */
const MAX_KNOWN = 48;

const COUNTS = [
  "samples",
  "errors",
  "faults",
  "units",
  "faultedUnits",
  "totalMinor",
  "marginSamples",
  "marginMinor",
  "marginShares",
  "marginSquares",
  "floorSamples",
  "atFloor",
] as const;
const ARRAYS = ["latencies", "discountCounts", "discountSums", "discountSquares"] as const;

/**
 * Reads sums since a time. A step may last a week, and its gates look every ten seconds: what is settled is read once
 * and remembered, so that a look costs what the last two minutes do.
 */
export function createSumsReader({ database, clock }: { database: Database; clock: Clock }) {
  const known = new Map<string, Settled>();

  async function readSettled(query: SumsQuery, before: number): Promise<Sums[]> {
    const now = clock();
    const key = JSON.stringify(query);
    const last = known.get(key);
    const isUsable =
      last !== undefined && last.before <= before && now >= last.readAt && now - last.readAt < REREAD_MS;
    const [from, readAt] = isUsable ? [last.before, last.readAt] : [query.since, now];
    const read = from < before ? await readSums(database, { ...query, since: from, before }) : [];
    const sums = isUsable ? addSums([...last.sums, ...read]) : read;
    known.delete(key);
    known.set(key, { before, readAt, sums });
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!);
    return sums;
  }

  return {
    async read(query: SumsQuery): Promise<Sums[]> {
      const border = clock() - SETTLED_MS;
      const before = border - (border % SLOT_MS);
      if (before <= query.since) return readSums(database, query);
      const end = query.before ?? Number.POSITIVE_INFINITY;
      const settled = await readSettled(query, Math.min(before, end));
      if (end <= before) return settled;
      return addSums([...settled, ...(await readSums(database, { ...query, since: before }))]);
    },
  };
}

/** One of each kind, with the sums of all of that kind. What came in stays as it was. */
function addSums(rows: readonly Sums[]): Sums[] {
  const kinds = new Map<string, Sums>();
  for (const row of rows) {
    const kind = `${row.source} ${row.currency} ${row.arm} ${row.isOverridden}`;
    const sum = kinds.get(kind);
    kinds.set(kind, sum === undefined ? row : add(sum, row));
  }
  return [...kinds.values()];
}

function add(one: Sums, other: Sums): Sums {
  const sum = { ...one };
  for (const name of COUNTS) sum[name] += other[name];
  for (const name of ARRAYS) sum[name] = one[name].map((value, index) => value + other[name][index]!);
  return sum;
}
