// Recorded carts through two releases, without the compiler and without files: who reads the recording hands in its
// lines, one by one or in several threads, whose tallies are added up.

export type { ShopWords } from "./replay/anonymous.ts";
export { type Comparer, createComparer } from "./replay/compare.ts";
export {
  type CurrencyFigures,
  type Figures,
  type PromotionFigures,
  type ReleaseFigures,
  type Replay,
  type SegmentFigures,
  toFigures,
} from "./replay/figures.ts";
export { openRelease, type Pair, type ReleaseFiles, wordsOf } from "./replay/releases.ts";
export type { Sample, SampleSide } from "./replay/sample.ts";
export { type Bucket, quantile } from "./replay/sketch.ts";
export { createTally, mergeTally, type Tally } from "./replay/tally.ts";
