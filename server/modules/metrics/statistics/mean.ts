// How much two means can still differ, when somebody looks again and again, from sums and sums of squares alone.

import type { Bounds } from "./rate.ts";

/** Of values between `min` and `max`: winsorised, so that no single order decides. */
export type Moments = { samples: number; sum: number; squares: number };

type Question = {
  /** The bounds of a value. */
  min: number;
  max: number;
  /** How often `stable`'s mean is taken off. Default 1. */
  factor?: number;
  /** The chance that the true difference is ever outside of the bounds, from `tunedFor` on. */
  alpha: number;
  /** The number of samples in the smaller arm for which the bounds are tightest. Known before the data. */
  tunedFor: number;
};

/**
 * An asymptotic confidence sequence for mean(canary) - factor * mean(stable), where each arrival went to one of the arms by
 * chance:
 *
 *   estimate +- s sqrt( (m r + 1) / (m r) * 2 ln( sqrt(m r + 1) / alpha ) ),
 *
 * s^2 = var(canary) / n(canary) + factor^2 var(stable) / n(stable), m = n(canary) n(stable) / (n(canary) + n(stable)),
 * r = (-2 ln alpha + ln(1 - 2 ln alpha)) / tunedFor. This is Theorem 2.2 of Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences", Ann. Statist. 52 (2024), for the difference of
 * means under randomised assignment; Robbins' normal mixture with m as its clock, which differs from the number of
 * arrivals by a factor that is constant while the weights are.
 *
 * Asymptotic: it wants a minimum of orders in each arm. One thing a large number alone does not mend: amounts so
 * rare that none was seen yet show no spread. So each variance counts one value at the far end of the range that nobody
 * has seen (for a rate that is the rule of three).
 *
 * @returns undefined while an arm has fewer than two values
 */
export function boundMeanDifference(
  canary: Moments,
  stable: Moments,
  { min, max, factor = 1, alpha, tunedFor }: Question,
): (Bounds & { estimate: number }) | undefined {
  if (canary.samples < 2 || stable.samples < 2) return undefined;
  const one = spreadOf(canary, min, max);
  const other = spreadOf(stable, min, max);
  const estimate = one.mean - factor * other.mean;
  const error = Math.sqrt(one.variance / canary.samples + (factor ** 2 * other.variance) / stable.samples);
  const clock = 1 / (1 / canary.samples + 1 / stable.samples);
  const width = error * boundaryOf(clock, tunedFor, alpha);
  return { estimate, lower: estimate - width, upper: estimate + width };
}

/** By how many standard errors the bounds stand apart from the estimate; for one look it would be 1.96. */
export function boundaryOf(clock: number, tunedFor: number, alpha: number): number {
  const log = -2 * Math.log(alpha);
  const rate = (log + Math.log1p(log)) / tunedFor;
  const time = clock * rate;
  return Math.sqrt(((time + 1) / time) * (Math.log1p(time) + log));
}

function spreadOf({ samples, sum, squares }: Moments, min: number, max: number) {
  const mean = sum / samples;
  const unseen = Math.max(max - mean, mean - min) ** 2;
  // Rounding may leave a little less than nothing.
  const around = Math.max(0, squares - sum * mean);
  return { mean, variance: (around + unseen) / samples };
}
