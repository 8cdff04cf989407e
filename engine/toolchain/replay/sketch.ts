// How amounts are distributed, in a few hundred numbers however many there are. Buckets as in Gil Tene's HdrHistogram:
// exact for small amounts, 64 to each power of two above, so a quantile is off by less than 1 in 64. Only integers, and
// adding two sketches is adding their counts: neither the order of carts nor the number of workers shows.

/** Counts by bucket; negative amounts have negative buckets, 0 is the amount 0. */
export type Sketch = Map<number, number>;

/** A bucket's least and greatest amount, both inclusive, and what it counted. */
export type Bucket = { from: number; to: number; count: number };

const PER_OCTAVE = 64;

export function addToSketch(sketch: Sketch, amount: number): void {
  const bucket = bucketOf(amount);
  sketch.set(bucket, (sketch.get(bucket) ?? 0) + 1);
}

export function mergeSketch(into: Sketch, from: Sketch): void {
  for (const [bucket, count] of from) into.set(bucket, (into.get(bucket) ?? 0) + count);
}

/** Ascending. */
export function bucketsOf(sketch: Sketch): Bucket[] {
  return [...sketch].sort(([a], [b]) => a - b).map(([bucket, count]) => ({ ...boundsOf(bucket), count }));
}

/** The amount that `share` of all amounts do not exceed, as the middle of its bucket; 0 of nothing. */
export function quantile(buckets: readonly Bucket[], share: number): number {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let rank = Math.max(1, Math.ceil(share * total));
  for (const { from, to, count } of buckets) {
    rank -= count;
    if (rank <= 0) return Math.trunc((from + to) / 2);
  }
  return 0;
}

function bucketOf(amount: number): number {
  let size = Math.abs(amount);
  let octave = 0;
  // Not by a logarithm: it is not the same to the last bit in every engine.
  while (size >= 2 * PER_OCTAVE) {
    size = Math.floor(size / 2);
    octave++;
  }
  const bucket = octave * PER_OCTAVE + size;
  return amount < 0 ? -bucket : bucket;
}

function boundsOf(bucket: number): { from: number; to: number } {
  const position = Math.abs(bucket);
  const octave = Math.max(0, Math.floor(position / PER_OCTAVE) - 1);
  const width = 2 ** octave;
  const from = (position - octave * PER_OCTAVE) * width;
  const to = from + width - 1;
  return bucket < 0 ? { from: -to, to: from === 0 ? 0 : -from } : { from, to };
}
