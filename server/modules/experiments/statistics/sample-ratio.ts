// Whether as many units came into each variant as its weight says. Where they did not, something loses or doubles units, and
// no other figure of the experiment can be believed.

import { erfc } from "./normal.ts";

export type SampleRatio = {
  /** How likely a deviation like this is when all is well; 1 where there is nothing to compare. */
  p: number;
  /** The largest difference between a variant's share of units and its weight, from 0 to 1. */
  deviation: number;
  verdict: "ok" | "warning" | "alarm";
};

/** With millions of units a tenth of a percent is certain, and matters to nobody. */
const MIN_DEVIATION = 0.001;
const ALARM = 0.001;
const WARNING = 0.01;

/**
 * Pearson's chi-squared test. `weights` need not add up to 1. Variants without weight take no part, in the degrees of
 * freedom neither.
 */
export function checkSampleRatio(units: readonly number[], weights: readonly number[]): SampleRatio {
  const arms = units.map((count, i) => ({ count, weight: weights[i]! })).filter(({ weight }) => weight > 0);
  const total = arms.reduce((sum, { count }) => sum + count, 0);
  const whole = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (arms.length < 2 || total === 0) return { p: 1, deviation: 0, verdict: "ok" };
  let statistic = 0;
  let deviation = 0;
  for (const { count, weight } of arms) {
    const expected = (total * weight) / whole;
    statistic += (count - expected) ** 2 / expected;
    deviation = Math.max(deviation, Math.abs(count - expected) / total);
  }
  const p = chiSquaredTail(statistic, arms.length - 1);
  return { p, deviation, verdict: verdictOf(p, deviation) };
}

/**
 * P(X > x) for whole degrees of freedom, by closed forms that keep their digits where 1 - cdf has none left (Abramowitz and
 * Stegun 26.4.4, 26.4.5).
 */
export function chiSquaredTail(x: number, degrees: number): number {
  const half = x / 2;
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? Math.exp(-half) * Math.sqrt(half / Math.PI) * 2 : Math.exp(-half);
  let sum = isOdd ? erfc(Math.sqrt(half)) : 0;
  for (let power = isOdd ? 1.5 : 1; power <= degrees / 2; power++) {
    sum += term;
    term *= half / power;
  }
  return Math.min(1, sum);
}

function verdictOf(p: number, deviation: number): SampleRatio["verdict"] {
  if (deviation < MIN_DEVIATION || p >= WARNING) return "ok";
  return p < ALARM ? "alarm" : "warning";
}
