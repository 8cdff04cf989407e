import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boundRate,
  boundRateDifference,
  logBeta,
  logEvidence,
} from "../../server/modules/metrics/statistics/index.ts";
import { seeded } from "../support/seeded.ts";

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../vectors/statistics/confseq.json"), "utf8"),
);
const ERRORS = { around: 0.001, alpha: 0.05 };
const SLOW = { around: 0.01, alpha: 0.05 };

describe("the evidence against a rate", () => {
  it("is what the authors of the method compute", () => {
    const { g, h, v, rho, logEvidence: known, bound } = vectors.betaBinomial;
    const prior = { a: (rho - g * h) / h, b: (rho - g * h) / g };
    const samples = v / (g * h);
    const against = (s: number) => logEvidence(g, { events: samples * g + s, samples }, prior);
    expect(against(known.s)).toBeCloseTo(known.value, 5);
    expect(against(bound.s)).toBeCloseTo(-Math.log(bound.alpha), 5);
  });

  // (a)_k (b)_(n-k) / (a+b)_n / (p^k (1-p)^(n-k)) with a = 1/4, b = 250, p = 1/1000, in whole numbers.
  it.each([
    [0, 1],
    [3, 3],
    [1, 40],
    [0, 3_684],
    [9, 4_000],
    [20, 900],
  ])("is that of exact fractions for %i of %i", (events, samples) => {
    const { numerator, denominator } = exactEvidence(events, samples);
    const exact = logOf(numerator) - logOf(denominator);
    expect(logEvidence(0.001, { events, samples }, { a: 0.25, b: 250 })).toBeCloseTo(exact, 9);
  });

  it("is the mixture that its formula is an integral of", () => {
    // Over ln(q / (1 - q)), where the integrand has no ends, by trapezoids.
    const [events, samples, rate, prior] = [4, 300, 0.01, { a: 0.25, b: 25 }] as const;
    let [ratio, mass] = [0, 0];
    for (let x = -120; x < 30; x += 0.005) {
      const q = 1 / (1 + Math.exp(-x));
      const density = q ** prior.a * (1 - q) ** prior.b;
      mass += density;
      ratio += density * (q / rate) ** events * ((1 - q) / (1 - rate)) ** (samples - events);
    }
    expect(logEvidence(rate, { events, samples }, prior)).toBeCloseTo(Math.log(ratio / mass), 8);
  });
});

