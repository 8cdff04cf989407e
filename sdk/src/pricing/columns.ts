import type { Code } from "@haggle/abi";

/** What strategies make of the skus for customers of a tier, or for everybody, in columns: a shop has a hundred thousand. */
export type TierPrices = {
  /** Undefined for everybody. */
  tier: string | undefined;
  /** Places among the skus, ascending. */
  skus: Int32Array;
  /** Places among the strategies. */
  strategies: Int32Array;
  /** The list price where the rule failed on the sku. */
  unitPrices: Float64Array;
  /** Left out where none of these is in an experiment. */
  variants?: readonly (string | undefined)[];
  /** Why rules failed, by the place in the columns. */
  faults: ReadonlyMap<number, Code>;
};

/** By which strategy prices are, and for which variant of its experiment. */
type By = { strategy: number; variant?: string | undefined };

const NONE = -1;

/** Takes prices in any order, for one tier after another, and gives them in the order of the skus. */
export function createColumns(length: number) {
  const by = new Int32Array(length).fill(NONE);
  const prices = new Float64Array(length);
  let variants: (string | undefined)[] | undefined;
  let faults = new Map<number, Code>();
  let count = 0;

  function give({ strategy, variant }: By, sku: number, unitPrice: number): void {
    if (by[sku] === NONE) count++;
    by[sku] = strategy;
    prices[sku] = unitPrice;
    if (variant === undefined) return;
    variants ??= new Array<string | undefined>(length).fill(undefined);
    variants[sku] = variant;
  }

  return {
    give,
    fail(given: By, sku: number, listPrice: number, fault: Code): void {
      give(given, sku, listPrice);
      faults.set(sku, fault);
    },
    /** What was given since it was called last. */
    take(tier: string | undefined): TierPrices {
      const [skus, strategies] = [new Int32Array(count), new Int32Array(count)];
      const unitPrices = new Float64Array(count);
      const given = variants && new Array<string | undefined>(count);
      const failed = new Map<number, Code>();
      for (let sku = 0, place = 0; place < count; sku++) {
        if (by[sku] === NONE) continue;
        skus[place] = sku;
        strategies[place] = by[sku]!;
        unitPrices[place] = prices[sku]!;
        if (given !== undefined) given[place] = variants![sku];
        const fault = faults.size === 0 ? undefined : faults.get(sku);
        if (fault !== undefined) failed.set(place, fault);
        place++;
      }
      by.fill(NONE);
      [variants, faults, count] = [undefined, new Map(), 0];
      return { tier, skus, strategies, unitPrices, ...(given && { variants: given }), faults: failed };
    },
  };
}
