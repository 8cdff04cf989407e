// By how much a variant's mean differs from the control's, relative to it, and how sure that is.

import jstat from "jstat";
import { boundaryOf } from "../../metrics/service.ts";
import { normalCdf, normalDensity } from "./normal.ts";

/** What is known of the values of an arm's units. */
export type Sample = { units: number; mean: number /** Of one value. */; variance: number };

export type Lift = {
  /** (variant - control) / |control|. */
  estimate: number;
  /** Its standard error. */
  error: number;
  /** Of both arms. */
  units: number;
};

export type Interval = { lower: number; upper: number };

export type SequentialQuestion = {
  /** The chance that the true lift is ever outside of the interval, however often one looks. */
  alpha: number;
  /** The number of units in both arms for which the interval is tightest. Known before the data. */
  tunedFor: number;
};

export function sampleOfCounts(events: number, units: number): Sample {
  const mean = units === 0 ? 0 : events / units;
  return { units, mean, variance: mean * (1 - mean) };
}

export function sampleOfSums({
  units,
  sum,
  squares,
}: {
  units: number;
  sum: number;
  squares: number;
}): Sample {
  if (units === 0) return { units, mean: 0, variance: 0 };
  const mean = sum / units;
  return { units, mean, variance: units < 2 ? 0 : Math.max(0, squares - sum * mean) / (units - 1) };
}

type RatioSums = {
  units: number;
  sum: number;
  squares: number;
  /** What the sum is divided by, as orders, and its products with it. */
  base: number;
  baseSquares: number;
  products: number;
};

/** A mean per order, where each unit has several or none: by the delta method, since orders of one unit depend on each other. */
export function sampleOfRatio({ units, sum, squares, base, baseSquares, products }: RatioSums): Sample {
  if (units < 2 || base === 0) return { units, mean: 0, variance: 0 };
  const ratio = sum / base;
  const spread = (of: number, a: number, b: number) => (of - (a * b) / units) / (units - 1);
  const around =
    spread(squares, sum, sum) -
    2 * ratio * spread(products, sum, base) +
    ratio ** 2 * spread(baseSquares, base, base);
  return { units, mean: ratio, variance: Math.max(0, around) / (base / units) ** 2 };
}

/**
 * By the delta method, as in gbstats.
 *
 * @returns undefined where there is nothing to compare with, or no spread to judge by
 */
export function liftOf(variant: Sample, control: Sample): Lift | undefined {
  if (variant.units === 0 || control.units === 0 || control.mean === 0) return undefined;
  if (variant.variance <= 0 || control.variance <= 0) return undefined;
  const variance =
    variant.variance / (control.mean ** 2 * variant.units) +
    (control.variance * variant.mean ** 2) / (control.mean ** 4 * control.units);
  return {
    estimate: (variant.mean - control.mean) / Math.abs(control.mean),
    error: Math.sqrt(variance),
    units: variant.units + control.units,
  };
}

/**
 * A confidence sequence: holds at every look at once. Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central
 * limit theory and asymptotic confidence sequences", Ann. Statist. 52 (2024), equation 9, with the rho of gbstats; its
 * p-value is equation 155 of the preprint.
 */
export function boundSequentially(
  { estimate, error, units }: Lift,
  { alpha, tunedFor }: SequentialQuestion,
): Interval & { p: number } {
  const width = error * boundaryOf(units, tunedFor, alpha);
  const log = -2 * Math.log(alpha);
  const time = (units * (log + Math.log1p(log))) / tunedFor;
  const logEvidence = (time * (estimate / error) ** 2) / (2 * (time + 1)) - Math.log1p(time) / 2;
  return { lower: estimate - width, upper: estimate + width, p: Math.min(1, Math.exp(-logEvidence)) };
}

export type Belief = Interval & {
  /** That the variant is better than the control. */
  chance: number;
  /** What is lost on average, relative to the control, if the variant is taken and is worse. */
  expectedLoss: number;
};

/** The posterior of a lift under a flat prior, of which nothing is claimed but that it is near normal. */
export function believeLift({ estimate, error }: Lift, alpha: number): Belief {
  const width = error * jstat.normal.inv(1 - alpha / 2, 0, 1);
  const z = estimate / error;
  return {
    chance: normalCdf(z),
    lower: estimate - width,
    upper: estimate + width,
    expectedLoss: Math.max(0, error * normalDensity(z) - estimate * normalCdf(-z)),
  };
}
