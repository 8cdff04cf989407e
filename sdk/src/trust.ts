// How a client follows a channel: what it accepts, what it remembers, where it looks.

export { type Bundles, type BundlesOptions, createBundles } from "./trust/bundles.ts";
export { cdnSource, serverSource } from "./trust/http-source.ts";
export { indexedDbStore } from "./trust/indexed-db-store.ts";
export type { Candidate, Live, Updater, UpdaterEvent, UpdaterOptions } from "./trust/live.ts";
export { priceOf } from "./trust/price-of.ts";
export { checkPrices, indexBounds } from "./trust/prices.ts";
export { type ChainedRoot, verifyNextRoot } from "./trust/roots.ts";
export { maxBytesOf, pathOf, type ReleaseSource, type Wanted } from "./trust/source.ts";
export { memoryStore, type TrustState, type TrustStore } from "./trust/state.ts";
export { createUpdater } from "./trust/updater.ts";
