/** What is in stock of a sku at a location. */
export type Level = { sku: string; location: string; onHand: number; reserved: number };

/** Pieces that are added. */
export type Change = { sku: string; location: string; onHand: number; reserved: number };

export type Shelves = ReturnType<typeof createShelves>;

/**
 * The levels that a transaction has locked, as they are behind each thing that was decided in it. What comes of all of it
 * is written at once.
 */
export function createShelves(levels: readonly Level[]) {
  const bySku = new Map<string, Level[]>();
  for (const level of levels) {
    const known = bySku.get(level.sku);
    if (known === undefined) bySku.set(level.sku, [{ ...level }]);
    else known.push({ ...level });
  }
  const changes = new Map<string, Change>();

  return {
    of: (sku: string): readonly Level[] => bySku.get(sku) ?? [],
    move({ sku, location, onHand, reserved }: Change): void {
      const level = bySku.get(sku)?.find((each) => each.location === location);
      if (level === undefined) throw new Error(`a level that was not locked: ${sku} at ${location}`);
      level.onHand += onHand;
      level.reserved += reserved;
      const key = JSON.stringify([sku, location]);
      const change = changes.get(key) ?? { sku, location, onHand: 0, reserved: 0 };
      change.onHand += onHand;
      change.reserved += reserved;
      changes.set(key, change);
    },
    /** Of each level; what was taken and given back is none. */
    listChanges: (): Change[] =>
      [...changes.values()].filter(({ onHand, reserved }) => onHand !== 0 || reserved !== 0),
  };
}

export function availableAt({ onHand, reserved }: Level): number {
  return onHand - reserved;
}
