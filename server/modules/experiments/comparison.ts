import type { Analysis } from "./analysis.ts";
import {
  type Belief,
  believeLift,
  boundSequentially,
  type Interval,
  liftOf,
  type Sample,
} from "./statistics/index.ts";

/** By how much a variant differs from the control, relative to it. */
export type Comparison = {
  lift: number;
  /** Holds at every look; `p` too. */
  sequential: Interval & { p: number };
  bayesian: Belief;
};

/** null where there is nothing to compare with, or no spread to judge by. */
export function compareSamples(variant: Sample, control: Sample, analysis: Analysis): Comparison | null {
  const lift = liftOf(variant, control);
  if (lift === undefined) return null;
  return {
    lift: lift.estimate,
    sequential: boundSequentially(lift, analysis),
    bayesian: believeLift(lift, analysis.alpha),
  };
}
