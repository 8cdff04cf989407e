// Unit prices by strategies: which strategy takes a sku, and what its rule, in the sandbox, makes of the list price. For
// whoever signs prices; storefronts read them.

export type { TierPrices } from "./pricing/columns.ts";
export {
  createMatcher,
  findNextChange,
  type Match,
  type MatchedSku,
  type Matcher,
} from "./pricing/matcher.ts";
export {
  createPricer,
  type PricedSku,
  type Pricer,
  type PricerOptions,
  type Pricing,
  type StrategyPrice,
} from "./pricing/pricer.ts";
export { stampStrategies } from "./pricing/stamp.ts";
