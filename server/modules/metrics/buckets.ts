// Where observations are counted: latencies and amounts in buckets whose edges are the same in all processes and for all
// time, so that counts of any two add up, and a limit or a cap that lies on an edge is judged exactly, afterwards.

const DECADE = [1, 1.2, 1.5, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8];

/** Milliseconds, 12 to the decade from 0.1 to 10 s; a value on an edge belongs below it. What is above counts apart. */
export const LATENCY_EDGES_MS: readonly number[] = [
  ...[0.1, 1, 10, 100, 1_000].flatMap((power) => DECADE.map((step) => round(step * power))),
  10_000,
];

/** Minor units, three to the decade from 1 to 10^9. */
export const AMOUNT_EDGES_MINOR: readonly number[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power)),
  10 ** 9,
];

export const LATENCY_BUCKETS = LATENCY_EDGES_MS.length + 1;
export const AMOUNT_BUCKETS = AMOUNT_EDGES_MINOR.length + 1;

/** The index of the bucket: the first whose edge is not below the value, the last one for what is above all edges. */
export function bucketOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many values were above the edge `limit`. */
export function countAbove(counts: readonly number[], edges: readonly number[], limit: number): number {
  let above = 0;
  for (let index = indexOfEdge(edges, limit) + 1; index < counts.length; index++) above += counts[index]!;
  return above;
}

/**
 * The value below which the share `quantile` of all is, with an even spread assumed within a bucket: wrong by the width
 * of one at most, a third of the value. The last edge where it is above all, undefined without values.
 */
export function estimateQuantile(
  counts: readonly number[],
  edges: readonly number[],
  quantile: number,
): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let rank = quantile * total;
  for (const [index, edge] of edges.entries()) {
    const count = counts[index]!;
    const below = index === 0 ? 0 : edges[index - 1]!;
    if (rank <= count && count > 0) return below + (edge - below) * (rank / count);
    rank -= count;
  }
  return edges.at(-1);
}

/** Sums of amounts per bucket, and what they are when each amount above the edge `cap` counts as the cap. */
export type AmountSums = {
  counts: readonly number[];
  sums: readonly number[];
  squares: readonly number[];
};

export function winsorise({ counts, sums, squares }: AmountSums, cap: number) {
  const last = indexOfEdge(AMOUNT_EDGES_MINOR, cap);
  const moments = { samples: 0, sum: 0, squares: 0 };
  for (const [index, count] of counts.entries()) {
    moments.samples += count;
    moments.sum += index <= last ? sums[index]! : count * cap;
    moments.squares += index <= last ? squares[index]! : count * cap ** 2;
  }
  return moments;
}

/** Limits are checked when gates are parsed: another one here is a bug. */
function indexOfEdge(edges: readonly number[], value: number): number {
  const index = edges.indexOf(value);
  if (index === -1) throw new RangeError(`${value} is no edge`);
  return index;
}

/** 1.2 * 0.1 is not 0.12. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
