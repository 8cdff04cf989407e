import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Assigner, createAssigner, createMemoryStickyStore } from "@haggle/sdk/experiments";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  believeConversions,
  believeLift,
  boundSequentially,
  checkSampleRatio,
  chiSquaredTail,
  erfc,
  liftOf,
  sampleOfCounts,
  sampleOfRatio,
  sampleOfSums,
} from "../../server/modules/experiments/statistics/index.ts";
import { experimentOf } from "../support/experiments.ts";

type Arm = { units: number; sum: number; squares: number } | { units: number; events: number };
type LiftCase = {
  about: string;
  control: Arm;
  variant: Arm;
  lift: { estimate: number; error: number };
  sequential?: { tunedFor: number; lower: number; upper: number; p: number };
  belief?: { chance: number; lower: number; upper: number; expectedLoss: number };
};
type RatioCase = { units: number[]; weights: number[]; p: number; deviation?: number };

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/gbstats", name), "utf8"));
const gbstats: { lifts: LiftCase[]; sampleRatios: RatioCase[] } = read("gbstats.json");
const scipy = read("scipy.json");

const ALPHA = 0.05;
const sampleOf = (arm: Arm) => ("events" in arm ? sampleOfCounts(arm.events, arm.units) : sampleOfSums(arm));

describe("figures of gbstats", () => {
  it.for(gbstats.lifts)("$about", ({ control, variant, lift: expected, sequential, belief }) => {
    const lift = liftOf(sampleOf(variant), sampleOf(control))!;
    expectFigures(lift, expected, digitsOf(expected.estimate));
    if (sequential) expectFigures(boundSequentially(lift, { alpha: ALPHA, ...sequential }), sequential, 5);
    if (belief) expectFigures(believeLift(lift, ALPHA), belief, 5);
  });

  it.for(gbstats.sampleRatios)("a sample ratio of $units", ({ units, weights, p }) => {
    expect(checkSampleRatio(units, weights).p).toBeCloseTo(p, 9);
  });

  it("an interval is tightest near the number of units that it is tuned for", () => {
    const { control, variant } = gbstats.lifts[2]!;
    const lift = liftOf(sampleOf(variant), sampleOf(control))!;
    const width = (tunedFor: number) => {
      const { lower, upper } = boundSequentially(lift, { alpha: ALPHA, tunedFor });
      return upper - lower;
    };
    expect(width(6_461)).toBeLessThan(width(10_000));
    expect(width(10_000)).toBeLessThan(width(10));
  });
});

describe("figures of scipy and numpy", () => {
  it("the complementary error function, far into its tail", () => {
    for (const { x, value } of scipy.erfc) expectRelative(erfc(x), value, 1e-13);
  });

  it("the tail of chi-squared, where 1 - cdf would be 0", () => {
    for (const { x, degrees, value } of scipy.chiSquaredTail)
      expectRelative(chiSquaredTail(x, degrees), value, 1e-12);
  });

  it("Pearson's test of sample ratios", () => {
    for (const { units, weights, p, deviation } of scipy.chisquare) {
      const found = checkSampleRatio(units, weights);
      expectRelative(found.p, p, 1e-11);
      expect(found.deviation).toBeCloseTo(deviation, 12);
    }
  });

  it("what is believed of two rates", () => {
    for (const { control, variant, ...expected } of scipy.betaBinomial) {
      const found = believeConversions(variant, control, ALPHA);
      expect(found.chance).toBeCloseTo(expected.chance, 7);
      expectRelative(found.lower, expected.lower, 1e-5);
      expectRelative(found.upper, expected.upper, 1e-5);
      expect(found.expectedLoss).toBeCloseTo(expected.expectedLoss, 7);
    }
  });

  it("means, variances and ratios", () => {
    for (const { values, ...expected } of scipy.moments) {
      const found = sampleOfSums({
        units: values.length,
        sum: sumOf(values),
        squares: productsOf(values, values),
      });
      expect(found).toEqual({ units: values.length, ...expected });
    }
    const { orders, discounts, mean, variance } = scipy.ratio;
    const found = sampleOfRatio({
      units: orders.length,
      sum: sumOf(discounts),
      squares: productsOf(discounts, discounts),
      base: sumOf(orders),
      baseSquares: productsOf(orders, orders),
      products: productsOf(orders, discounts),
    });
    expectRelative(found.mean, mean, 1e-12);
    expectRelative(found.variance, variance, 1e-10);
  });
});

