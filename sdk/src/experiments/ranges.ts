import type { Experiment, ShareRange } from "@haggle/abi";
import { BUCKETS } from "../bucket.ts";
import { MODULO_100 } from "./modulo100.ts";

/** Buckets of one variant: from, and up to but without. */
export type BucketRange = { from: number; to: number };

/** The buckets of each variant of an experiment, in their order. */
export function variantRanges({ bucketing, variants, coverage, ranges }: Experiment): BucketRange[] {
  if (bucketing === "modulo100") {
    return MODULO_100.map(({ below }, i) => ({ from: MODULO_100[i - 1]?.below ?? 0, to: below }));
  }
  return (ranges ?? shareRanges(variants, coverage)).map(bucketRange);
}

/** Each range begins where all of the weights before it end, so that coverage moves nobody from variant to variant. */
function shareRanges(variants: Experiment["variants"], coverage: number): ShareRange[] {
  let start = 0;
  return variants.map(({ weight }) => {
    const range: ShareRange = [start, start + coverage * weight];
    start += weight;
    return range;
  });
}

/** The buckets b with from <= b / 10000 < to, in the arithmetic in which GrowthBook compares them. */
export function bucketRange([from, to]: ShareRange): BucketRange {
  return { from: firstBucket(from), to: firstBucket(to) };
}

function firstBucket(share: number): number {
  let bucket = Math.min(BUCKETS, Math.ceil(share * BUCKETS));
  while (bucket > 0 && (bucket - 1) / BUCKETS >= share) bucket -= 1;
  while (bucket < BUCKETS && bucket / BUCKETS < share) bucket += 1;
  return bucket;
}
