// Who gets which arm. GrowthBook's own SDK is the reference: whoever comes from there keeps their shares.

import { GrowthBook } from "@growthbook/growthbook";
import { bucketOf, findArm, seedOf } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channel, DIGEST } from "../support/documents.ts";

const OTHER = "cd".repeat(32);
/** Two arms of a rollout whose share is `weight` of 10,000. */
const rollout = (weight: number) => ({
  ...channel,
  off: { ...channel.off, releases: [] },
  arms: [
    { release: DIGEST, range: [0, 10_000 - weight] as [number, number], seed: OTHER },
    { release: OTHER, range: [10_000 - weight, 10_000] as [number, number], seed: OTHER },
  ],
});
const anyUnit = () => fc.string({ unit: "binary", maxLength: 40 });

describe("the bucket of a unit", () => {
  it("is GrowthBook's, for 20,000 ids", () => {
    const growthBook = new GrowthBook();
    const buckets = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const unit = SPELLINGS[i % SPELLINGS.length]!(i);
      const seed = SEEDS[i % SEEDS.length]!;
      const expected = growthBookBucket(growthBook, seed, unit);
      expect(bucketOf(seed, unit), `${seed} ${unit}`).toBe(expected);
      buckets.add(expected);
    }
    growthBook.destroy();
    expect(buckets.size).toBeGreaterThan(8_000);
  });

  it("is GrowthBook's, whatever is written, halves of surrogate pairs too", () => {
    const growthBook = new GrowthBook();
    const unit = fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    fc.assert(
      fc.property(unit, (id) => {
        expect(bucketOf("exp-1", id)).toBe(growthBookBucket(growthBook, "exp-1", id));
      }),
    );
    growthBook.destroy();
  });

  it("of nothing is that of the seed alone", () => {
    // GrowthBook has no shopper without an id; it hashes seed and id as one text.
    expect(bucketOf("exp-1", "")).toBe(growthBookBucket(new GrowthBook(), "exp-", "1"));
    expect(bucketOf("", "")).toBe(bucketOf("", ""));
  });

  it.each([
    ["halves", "customer-8404", 0],
    ["halves", "customer-10702", 4_999],
    ["halves", "customer-3382", 5_000],
    ["halves", "customer-6140", 9_999],
    ["exp-1", "customer-7", 7_116],
    ["halves", "", 9_078],
    ["halves", "josé", 7_383],
  ])("under %s of '%s' is %i", (seed, unit, bucket) => {
    expect(bucketOf(seed, unit)).toBe(bucket);
  });

  it("tells spellings of one letter apart", () => {
    expect(bucketOf("halves", "jos\u0065\u0301")).not.toBe(bucketOf("halves", "jos\u00e9"));
  });

  it("spreads evenly", () => {
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) tenths[Math.floor(bucketOf(OTHER, `customer-${i}`) / 1_000)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe("a rollout that grows", () => {
  it("takes nobody out of the new release", () => {
    const weight = fc.integer({ min: 1, max: 9_999 });
    fc.assert(
      fc.property(anyUnit(), weight, weight, (unit, a, b) => {
        const bucket = bucketOf(OTHER, unit);
        const before = findArm(rollout(Math.min(a, b)), bucket);
        const after = findArm(rollout(Math.max(a, b)), bucket);
        if (before === OTHER) expect(after).toBe(OTHER);
      }),
    );
  });

  it.each([
    [1, 9_998, DIGEST],
    [1, 9_999, OTHER],
    [5_000, 4_999, DIGEST],
    [5_000, 5_000, OTHER],
    [9_999, 0, DIGEST],
    [9_999, 1, OTHER],
  ])("to %i of 10,000 gives bucket %i its arm", (weight, bucket, release) => {
    expect(findArm(rollout(weight), bucket)).toBe(release);
  });
});

describe("the seed of a channel", () => {
  it("is that of all its arms", () => {
    expect(seedOf(rollout(100))).toBe(OTHER);
    expect(seedOf({ ...channel, arms: [] })).toBe("");
  });

  it("is one", () => {
    const { arms } = rollout(100);
    const mixed = { ...channel, arms: [arms[0]!, { ...arms[1]!, seed: "another" }] };
    expect(() => seedOf(mixed)).toThrow(
      expect.objectContaining({ code: "DOCUMENT_MIXED_SEEDS", at: "channel.arms[1].seed", value: "another" }),
    );
  });
});

const SEEDS = ["exp-1", OTHER, "über", "🛒", "0"];

/** As shops have them: numbered, digests, addresses, names of the world, emoji. */
const SPELLINGS: ((i: number) => string)[] = [
  (i) => `customer-${i}`,
  (i) => String(i),
  (i) => (i * 2_654_435_761).toString(16),
  (i) => `josé+${i}@example.com`,
  (i) => `顾客-${i}`,
  (i) => `👩‍👧‍👦${i}𝒳`,
  (i) => `${"a".repeat(i % 300)}${i}`,
];

function growthBookBucket(growthBook: GrowthBook, seed: string, unit: string): number {
  growthBook.setAttributes({ id: unit });
  const { bucket } = growthBook.run({ key: "any", seed, hashVersion: 2, variations: [0, 1] });
  if (bucket === undefined) throw new Error(`GrowthBook has no bucket for ${JSON.stringify(unit)}`);
  return Math.round(bucket * 10_000);
}
