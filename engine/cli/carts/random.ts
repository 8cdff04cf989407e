// Numbers from a seed, the same on every machine: only integer arithmetic and divisions, which IEEE 754 fixes.

/** Draws from one stream. `index` is below its argument; `chance` is true with that probability. */
export type Random = { next(): number; index(below: number): number; chance(probability: number): boolean };

/**
 * Chris Doty-Humphrey's sfc32 (PractRand). Streams of one seed have nothing to do with each other, so that the n-th
 * cart can be made without the ones before it.
 */
export function createRandom(seed: number, stream: number): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / TWO_32) >>> 0;
  let c = stream >>> 0;
  let counter = Math.floor(stream / TWO_32) + 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / TWO_32;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return {
    next,
    index: (below) => Math.floor(next() * below),
    chance: (probability) => next() < probability,
  };
}

const TWO_32 = 4_294_967_296;
/** After so many rounds every bit of the seed has reached every bit of the state. */
const WARM_UP = 15;

/** Positions drawn in proportion to their weights. */
export type Weighted = (random: Random) => number;

export function createWeighted(weights: readonly number[]): Weighted {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    sums[i] = sum;
  }
  return (random) => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** Zipf's law as Mandelbrot flattens its head: the k-th of n is wanted in proportion to 1 / (k + 2.7). */
export function zipfWeights(count: number): number[] {
  return Array.from({ length: count }, (_, rank) => 1 / (rank + 1 + ZIPF_SHIFT));
}

const ZIPF_SHIFT = 2.7;
