import type { ExperimentUnit } from "@haggle/abi";

/** Remembers who got what, for experiments that are `sticky`. */
export type StickyStore = {
  /** Variants of a unit by `EXPERIMENT__BUCKETVERSION`, of these `entries` at least. */
  find(
    kind: ExperimentUnit,
    unit: string,
    entries: readonly string[],
  ): Readonly<Record<string, string>> | undefined;
  save(kind: ExperimentUnit, unit: string, entry: string, variant: string): void;
};

/** Under which an experiment remembers a variant: GrowthBook's spelling. */
export function stickyEntry(experiment: string, bucketVersion: number): string {
  return `${experiment}__${bucketVersion}`;
}

/** Remembers as long as the process or the page lives. */
export function createMemoryStickyStore(): StickyStore {
  const units = new Map<string, Record<string, string>>();
  return {
    find: (kind, unit) => units.get(`${kind}||${unit}`),
    save(kind, unit, entry, variant) {
      const place = `${kind}||${unit}`;
      units.set(place, { ...units.get(place), [entry]: variant });
    },
  };
}

/**
 * Remembers in the `localStorage` or `sessionStorage` of a page, one item for each unit and experiment: what tabs remember at one moment
 * lies side by side. Where the storage refuses, as a full or a private one does, nothing is remembered, and assignments go by their
 * buckets.
 */
export function createWebStickyStore(storage: Pick<Storage, "getItem" | "setItem">): StickyStore {
  return {
    find(kind, unit, entries) {
      const found: Record<string, string> = {};
      try {
        for (const entry of entries) {
          const variant = storage.getItem(itemName(kind, unit, entry));
          if (variant !== null) found[entry] = variant;
        }
      } catch {
        // What it did not give it does not remember.
      }
      return found;
    },
    save(kind, unit, entry, variant) {
      try {
        storage.setItem(itemName(kind, unit, entry), variant);
      } catch {
        // It goes by its bucket the next time.
      }
    },
  };
}

function itemName(kind: ExperimentUnit, unit: string, entry: string): string {
  return `haggle-sticky/${kind}||${unit}/${entry}`;
}
