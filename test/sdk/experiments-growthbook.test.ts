// Whoever comes from GrowthBook keeps their variants: its own SDK, 1.8.0, is asked the same.

import { readFileSync } from "node:fs";
import { createAssigner, createMemoryStickyStore, type Experiment } from "@haggle/sdk/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyExperiment, experimentOf, text } from "../support/experiments.ts";
import { askGrowthBook, type Remembered } from "../support/growthbook.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/experiments/assignments.json", import.meta.url), "utf8"),
) as {
  experiments: Experiment[];
  cases: {
    experiment: string;
    unit: string;
    variant: string | null;
    bucket: number | null;
    reason: string;
  }[];
};

function expectSame(experiments: readonly Experiment[], key: string, id: string): string | undefined {
  const context = { units: { customer: id, session: id, cart: id, sku: id } };
  const ours = createAssigner(experiments).assign(key, context);
  const theirs = askGrowthBook(experiments, key, context);
  expect(ours.variant, `${key} for ${JSON.stringify(id)}`).toBe(theirs.variant);
  if (ours.variant !== undefined) expect(ours.bucket).toBe(theirs.bucket);
  return ours.variant;
}

describe("assignments are GrowthBook's", () => {
  it("as the vectors say", () => {
    const assigner = createAssigner(vectors.experiments);
    expect(vectors.cases.length).toBeGreaterThan(150);
    for (const { experiment, unit, variant, bucket, reason } of vectors.cases) {
      const context = { units: { customer: unit } };
      const ours = assigner.assign(experiment, context);
      expect(ours).toMatchObject({ variant: variant ?? undefined, reason, ...(variant && { bucket }) });
      const theirs = askGrowthBook(vectors.experiments, experiment, context);
      expect([theirs.variant ?? null, theirs.bucket ?? null]).toEqual([variant, bucket]);
    }
  });

  it("for 20,000 ids", () => {
    const experiments = [
      experimentOf({ coverage: 0.9 }),
      experimentOf({
        key: "spaces",
        seed: "über:2",
        variants: [
          { key: "control", weight: 0.2 },
          { key: "b", weight: 0.3 },
          { key: "c", weight: 0.5 },
        ],
        namespace: { name: "checkout", range: [0.1, 0.8] },
      }),
    ];
    const counts: Record<string, number> = {};
    for (let i = 0; i < 20_000; i++) {
      const { key } = experiments[i % experiments.length]!;
      const variant = expectSame(experiments, key, SPELLINGS[i % SPELLINGS.length]!(i));
      counts[`${key} ${variant}`] = (counts[`${key} ${variant}`] ?? 0) + 1;
    }
    expect(Object.keys(counts)).toHaveLength(7);
  });

  it("whatever weights, coverage, ranges and namespaces", () => {
    fc.assert(
      fc.property(anyExperiment("x"), fc.array(text, { minLength: 1, maxLength: 20 }), (experiment, ids) => {
        for (const id of ids) expectSame([experiment], "x", id);
      }),
      { numRuns: 500 },
    );
  });

  it("where one needs others, and some are held out", () => {
    const variants = fc.uniqueArray(fc.constantFrom("control", "b", "holdout"), { minLength: 1 });
    const needing = fc.record({ a: variants, b: variants, isHeldOut: fc.boolean() });
    fc.assert(
      fc.property(
        fc.tuple(anyExperiment("a"), anyExperiment("b"), anyExperiment("c")),
        needing,
        fc.array(text, { minLength: 1, maxLength: 20 }),
        ([a, b, c], needed, ids) => {
          const keysOf = ({ variants: all }: Experiment) => all.map(({ key }) => key);
          const known = (of: Experiment, keys: string[]) => keys.filter((key) => keysOf(of).includes(key));
          const need = (of: Experiment, keys: string[]) =>
            known(of, keys).length > 0 ? [{ experiment: of.key, variants: known(of, keys) }] : [];
          const isHeldOut = needed.isHeldOut && keysOf(a).includes("holdout");
          const experiments = [
            { ...c, prerequisites: [...need(b, needed.b)], ...(isHeldOut && { holdout: "a" }) },
            a,
            { ...b, prerequisites: need(a, needed.a) },
          ];
          for (const id of ids) for (const { key } of experiments) expectSame(experiments, key, id);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("with what is remembered, through changes of weights and versions", () => {
    const version = fc.constantFrom(0, 0, 0, 1, 2);
    const states = fc.array(
      fc.tuple(anyExperiment("x"), version, version, fc.boolean()).map(([experiment, own, min, sticky]) => ({
        ...experiment,
        // Most are in it at first, so that there is something to remember.
        ...(own === 0 && { coverage: 1 }),
        ...{ unit: "customer" as const, bucketVersion: own, minBucketVersion: min, sticky },
      })),
      { minLength: 2, maxLength: 5 },
    );
    let stuck = 0;
    fc.assert(
      fc.property(states, fc.uniqueArray(text, { minLength: 1, maxLength: 5 }), (experiments, ids) => {
        const store = createMemoryStickyStore();
        const remembered: Remembered = {};
        for (const experiment of experiments) {
          const assigner = createAssigner([experiment], { sticky: store });
          for (const customer of ids) {
            const context = { units: { customer } };
            const ours = assigner.assign("x", context);
            const theirs = askGrowthBook([experiment], "x", context, remembered);
            expect(ours.variant).toBe(theirs.variant);
            expect(ours.reason === "sticky").toBe(theirs.isSticky);
            if (theirs.isSticky) stuck += 1;
            const document = remembered[`unit-customer||${customer}`];
            expect(store.find("customer", customer, []) ?? {}).toEqual(document?.assignments ?? {});
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(stuck).toBeGreaterThan(100);
  });
});

/** As shops have them: numbered, digests, addresses, names of the world, emoji, halves of surrogate pairs. */
const SPELLINGS: ((i: number) => string)[] = [
  (i) => `customer-${i}`,
  (i) => String(i),
  (i) => (i * 2_654_435_761).toString(16),
  (i) => `josé+${i}@example.com`,
  (i) => `顾客-${i}`,
  (i) => `👩‍👧‍👦${i}𝒳`,
  (i) => `${i}\ud83d`,
];
