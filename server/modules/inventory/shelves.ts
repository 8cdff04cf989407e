import { spread } from "./spread.ts";

/** What is in stock of a sku at a location. */
export type Level = { sku: string; location: string; onHand: number; reserved: number };

/** A row of it: the only one, or one of `buckets`. */
export type Bucket = Level & { bucket: number; buckets: number };

/** Pieces that are added. */
export type Change = Level & { bucket: number };

export type Shelves = ReturnType<typeof createShelves>;

/** A level, and its rows as far as they are locked: first the one from which pieces are taken first. */
type Shelf = { level: Level; rows: Bucket[]; changes: Change[]; isWhole: boolean };

/**
 * The levels that a transaction has locked, as they are behind each thing that was decided in it. What comes of all of it
 * is written at once. Where not all rows of a level are locked it may be that pieces seem not to be there (`isLacking`).
 */
export function createShelves(locked: readonly Bucket[], own = 0) {
  const bySku = new Map<string, Shelf[]>();
  const levels = new Map<string, Level[]>();
  for (const [sku, rows] of Map.groupBy(locked, (row) => row.sku)) {
    const byLocation = Map.groupBy(rows, ({ location }) => location);
    const all = [...byLocation.values()].map((each) => toShelf(each, own));
    bySku.set(sku, all);
    levels.set(
      sku,
      all.map(({ level }) => level),
    );
  }
  // Which location gives something depends on all that each of them has.
  let isLacking = [...bySku.values()].some((all) => all.length > 1 && all.some(({ isWhole }) => !isWhole));

  function findShelf(sku: string, location: string): Shelf {
    const shelf = bySku.get(sku)?.find(({ level }) => level.location === location);
    if (shelf === undefined) throw new Error(`a level that was not locked: ${sku} at ${location}`);
    return shelf;
  }

  function add({ rows, changes }: Shelf, i: number, onHand: number, reserved: number): void {
    rows[i]!.onHand += onHand;
    rows[i]!.reserved += reserved;
    changes[i]!.onHand += onHand;
    changes[i]!.reserved += reserved;
  }

  return {
    of: (sku: string): readonly Level[] => levels.get(sku) ?? [],
    /** Whether all there is of it can be seen. */
    isWhole: (sku: string): boolean => (bySku.get(sku) ?? []).every(({ isWhole }) => isWhole),
    /** Whether something could not be decided without the rows that are not locked. */
    isLacking: (): boolean => isLacking,
    /** So many pieces that are available are promised from now on. */
    reserve(sku: string, location: string, quantity: number): void {
      const shelf = findShelf(sku, location);
      shelf.level.reserved += quantity;
      let left = quantity;
      for (const [i, row] of shelf.rows.entries()) {
        const part = Math.min(left, availableAt(row));
        add(shelf, i, 0, part);
        left -= part;
      }
      if (left > 0) throw new Error(`${left} pieces too many of ${sku} at ${location}`);
    },
    /** So many are promised no more: they are there again, or gone for good. Any are as good as those that were promised. */
    release(sku: string, location: string, quantity: number, isGone: boolean): void {
      const shelf = findShelf(sku, location);
      shelf.level.reserved -= quantity;
      if (isGone) shelf.level.onHand -= quantity;
      let left = quantity;
      for (const [i, row] of shelf.rows.entries()) {
        const part = Math.min(left, row.reserved);
        add(shelf, i, isGone ? -part : 0, -part);
        left -= part;
      }
      if (left === 0) return;
      if (shelf.isWhole) throw new Error(`${left} pieces of ${sku} at ${location} are not reserved`);
      isLacking = true;
    },
    /** As many available pieces in each row of a level that has several and all of them locked. */
    even(): void {
      for (const shelf of [...bySku.values()].flat()) {
        if (!shelf.isWhole || shelf.rows.length === 1) continue;
        for (const [i, available] of spread(availableAt(shelf.level), shelf.rows.length).entries()) {
          add(shelf, i, available - availableAt(shelf.rows[i]!), 0);
        }
      }
    },
    /** Of each row; what was taken and given back is none. */
    listChanges: (): Change[] =>
      [...bySku.values()]
        .flat()
        .flatMap(({ changes }) => changes)
        .filter(({ onHand, reserved }) => onHand !== 0 || reserved !== 0),
  };
}

export function availableAt({ onHand, reserved }: Level): number {
  return onHand - reserved;
}

function toShelf(rows: readonly Bucket[], own: number): Shelf {
  const { sku, location, buckets } = rows[0]!;
  const ordered = rows.map((row) => ({ ...row })).sort((a, b) => turnOf(a, own) - turnOf(b, own));
  const sumOf = (count: "onHand" | "reserved") => rows.reduce((sum, row) => sum + row[count], 0);
  return {
    level: { sku, location, onHand: sumOf("onHand"), reserved: sumOf("reserved") },
    rows: ordered,
    changes: ordered.map(({ bucket }) => ({ sku, location, bucket, onHand: 0, reserved: 0 })),
    isWhole: rows.length === buckets,
  };
}

function turnOf({ bucket, buckets }: Bucket, own: number): number {
  return (bucket - (own % buckets) + buckets) % buckets;
}
