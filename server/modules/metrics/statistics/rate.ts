// How large the rate of an event can still be, when somebody looks again and again. A gate that looks every ten seconds and
// acts on the first bound that suits it would be wrong far more often than alpha with bounds that are made for one
// look. These hold for all looks at once.

import { logBeta } from "./log-beta.ts";

/** Of independent trials, `events` had the event. */
export type Counts = { events: number; samples: number };

export type Bounds = { lower: number; upper: number };

type Question = {
  /** The rate that matters, between 0 and 1: bounds are tightest when the true rate is near it. Known before the data. */
  around: number;
  /** The chance that the true rate is ever outside of the bounds, over all looks together. */
  alpha: number;
};

/** How much the bounds insist on `around`: a quarter of an event. Chosen by the table in the docs of the gates. */
const PRIOR_EVENTS = 0.25;
/** How near the roots are found, relative to them. The bound that is told is the outer end. */
const TOLERANCE = 1e-12;

/**
 * A confidence sequence for a rate: with probability 1 - alpha the true rate is within the bounds at every number of
 * samples, from the first to the last, however often one looks and whenever one stops.
 *
 * Under a rate p the ratio of the likelihood of what was seen, mixed over q with a Beta(a, b) density, to that under p,
 *
 *   M(p) = B(a + k, b + n - k) / B(a, b) / (p^k (1 - p)^(n - k)),
 *
 * is a non-negative martingale that starts at 1. By Ville's inequality it ever reaches 1 / alpha with probability alpha at
 * most, so the rates p with M(p) < 1 / alpha are the bounds. Robbins, "Statistical methods related to the law of
 * the iterated logarithm", Ann. Math. Statist. 41 (1970); Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric,
 * nonasymptotic confidence sequences", Ann. Statist. 49 (2021). Here a = 1/4, b = a / around. M is found exactly, its
 * roots by bisection.
 *
 * @example
 * boundRate({ events: 0, samples: 3_684 }, { around: 0.001, alpha: 0.05 }).upper; // just below 0.001
 */
export function boundRate({ events, samples }: Counts, question: Question): Bounds {
  checkCounts({ events, samples });
  const { around, alpha } = question;
  const prior = { a: PRIOR_EVENTS, b: PRIOR_EVENTS / around };
  const isExcluded = (rate: number) => logEvidence(rate, { events, samples }, prior) >= -Math.log(alpha);
  const estimate = samples === 0 ? 0.5 : events / samples;
  return {
    lower: events === 0 ? 0 : bisect(0, estimate, isExcluded),
    upper: events === samples ? 1 : bisect(1, estimate, isExcluded),
  };
}

/**
 * A confidence sequence for how much higher the rate of `one` is than that of `other`: each has its own at alpha / 2, and
 * where both hold, so does the difference of their ends. Wider than need be, and right for rates near 0 and 1 too, with any
 * numbers of samples.
 */
export function boundRateDifference(one: Counts, other: Counts, { around, alpha }: Question): Bounds {
  const a = boundRate(one, { around, alpha: alpha / 2 });
  const b = boundRate(other, { around, alpha: alpha / 2 });
  return { lower: a.lower - b.upper, upper: a.upper - b.lower };
}

/**
 * ln M(rate): what the counts say against this rate, in natural logarithms of the odds at which somebody who bets against
 * it with this prior would stand. `events` need not be a whole number.
 */
export function logEvidence(
  rate: number,
  { events, samples }: Counts,
  { a, b }: { a: number; b: number },
): number {
  const misses = samples - events;
  const mixed = logBeta(a + events, b + misses) - logBeta(a, b);
  return mixed - times(events, Math.log(rate)) - times(misses, Math.log1p(-rate));
}

/** What never happened says nothing, however impossible it was. */
function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log;
}

/** Where evidence falls below the threshold on the way from `outside`, which is excluded, to `inside`; the outer end. */
function bisect(outside: number, inside: number, isExcluded: (rate: number) => boolean): number {
  let [out, within] = [outside, inside];
  for (;;) {
    const middle = (out + within) / 2;
    if (Math.abs(out - within) <= TOLERANCE * Math.max(out, within)) return out;
    if (middle === out || middle === within) return out;
    if (isExcluded(middle)) out = middle;
    else within = middle;
  }
}

/** A wrong count is a bug of whoever counted. */
function checkCounts({ events, samples }: Counts): void {
  const isRight = Number.isSafeInteger(events) && Number.isSafeInteger(samples) && events >= 0;
  if (!isRight || events > samples) throw new RangeError(`${events} of ${samples} are no counts`);
}
