import { type Channel, refuse } from "@haggle/abi";

/** How many buckets there are. */
export const BUCKETS = 10_000;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** The code unit of the digit 0. */
const ZERO = 48;

/**
 * The bucket, 0 to 9999, of a shopper under a seed: GrowthBook's hash version 2 as an integer, over UTF-16 code units.
 *
 * A unit is taken as it is written: `é` as one character and as two are two shoppers, and so are `A` and `a`. Whoever has
 * ids of more than one spelling brings them into one first. Use what a shopper cannot choose, such as the id of an account.
 *
 * @example
 * bucketOf("exp-1", "customer-7"); // 7116
 */
export function bucketOf(seed: string, unit: string): number {
  return bucketAfter(hashSeed(seed), unit);
}

/** What a seed leaves for `bucketAfter`: FNV-1a reads from left to right, so that a seed is hashed once for all units. */
export function hashSeed(seed: string): number {
  return fnv1a32(FNV_OFFSET, seed);
}

/** `bucketOf` for a seed that was hashed before. */
export function bucketAfter(seedHash: number, unit: string): number {
  return (hashDecimal(fnv1a32(seedHash, unit) >>> 0) >>> 0) % BUCKETS;
}

/**
 * The one seed of a channel's arms; `""` where it has no arm. Under two seeds a shopper would have a bucket in each, so
 * that one would find two releases and another none.
 *
 * @throws HaggleError DOCUMENT_MIXED_SEEDS
 */
export function seedOf({ arms }: Channel): string {
  const seed = arms[0]?.seed ?? "";
  const other = arms.findIndex((arm) => arm.seed !== seed);
  if (other !== -1) throw refuse("DOCUMENT_MIXED_SEEDS", `channel.arms[${other}].seed`, arms[other]!.seed);
  return seed;
}

/** FNV-1a of the decimal digits of a number below 2^32, which are not written down first: that takes twice the time. */
function hashDecimal(value: number): number {
  // Five digits at a time are small integers.
  const high = (value / 100_000) | 0;
  const low = value - high * 100_000;
  if (high === 0) return hashDigits(FNV_OFFSET, low, firstPlace(low));
  return hashDigits(hashDigits(FNV_OFFSET, high, firstPlace(high)), low, 10_000);
}

function hashDigits(start: number, value: number, firstPlace: number): number {
  let hash = start;
  let rest = value;
  for (let place = firstPlace; place > 0; place = (place / 10) | 0) {
    const digit = (rest / place) | 0;
    rest -= digit * place;
    hash = Math.imul(hash ^ (ZERO + digit), FNV_PRIME);
  }
  return hash;
}

function firstPlace(value: number): number {
  let place = 10_000;
  while (place > 1 && value < place) place = (place / 10) | 0;
  return place;
}

function fnv1a32(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}
