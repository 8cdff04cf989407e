import type { LedgerEntry } from "../orders/service.ts";

/** The first so many units of each line. */
export type Shipped = ReadonlyMap<string, number>;

/** What is to be paid for what has left, with what is of no line: it is on the first parcel. Minor units. */
export function worthOf(entries: readonly LedgerEntry[], shipped: Shipped): number {
  return entries.reduce((sum, { part, line, kind, firstUnit, units, amountEach }) => {
    if (kind === "taxIncluded") return sum;
    if (part !== "line") return sum + units * amountEach;
    const left = Math.min(firstUnit + units, shipped.get(line) ?? 0) - firstUnit;
    return sum + Math.max(0, left) * amountEach;
  }, 0);
}