describe("the bounds of a rate", () => {
  it("need 3,684 requests without an error for 0.1 %, and 367 without a slow one for 1 %", () => {
    expect(boundRate({ events: 0, samples: 3_683 }, ERRORS).upper).toBeGreaterThan(0.001);
    expect(boundRate({ events: 0, samples: 3_684 }, ERRORS).upper).toBeLessThanOrEqual(0.001);
    expect(boundRate({ events: 0, samples: 366 }, SLOW).upper).toBeGreaterThan(0.01);
    expect(boundRate({ events: 0, samples: 367 }, SLOW).upper).toBeLessThanOrEqual(0.01);
    // The same by fractions: evidence of 20 to 1 is reached by the last one.
    const reaches = (samples: number) => {
      const { numerator, denominator } = exactEvidence(0, samples);
      return numerator >= 20n * denominator;
    };
    expect([reaches(3_683), reaches(3_684)]).toEqual([false, true]);
  });

  it("know nothing without samples, and never say more than there can be", () => {
    expect(boundRate({ events: 0, samples: 0 }, ERRORS)).toEqual({ lower: 0, upper: 1 });
    const all = boundRate({ events: 50, samples: 50 }, ERRORS);
    expect(all.upper).toBe(1);
    // Far from what they are made for they are true, and no more.
    expect(all.lower).toBeGreaterThan(50 * ERRORS.around);
    expect(boundRate({ events: 0, samples: 50 }, ERRORS).lower).toBe(0);
  });

  it("close around the rate of a trillion", () => {
    const { lower, upper } = boundRate({ events: 1e9, samples: 1e12 }, ERRORS);
    expect(upper - lower).toBeLessThan(1e-6);
    expect([lower < 0.001, upper > 0.001]).toEqual([true, true]);
    expect(boundRate({ events: 0, samples: 2 ** 53 - 1 }, ERRORS).upper).toBeLessThan(1e-13);
  });

  it.each([
    [-1, 5],
    [6, 5],
    [0.5, 5],
    [0, Number.NaN],
    [0, 2 ** 53],
  ])("are none of %d of %d", (events, samples) => {
    expect(() => boundRate({ events, samples }, ERRORS)).toThrow(RangeError);
  });

  const counts = fc
    .tuple(fc.nat(1_000_000), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([samples, share]) => ({ samples, events: Math.floor(samples * share ** 4) }));
  const question = fc.record({
    around: fc.constantFrom(0.000_1, 0.001, 0.01, 0.1, 0.5),
    alpha: fc.constantFrom(0.000_1, 0.01, 0.05, 0.2),
  });

  it("are around the estimate, and where the evidence says so", () => {
    fc.assert(
      fc.property(counts, question, (seen, asked) => {
        const { lower, upper } = boundRate(seen, asked);
        const prior = { a: 0.25, b: 0.25 / asked.around };
        const threshold = -Math.log(asked.alpha);
        const estimate = seen.samples === 0 ? 0.5 : seen.events / seen.samples;
        expect(lower).toBeLessThanOrEqual(estimate);
        expect(upper).toBeGreaterThanOrEqual(estimate);
        for (const [bound, inside] of [
          [lower, lower + (estimate - lower) * 1e-3],
          [upper, upper - (upper - estimate) * 1e-3],
        ] as const) {
          if (bound > 0 && bound < 1)
            expect(logEvidence(bound, seen, prior)).toBeGreaterThan(threshold - 1e-6);
          if (inside > 0 && inside < 1)
            expect(logEvidence(inside, seen, prior)).toBeLessThan(threshold + 1e-6);
        }
      }),
    );
  });

  it("rise with every event, fall with every miss, and widen with certainty", () => {
    fc.assert(
      fc.property(counts, question, (seen, asked) => {
        const { lower, upper } = boundRate(seen, asked);
        const event = boundRate({ events: seen.events + 1, samples: seen.samples + 1 }, asked);
        const miss = boundRate({ events: seen.events, samples: seen.samples + 1 }, asked);
        const certain = boundRate(seen, { ...asked, alpha: asked.alpha / 10 });
        const more = 1 + 1e-9;
        expect(event.lower * more).toBeGreaterThanOrEqual(lower);
        expect(event.upper * more).toBeGreaterThanOrEqual(upper);
        expect(miss.lower).toBeLessThanOrEqual(lower * more);
        expect(miss.upper).toBeLessThanOrEqual(upper * more);
        expect(certain.lower).toBeLessThanOrEqual(lower * more);
        expect(certain.upper * more).toBeGreaterThanOrEqual(upper);
      }),
    );
  });

  it("of a difference are as wide as both together, and change sides with the arms", () => {
    const asked = { around: 0.1, alpha: 0.1 };
    const [one, other] = [
      { events: 30, samples: 200 },
      { events: 90, samples: 1_000 },
    ];
    const [a, b] = [one, other].map((seen) => boundRate(seen, { around: 0.1, alpha: 0.05 }));
    const { lower, upper } = boundRateDifference(one, other, asked);
    expect([lower, upper]).toEqual([a!.lower - b!.upper, a!.upper - b!.lower]);
    const back = boundRateDifference(other, one, asked);
    expect([-back.upper, -back.lower]).toEqual([lower, upper]);
  });
});

