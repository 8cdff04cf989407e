import type { ExperimentUnit } from "@haggle/abi";

/** Remembers who got what, for experiments that are `sticky`. */
export type StickyStore = {
  /** Variants of a unit by `EXPERIMENT__BUCKETVERSION`. */
  find(kind: ExperimentUnit, unit: string): Readonly<Record<string, string>> | undefined;
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
 * Remembers in the `localStorage` or `sessionStorage` of a page, one item for each unit. Where the storage refuses, as a
 * full or a private one does, nothing is remembered, and assignments go by their buckets.
 */
export function createWebStickyStore(storage: Pick<Storage, "getItem" | "setItem">): StickyStore {
  const find: StickyStore["find"] = (kind, unit) => {
    try {
      return parseEntries(storage.getItem(itemName(kind, unit)));
    } catch {
      return undefined;
    }
  };
  return {
    find,
    save(kind, unit, entry, variant) {
      const entries = { ...find(kind, unit), [entry]: variant };
      try {
        storage.setItem(itemName(kind, unit), JSON.stringify(entries));
      } catch {
        // It goes by its bucket the next time.
      }
    },
  };
}

function itemName(kind: ExperimentUnit, unit: string): string {
  return `haggle-sticky/${kind}||${unit}`;
}

function parseEntries(text: string | null): Record<string, string> | undefined {
  const entries = text === null ? undefined : (JSON.parse(text) as unknown);
  return typeof entries === "object" && entries !== null ? (entries as Record<string, string>) : undefined;
}