describe("a sample ratio", () => {
  it("alarms only where it is certain and matters", () => {
    expect(checkSampleRatio([1_000, 1_200], [0.5, 0.5]).verdict).toBe("alarm");
    // p = 0.00006, but less than a tenth of a percent.
    expect(checkSampleRatio([8_008_000, 7_992_000], [0.5, 0.5]).p).toBeLessThan(0.001);
    expect(checkSampleRatio([8_008_000, 7_992_000], [0.5, 0.5]).verdict).toBe("ok");
    expect(checkSampleRatio([480, 571], [0.5, 0.5]).verdict).toBe("warning");
    expect(checkSampleRatio([500, 520], [0.5, 0.5]).verdict).toBe("ok");
  });

  it("is the same whatever the weights add up to, and whoever comes first", () => {
    const arms = fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: 1, max: 100 })), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(arms, (list) => {
        const [units, weights] = [list.map(([count]) => count), list.map(([, weight]) => weight)];
        const found = checkSampleRatio(units, weights);
        expect(found.p).toBeGreaterThanOrEqual(0);
        expect(found.p).toBeLessThanOrEqual(1);
        const other = checkSampleRatio(
          units.toReversed(),
          weights.toReversed().map((weight) => weight / 7),
        );
        expectRelative(other.p, found.p, 1e-8);
      }),
    );
  });
});

describe("a sticky experiment whose weights are changed", () => {
  const BEFORE = [0.5, 0.5];
  const AFTER = [0.2, 0.8];
  const RUNS = 2_000;
  const KEY = "reweighed";

  /** Units of both variants that were seen after the change: all of them, and those that were drawn after it. */
  function simulate(run: number, isLost: (variant: string) => boolean = () => false) {
    const sticky = createMemoryStickyStore();
    const assignerOf = (weights: readonly number[]) => {
      const variants = weights.map((weight, i) => ({ key: ["control", "b"][i]!, weight }));
      const experiment = experimentOf({ key: KEY, seed: `${KEY}:${run}`, sticky: true, variants });
      return createAssigner([experiment], { sticky });
    };
    const visit = (assigner: Assigner, unit: number) =>
      assigner.assign(KEY, { units: { customer: `${run}-${unit}` } }).variant!;
    const before = assignerOf(BEFORE);
    for (let unit = 0; unit < 300; unit++) visit(before, unit);
    const after = assignerOf(AFTER);
    const [all, fresh] = [
      [0, 0],
      [0, 0],
    ];
    for (let unit = 0; unit < 700; unit++) {
      const variant = visit(after, unit);
      if (isLost(variant)) continue;
      const arm = variant === "control" ? 0 : 1;
      all[arm]! += 1;
      if (unit >= 300) fresh[arm]! += 1;
    }
    return { all, fresh };
  }

  it("raises no more false alarms than chance does, and would raise one each time by carried units", () => {
    let [alarms, carriedAlarms] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const { all, fresh } = simulate(run);
      if (checkSampleRatio(fresh, AFTER).verdict === "alarm") alarms += 1;
      if (checkSampleRatio(all, AFTER).verdict === "alarm") carriedAlarms += 1;
    }
    // One of a thousand is what an alarm promises; more than eight of 2,000 come by chance once in 4,000 times.
    expect(alarms).toBeLessThanOrEqual(8);
    expect(carriedAlarms).toBe(RUNS);
  });

  it("alarms where one variant loses units", () => {
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      let seen = 0;
      const { fresh } = simulate(run, (variant) => variant === "b" && ++seen % 2 === 0);
      if (checkSampleRatio(fresh, AFTER).verdict === "alarm") alarms += 1;
    }
    expect(alarms).toBeGreaterThan(190);
  });
});

describe("a lift", () => {
  it("is none without units, without spread, and over a control of nothing", () => {
    const good = sampleOfCounts(5, 10);
    expect(liftOf(good, sampleOfCounts(0, 10))).toBeUndefined();
    expect(liftOf(good, sampleOfCounts(0, 0))).toBeUndefined();
    expect(liftOf(sampleOfCounts(10, 10), good)).toBeUndefined();
    expect(liftOf(sampleOfSums({ units: 1, sum: 5, squares: 25 }), good)).toBeUndefined();
  });

  it("over a loss goes up when the loss gets smaller", () => {
    const loss = { units: 10, mean: -10, variance: 4 };
    expect(liftOf({ ...loss, mean: -5 }, loss)!.estimate).toBe(0.5);
  });

  it("of a rate against itself is as likely a gain as a loss", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 }), (conversions, more) => {
        const arm = { conversions, units: conversions + more };
        expect(believeConversions(arm, arm, ALPHA).chance).toBeCloseTo(0.5, 8);
      }),
      { numRuns: 30 },
    );
  });
});

function expectFigures<T extends object>(found: T, expected: object, digits: number): void {
  for (const [name, value] of Object.entries(expected)) {
    if (name in found) expect(found[name as keyof T], name).toBeCloseTo(value, digits);
  }
}

function expectRelative(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

/** Rounded to five digits by gbstats, or not at all. */
function digitsOf(value: number): number {
  return String(value).length > 10 ? 12 : 5;
}

function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function productsOf(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
