// Experiments of every shape that `checkExperiments` takes.

import type { Experiment } from "@haggle/sdk/experiments";
import fc from "fast-check";

/** The least that an experiment is: half and half of the customers. */
export function experimentOf(change: Partial<Experiment> = {}): Experiment {
  return {
    key: "threshold",
    unit: "customer",
    seed: "threshold:1",
    bucketing: "hash2",
    variants: [
      { key: "control", weight: 0.5 },
      { key: "b", weight: 0.5 },
    ],
    coverage: 1,
    ...change,
  };
}

const share = fc
  .oneof(fc.constantFrom(0, 1, 0.5, 0.1, 0.0001, 0.9999), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(plain);

/** JSON has a minus zero, and documents do not. */
function plain(value: number): number {
  return value === 0 ? 0 : value;
}

const weights = fc
  .array(fc.nat({ max: 100 }), { minLength: 2, maxLength: 4 })
  .filter((parts) => parts.some((part) => part > 0))
  .map((parts) => parts.map((part) => part / parts.reduce((sum, each) => sum + each, 0)));

/** Ranges that are apart, in any order. */
function rangesOf(count: number): fc.Arbitrary<[number, number][]> {
  return fc
    .uniqueArray(share, { minLength: count * 2, maxLength: count * 2 })
    .map((cuts) => cuts.toSorted((a, b) => a - b))
    .chain((cuts) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i): [number, number] => [cuts[i * 2]!, cuts[i * 2 + 1]!]),
        { minLength: count },
      ),
    );
}

export const text: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "b", "1", "-", "é", "顾", "👩", "\ud800", "\udc00"),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  ),
  minLength: 1,
  maxLength: 12,
});

/** An experiment that depends on no other. */
export function anyExperiment(key: string): fc.Arbitrary<Experiment> {
  return weights
    .chain((parts) =>
      fc.record(
        {
          unit: fc.constantFrom("customer", "session", "cart", "sku"),
          seed: text,
          coverage: share,
          ranges: rangesOf(parts.length),
          namespace: fc.record({ name: text, range: rangesOf(1).map(([range]) => range!) }),
          variants: fc.constant(
            parts.map((weight, i) => ({ key: ["control", "b", "holdout", "d"][i]!, weight })),
          ),
        },
        { requiredKeys: ["unit", "seed", "coverage", "variants"] },
      ),
    )
    .map((fields) => ({ key, bucketing: "hash2", ...fields }));
}
