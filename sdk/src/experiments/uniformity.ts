import { findModulo100 } from "./modulo100.ts";

/** How ids of a sample fall into the hundred buckets of `modulo100`. */
export type Uniformity = {
  /** Of those that `modulo100` takes. */
  size: number;
  /** Ids that it refuses. */
  refused: number;
  /** Shares of control, variant_a and variant_b. */
  shares: [control: number, variantA: number, variantB: number];
  /** Chi-squared over the hundred buckets, 99 degrees of freedom. */
  chiSquared: number;
  /** False where chance gives such a sample less than once in a thousand times. Undefined for fewer than 500 ids. */
  isUniform: boolean | undefined;
};

/** Five expected in each bucket, below which chi-squared means little. */
const MIN_SIZE = 500;
/** The 99.9th percentile of chi-squared with 99 degrees of freedom. */
const LIMIT = 148.23;

/**
 * Looks whether ids spread over the last two digits as numbers drawn at random do. Ids that were given in steps, such as
 * of 25 or 100, do not, and leave variants empty.
 */
export function sampleUniformity(ids: Iterable<string | number>): Uniformity {
  const counts = new Array<number>(100).fill(0);
  let size = 0;
  let refused = 0;
  for (const id of ids) {
    const bucket = findModulo100(String(id));
    if (bucket === undefined) refused += 1;
    else {
      counts[bucket]! += 1;
      size += 1;
    }
  }
  const expected = size / 100;
  const chiSquared =
    size === 0 ? 0 : counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const share = (from: number, to: number) =>
    size === 0 ? 0 : counts.slice(from, to).reduce((sum, count) => sum + count, 0) / size;
  return {
    size,
    refused,
    shares: [share(0, 40), share(40, 70), share(70, 100)],
    chiSquared,
    isUniform: size < MIN_SIZE ? undefined : chiSquared <= LIMIT,
  };
}
