import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boundaryOf,
  boundMeanDifference,
  type Moments,
} from "../../server/modules/metrics/statistics/index.ts";
import { seeded } from "../support/seeded.ts";

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../vectors/statistics/confseq.json"), "utf8"),
);
const CAP = 10_000;
const ASKED = { min: 0, max: CAP, alpha: 0.05, tunedFor: 1_000 };

describe("the boundary", () => {
  it("is the normal mixture of the authors of the method", () => {
    const { v, tunedFor, alpha, bound } = vectors.normal;
    expect(Math.sqrt(v) * boundaryOf(v, tunedFor, alpha)).toBeCloseTo(bound, 4);
  });

  it("is never as near as that for one look, and nearest around where it is tuned for", () => {
    const times = Array.from({ length: 60 }, (_, i) => 10 * 1.2 ** i);
    const heights = times.map((time) => boundaryOf(time, 1_000, 0.05));
    expect(Math.min(...heights)).toBeGreaterThan(1.96);
    const nearest = times[heights.indexOf(Math.min(...heights))]!;
    expect(nearest).toBeGreaterThan(500);
    expect(nearest).toBeLessThan(2_000);
  });
});

describe("the bounds of a difference of means", () => {
  it("come from sums as from values, by hand", () => {
    // Means 30 and 20; squares around them 800 and 200; the value nobody saw is CAP.
    const canary = momentsOf([10, 50, 30]);
    const stable = momentsOf([10, 20, 20, 30]);
    const unseen = (mean: number) => (CAP - mean) ** 2;
    const variance = (800 + unseen(30)) / 3 / 3 + (200 + unseen(20)) / 4 / 4;
    const width = Math.sqrt(variance) * boundaryOf(12 / 7, 1_000, 0.05);
    const { estimate, lower, upper } = boundMeanDifference(canary, stable, ASKED)!;
    expect(estimate).toBe(10);
    expect(lower).toBeCloseTo(10 - width, 6);
    expect(upper).toBeCloseTo(10 + width, 6);
  });

  it("take off as much of the stable arm as they are asked to", () => {
    const [canary, stable] = [momentsOf([100, 120]), momentsOf([80, 100])];
    expect(boundMeanDifference(canary, stable, { ...ASKED, factor: 1.2 })!.estimate).toBeCloseTo(2, 10);
  });

  it("are none of fewer than two values in an arm", () => {
    expect(boundMeanDifference(momentsOf([1]), momentsOf([1, 2]), ASKED)).toBeUndefined();
    expect(boundMeanDifference(momentsOf([1, 2]), momentsOf([]), ASKED)).toBeUndefined();
  });

  it("do not close where nothing has happened yet: as wide as three in so many", () => {
    const nothing = (samples: number): Moments => ({ samples, sum: 0, squares: 0 });
    const { upper } = boundMeanDifference(nothing(1_000), nothing(100_000), ASKED)!;
    expect(upper).toBeGreaterThan((3 * CAP) / 1_000);
    expect(upper).toBeLessThan((4 * CAP) / 1_000);
  });

  const amounts = fc.array(fc.nat(CAP), { minLength: 2, maxLength: 40 });

  it("change sides with the arms, scale with the unit, and widen with certainty", () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        const [one, other] = [momentsOf(a), momentsOf(b)];
        const there = boundMeanDifference(one, other, ASKED)!;
        const back = boundMeanDifference(other, one, ASKED)!;
        expect(-back.upper).toBeCloseTo(there.lower, 6);
        const tenfold = boundMeanDifference(momentsOf(a.map(times10)), momentsOf(b.map(times10)), {
          ...ASKED,
          max: 10 * CAP,
        })!;
        expect(tenfold.upper / 10).toBeCloseTo(there.upper, 6);
        const certain = boundMeanDifference(one, other, { ...ASKED, alpha: 0.001 })!;
        expect(certain.lower).toBeLessThan(there.lower);
        expect(certain.upper).toBeGreaterThan(there.upper);
      }),
    );
  });
});

// Orders arrive at one of two arms by chance, and somebody looks after each of them, from a minimum in both on. Both arms draw
// from the same distribution: whoever is misled sees a difference that is not there.
describe("somebody who looks after every order", () => {
  const [STREAMS, ORDERS, MINIMUM, ALPHA] = [250, 16_000, 250, 0.1];

  it.each([
    // Most orders have no discount, few have a large one.
    ["skewed", 0.3, (random: () => number) => (random() < 0.6 ? 0 : Math.min(CAP, 300 * random() ** -0.7))],
    // One order in 500 is at the cap: the small arm may long have seen none, and would look as if it knew no such thing.
    ["rare and large", 0.02, (random: () => number) => (random() < 0.002 ? CAP : 0)],
    ["even, at a weight of 10 %", 0.1, (random: () => number) => CAP * random()],
  ])("is misled in no more than alpha of all streams by amounts that are %s", (_, weight, draw) => {
    const misled = watch(weight, draw);
    expect(misled.ours).toBeLessThanOrEqual(ALPHA);
  });

  it("is misled far more often by what is right for one look", () => {
    const { forOneLook } = watch(0.3, (random) => CAP * random());
    expect(forOneLook).toBeGreaterThan(2 * ALPHA);
  });

  /** The shares of streams in which zero was outside of the bounds at any time. */
  function watch(weight: number, draw: (random: () => number) => number) {
    const random = seeded(7);
    const misled = { ours: 0, forOneLook: 0 };
    for (let stream = 0; stream < STREAMS; stream++) {
      const arms = [momentsOf([]), momentsOf([])] as const;
      const crossed = { ours: false, forOneLook: false };
      for (let order = 0; order < ORDERS; order++) {
        const arm = arms[random() < weight ? 0 : 1];
        const amount = draw(random);
        arm.samples++;
        arm.sum += amount;
        arm.squares += amount ** 2;
        if (Math.min(arms[0].samples, arms[1].samples) < MINIMUM) continue;
        const asked = { min: 0, max: CAP, alpha: ALPHA, tunedFor: 2 * MINIMUM };
        const { lower, upper } = boundMeanDifference(...arms, asked)!;
        crossed.ours ||= lower > 0 || upper < 0;
        crossed.forOneLook ||= Math.abs(zScore(...arms)) > 1.645;
      }
      if (crossed.ours) misled.ours += 1 / STREAMS;
      if (crossed.forOneLook) misled.forOneLook += 1 / STREAMS;
    }
    return misled;
  }
});

function momentsOf(values: readonly number[]): Moments {
  const add = (sum: number, value: number) => sum + value;
  return {
    samples: values.length,
    sum: values.reduce(add, 0),
    squares: values.map((value) => value ** 2).reduce(add, 0),
  };
}

const times10 = (value: number) => 10 * value;

/** By the textbook, for one look. */
function zScore(one: Moments, other: Moments): number {
  const mean = ({ sum, samples }: Moments) => sum / samples;
  const error = (m: Moments) => (m.squares / m.samples - mean(m) ** 2) / m.samples;
  return (mean(one) - mean(other)) / Math.sqrt(error(one) + error(other));
}
