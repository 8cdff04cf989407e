import type { Strategy } from "@haggle/abi";

/** What decides which strategy takes a sku. */
export type MatchedSku = {
  sku: string;
  categories: readonly string[];
  /** Pieces left; not known where it is left out. */
  stock?: number | undefined;
};

/** The strategy that takes a sku, by its place, and the variant of its experiment that the sku is in. */
export type Match = { strategy: number; variant?: string };

export type Matcher = {
  /** The first strategy that takes the sku, for customers of a tier or for everybody. */
  find(sku: MatchedSku, tier: string | undefined, now: number): Match | undefined;
  /** Those that have prices of their own. */
  readonly tiers: readonly string[];
};

/** Of the unit sku: the variant, undefined for a sku that is in none. */
export type FindVariant = (experiment: string, sku: string) => string | undefined;

/**
 * Finds the first of some strategies that takes a sku, by an index of exact skus, of prefixes and of categories: a shop
 * with thousands of strategies looks at those that may concern a sku.
 */
export function createMatcher(strategies: readonly Strategy[], findVariant: FindVariant): Matcher {
  const bySku = new Map<string, number[]>();
  const byPrefix = new Map<string, number[]>();
  const byCategory = new Map<string, number[]>();
  const anywhere: number[] = [];
  // Of the sku that is looked at: no list of its own for each of a hundred thousand.
  const lists: (readonly number[])[] = [];
  for (const [place, { skus, categories }] of strategies.entries()) {
    for (const pattern of skus ?? []) {
      if (pattern.endsWith("*")) add(byPrefix, pattern.slice(0, -1), place);
      else add(bySku, pattern, place);
    }
    if (skus === undefined) for (const category of categories ?? []) add(byCategory, category, place);
    if (skus === undefined && categories === undefined) anywhere.push(place);
  }
  // One for all skus of a strategy: a shop has a hundred thousand.
  const matches = strategies.map((_, strategy): Match => ({ strategy }));
  const lengths = [...new Set([...byPrefix.keys()].map((prefix) => prefix.length))];
  const tiers = [...new Set(strategies.flatMap((strategy) => strategy.tiers ?? []))].sort();

  /** The places of all that name the sku or a category of it, ascending; some of them twice. */
  function findCandidates({ sku, categories }: MatchedSku): readonly number[] {
    lists.length = 0;
    if (anywhere.length > 0) lists.push(anywhere);
    if (bySku.size > 0) note(bySku.get(sku));
    for (const length of lengths) if (length <= sku.length) note(byPrefix.get(sku.slice(0, length)));
    if (byCategory.size > 0) for (const category of categories) note(byCategory.get(category));
    return lists.length <= 1 ? (lists[0] ?? NOTHING) : lists.flat().sort((a, b) => a - b);
  }

  function note(list: readonly number[] | undefined): void {
    if (list !== undefined) lists.push(list);
  }

  function find(sku: MatchedSku, tier: string | undefined, now: number): Match | undefined {
    for (const place of findCandidates(sku)) {
      const strategy = strategies[place]!;
      if (!takes(strategy, sku, tier, now)) continue;
      const { experiment } = strategy;
      if (experiment === undefined) return matches[place]!;
      const variant = findVariant(experiment.key, sku.sku);
      if (variant === undefined) return matches[place]!;
      if (experiment.variants[variant] !== false) return { strategy: place, variant };
    }
    return undefined;
  }

  return { find, tiers };
}

/** When a window of a strategy opens or closes next. */
export function findNextChange(strategies: readonly Strategy[], now: number): number | undefined {
  let next: number | undefined;
  for (const { window } of strategies) {
    for (const edge of [window?.from ?? 0, window?.until ?? 0]) {
      if (edge > now && (next === undefined || edge < next)) next = edge;
    }
  }
  return next;
}

const NOTHING: readonly number[] = [];

function add(lists: Map<string, number[]>, key: string, place: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [place]);
  else list.push(place);
}

/** All but the skus, which the index has found. */
function takes(strategy: Strategy, { categories, stock }: MatchedSku, tier: string | undefined, now: number) {
  const { categories: wanted, tiers, stock: range, window } = strategy;
  if (wanted !== undefined && !wanted.some((category) => categories.includes(category))) return false;
  if (tiers !== undefined && (tier === undefined || !tiers.includes(tier))) return false;
  if (window !== undefined && (now < (window.from ?? 0) || now >= (window.until ?? Number.MAX_SAFE_INTEGER)))
    return false;
  if (range === undefined) return true;
  return stock !== undefined && stock >= (range.min ?? 0) && stock <= (range.max ?? Number.MAX_SAFE_INTEGER);
}
