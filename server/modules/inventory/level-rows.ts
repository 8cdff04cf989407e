import { Overtaken } from "../../platform/database/database.ts";
import { spread } from "./spread.ts";
import type { LevelRow, LockedRow, NewLevel, NewRow } from "./stock-store.ts";

/** Levels of all their rows. @throws Overtaken where one was split while its rows were being locked */
export function sumRows(rows: readonly LockedRow[]): LevelRow[] {
  const levels = Map.groupBy(rows, ({ sku, location }) => JSON.stringify([sku, location]));
  return [...levels.values()].map((all) => {
    const { sku, location, buckets } = all[0]!;
    if (all.length !== buckets) throw new Overtaken("a level was split meanwhile");
    const level = { sku, location, onHand: 0, reserved: 0, incoming: 0, available: 0 };
    for (const row of all) {
      level.onHand += row.onHand;
      level.reserved += row.reserved;
      level.incoming += row.incoming;
      level.available += row.onHand - row.reserved;
    }
    return level;
  });
}

/** What becomes of the rows of a level: what is reserved stays where it is, and what is available is as much in each. */
export function spreadLevel(
  { sku, location, onHand, incoming }: NewLevel,
  rows: readonly LockedRow[],
): NewRow[] {
  const own = rows.filter((row) => row.sku === sku && row.location === location);
  const reserved = own.reduce((sum, row) => sum + row.reserved, 0);
  const parts = spread(onHand - reserved, own.length);
  return own.map((row, i) => ({
    sku,
    location,
    bucket: row.bucket,
    onHand: row.reserved + parts[i]!,
    incoming: row.bucket === 0 ? incoming : 0,
  }));
}