// A stream of requests, and somebody who looks after each of them. Bounds for one look are wrong sooner or later;
// these are not.
describe("somebody who looks after every request", () => {
  const [RATE, STREAMS, LENGTH, ALPHA] = [0.02, 2_000, 1_500, 0.1];

  it("is misled by our bounds in no more than alpha of all streams, and by Clopper and Pearson's far more often", () => {
    const ours = memoise((events, samples) => {
      const { lower, upper } = boundRate({ events, samples }, { around: RATE, alpha: ALPHA });
      return lower > RATE || upper < RATE;
    });
    const forOneLook = clopperPearson();
    const random = seeded(1);
    const misled = { ours: 0, forOneLook: 0 };
    for (let stream = 0; stream < STREAMS; stream++) {
      const crossed = { ours: false, forOneLook: false };
      for (let samples = 1, events = 0; samples <= LENGTH; samples++) {
        if (random() < RATE) events++;
        crossed.ours ||= ours(events, samples);
        crossed.forOneLook ||= forOneLook(events, samples);
      }
      if (crossed.ours) misled.ours++;
      if (crossed.forOneLook) misled.forOneLook++;
    }
    expect(misled.ours / STREAMS).toBeLessThanOrEqual(ALPHA);
    // Nor are they so wide that they could never be wrong.
    expect(misled.ours / STREAMS).toBeGreaterThan(ALPHA / 10);
    expect(misled.forOneLook / STREAMS).toBeGreaterThan(2 * ALPHA);
  });

  /** Whether RATE is outside of the exact interval for one look: binomial tails, by the recurrence of the distribution. */
  function clopperPearson(): (events: number, samples: number) => boolean {
    const wrong: boolean[][] = [];
    let mass = [1];
    for (let samples = 1; samples <= LENGTH; samples++) {
      const next = new Array<number>(Math.min(samples, 200) + 1).fill(0);
      for (const k of next.keys()) next[k] = (mass[k] ?? 0) * (1 - RATE) + (mass[k - 1] ?? 0) * RATE;
      mass = next;
      let below = 0;
      wrong[samples] = mass.map((each) => {
        const atLeast = 1 - below;
        below += each;
        return below < ALPHA / 2 || atLeast < ALPHA / 2;
      });
    }
    return (events, samples) => wrong[samples]![events]!;
  }
});

describe("the logarithm of the beta function", () => {
  it("is that of factorials, and symmetric", () => {
    // B(a, b) = (a-1)! (b-1)! / (a+b-1)!
    const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));
    for (const [a, b] of [
      [1, 1],
      [3, 9],
      [15, 17],
      [2, 400],
      [300, 301],
    ] as const) {
      const exact = logOf(factorial(a - 1) * factorial(b - 1)) - logOf(factorial(a + b - 1));
      expect(logBeta(a, b)).toBeCloseTo(exact, 10);
      expect(logBeta(b, a)).toBe(logBeta(a, b));
    }
    expect(logBeta(0.5, 0.5)).toBeCloseTo(Math.log(Math.PI), 13);
  });

  it("keeps B(a+1, b) = B(a, b) a / (a+b) for a huge b", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e4, noNaN: true }),
        fc.integer({ min: 1, max: 1e12 }),
        (a, b) => {
          const step = logBeta(a + 1, b) - logBeta(a, b);
          expect(step).toBeCloseTo(Math.log(a / (a + b)), 7);
        },
      ),
    );
  });
});

function exactEvidence(events: number, samples: number) {
  let [numerator, denominator] = [1n, 1n];
  for (let i = 0; i < samples; i++) {
    // (a + i) / p, or (b + j) / (1 - p), over (a + b + i), each times 4.
    const factor = i < events ? BigInt(1 + 4 * i) * 1_000n : BigInt(4 * (250 + i - events)) * 1_000n;
    numerator *= factor;
    denominator *= BigInt(1_001 + 4 * i) * (i < events ? 1n : 999n);
  }
  return { numerator, denominator };
}

function logOf(value: bigint): number {
  const digits = value.toString();
  return Math.log(Number(`0.${digits.slice(0, 25)}`)) + digits.length * Math.LN10;
}

function memoise(compute: (events: number, samples: number) => boolean) {
  const known = new Map<number, boolean>();
  return (events: number, samples: number): boolean => {
    const key = samples * 10_000 + events;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const value = compute(events, samples);
    known.set(key, value);
    return value;
  };
}
