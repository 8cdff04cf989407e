// What is to be believed of two rates after so many conversions of so many units: Beta(1, 1) before, the exact posterior
// after, and no approximation by a normal distribution, which rare conversions do not suit.

import jstat from "jstat";
import { logBeta } from "../../metrics/service.ts";
import type { Belief } from "./lift.ts";

export type Conversions = { conversions: number; units: number };

type Beta = { a: number; b: number };

/** The finite sum has as many terms as there are conversions; from here on the integral is as exact, and quicker. */
const MAX_TERMS = 20_000;
/** How far into the tails is integrated, in chance. */
const TAIL = 1e-10;
/** Gauss and Legendre's points in each of the panels. */
const NODES = [
  [0.1488743389816312, 0.2955242247147529],
  [0.4333953941292472, 0.2692667193099963],
  [0.6794095682990244, 0.219086362515982],
  [0.8650633666889845, 0.1494513491505806],
  [0.9739065285171717, 0.0666713443086881],
] as const;
const PANELS = 24;
const BISECTIONS = 32;
const MAX_RATIO = 1e6;

/** Of the relative lift of `variant` over `control`. */
export function believeConversions(variant: Conversions, control: Conversions, alpha: number): Belief {
  const one = posteriorOf(variant);
  const other = posteriorOf(control);
  const ratio = (chance: number) => findRatio(one, other, chance);
  return {
    chance: chanceOver(one, other),
    lower: ratio(alpha / 2) - 1,
    upper: ratio(1 - alpha / 2) - 1,
    expectedLoss: lossOf(one, other),
  };
}

function posteriorOf({ conversions, units }: Conversions): Beta {
  return { a: conversions + 1, b: units - conversions + 1 };
}

/**
 * P(one > other), as a finite sum: E. Miller, "Formulas for Bayesian A/B testing" (2014), equation 6; with more
 * conversions than are worth adding up, by integration.
 */
function chanceOver(one: Beta, other: Beta): number {
  if (one.a > MAX_TERMS) return 1 - ratioCdf(1, one, other);
  let sum = 0;
  for (let i = 0; i < one.a; i++) {
    const logs = logBeta(other.a + i, other.b + one.b) - logBeta(1 + i, one.b) - logBeta(other.a, other.b);
    sum += Math.exp(logs) / (one.b + i);
  }
  return Math.min(1, sum);
}

/** E[max(0, other - one)] / E[other]: x times a Beta(a, b) density is a Beta(a + 1, b) density, up to its mean. */
function lossOf(one: Beta, other: Beta): number {
  const mean = ({ a, b }: Beta) => a / (a + b);
  const kept = mean(other) * (1 - chanceOver(one, { ...other, a: other.a + 1 }));
  const got = mean(one) * (1 - chanceOver({ ...one, a: one.a + 1 }, other));
  return Math.max(0, kept - got) / mean(other);
}

/** The ratio one / other that is not passed with this chance. */
function findRatio(one: Beta, other: Beta, chance: number): number {
  let [low, high] = [0, 1];
  while (high < MAX_RATIO && ratioCdf(high, one, other) < chance) high *= 2;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (ratioCdf(middle, one, other) < chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(one <= ratio * other): the integral of the one's distribution over the other's density. */
function ratioCdf(ratio: number, one: Beta, other: Beta): number {
  const from = jstat.beta.inv(TAIL, other.a, other.b);
  const to = jstat.beta.inv(1 - TAIL, other.a, other.b);
  const width = (to - from) / PANELS;
  const scale = logBeta(other.a, other.b);
  const density = (x: number) =>
    Math.exp((other.a - 1) * Math.log(x) + (other.b - 1) * Math.log1p(-x) - scale);
  const at = (x: number) => jstat.ibeta(Math.min(1, ratio * x), one.a, one.b) * density(x);
  let sum = 0;
  for (let panel = 0; panel < PANELS; panel++) {
    const middle = from + (panel + 0.5) * width;
    for (const [node, weight] of NODES) {
      const step = (node * width) / 2;
      sum += weight * (at(middle - step) + at(middle + step));
    }
  }
  return Math.min(1, (sum * width) / 2);
}
