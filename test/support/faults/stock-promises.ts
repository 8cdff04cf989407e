import { type After, type Call, type Fault, isDone, type Line } from "./stock-log.ts";

// From when until when an order held something: for certain by what its clients were told, and at most by what they asked.

/** Whoever looks for what has expired may have been away, and comes again in so long. */
const LATE_MS = 10_000;

type Hold = {
  attempt: number;
  lines: readonly Line[];
  from: number;
  /** When somebody asked for something else, or its time was over. */
  over: number;
  /** The same, but what is sold is promised for ever. */
  until: number;
};

/** What it held for certain, once for each attempt. */
export function listHolds(calls: readonly Call[]): Hold[] {
  const holds: Hold[] = [];
  for (const [attempt, own] of Map.groupBy(calls, (call) => call.attempt)) {
    const first = own.find((call) => call.verb === "reserve" && isDone(call));
    if (first === undefined) continue;
    const { at: from, reservation } = first.answer!;
    const over = Math.min(
      Math.max(...own.filter(isDone).map(({ answer }) => answer!.reservation!.expiresAt)),
      ...own.filter(({ verb }) => verb === "release").map(({ at }) => at),
      ...calls.filter((call) => call.verb === "reserve" && call.attempt > attempt).map(({ at }) => at),
    );
    const isSold = own.some((call) => call.verb === "confirm" && isDone(call));
    const until = isSold ? Number.POSITIVE_INFINITY : over;
    if (until > from) holds.push({ attempt, lines: reservation!.lines, from, over, until });
  }
  return holds;
}

type Chance = { quantity: number; from: number; until: number };

/** Of each sku, how many pieces orders may have held at most. */
export function listChances(
  orders: ReadonlyMap<string, readonly Call[]>,
  rows: ReadonlyMap<string, After["reservations"][number]>,
  faults: readonly Fault[],
): Map<string, Chance[]> {
  const chances = new Map<string, Chance[]>();
  for (const [order, calls] of orders) {
    const row = rows.get(order);
    const asked = calls.filter((call) => call.verb === "reserve" && !isRefused(call));
    if (row === undefined || asked.length === 0) continue;
    const from = Math.min(...asked.map(({ at }) => at));
    const until = endOf(row, calls, faults);
    for (const [sku, quantity] of mostOf(asked)) {
      const list = chances.get(sku) ?? [];
      list.push({ quantity, from, until });
      chances.set(sku, list);
    }
  }
  return chances;
}

/** By when it had nothing any more, whatever became of it. */
function endOf(
  { attempt, state, expiresAt }: After["reservations"][number],
  calls: readonly Call[],
  faults: readonly Fault[],
): number {
  if (state === "confirmed" || state === "held") return Number.POSITIVE_INFINITY;
  const released = calls.filter(
    (call) => call.verb === "release" && call.attempt === attempt && isDone(call),
  );
  const swept = faults
    .toSorted((a, b) => a.from - b.from)
    .reduce(
      (at, { from, until }) => (at >= from && at < until + LATE_MS ? until + LATE_MS : at),
      expiresAt + LATE_MS,
    );
  return Math.min(swept, ...released.map(({ answer }) => answer!.at));
}

function isRefused({ answer }: Call): boolean {
  return answer?.status === 409 || answer?.status === 429;
}

/** Of any one attempt. */
function mostOf(calls: readonly Call[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const { lines } of calls) {
    for (const [sku, quantity] of sumBySku(lines!)) most.set(sku, Math.max(quantity, most.get(sku) ?? 0));
  }
  return most;
}

export function sumBySku(lines: readonly Line[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}
