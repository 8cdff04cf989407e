// Which pricing rule prices which skus, with which parameters: data that a shop changes by saving a file, priced by rules
// that its authors signed.

/** As a promotion gives a rule's parameters: minor units, percentages as decimal strings, tags as lists. */
export type StrategyParameters = Readonly<
  Record<string, number | string | boolean | readonly string[] | null>
>;

/** A strategy takes what all of its stated fields hold for; without `skus` and `categories`, every sku. */
export type Strategy = {
  id: string;
  /** A pricing rule of the live release. */
  rule: string;
  /** Exact, or a prefix with `*` at its end. */
  skus?: readonly string[];
  /** A sku of any of them. */
  categories?: readonly string[];
  /** Release channels; all when left out. */
  channels?: readonly string[];
  /** Prices of their own for customers of these tiers; for everybody when left out. */
  tiers?: readonly string[];
  /** Units in stock, both ends included. */
  stock?: { readonly min?: number; readonly max?: number };
  /** Epoch ms: from the first, until just before the second. */
  window?: { readonly from?: number; readonly until?: number };
  /** What differs from the rule's defaults. */
  parameters: StrategyParameters;
  /** Of the unit sku. A variant's parameters are merged over the strategy's own; `false` prices none of its skus. */
  experiment?: {
    readonly key: string;
    readonly variants: Readonly<Record<string, StrategyParameters | false>>;
  };
};

/** The first strategy that takes a sku, for a tier, prices it. */
export type StrategyFile = { version: string; strategies: readonly Strategy[] };

export const STRATEGY_VERSION = /^v\d{4}\.\d{2}\.\d{2}-[a-z0-9]{1,32}$/;
/** Each sku is held against each of them until one takes it. */
export const MAX_STRATEGIES = 10_000;
