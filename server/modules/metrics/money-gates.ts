// The gates that hold the new release's money against the old one's.

import { findMinorDigits } from "@haggle/abi";
import { AMOUNT_BUCKETS, AMOUNT_EDGES_MINOR, type AmountSums, countAbove, winsorise } from "./buckets.ts";
import type { DiscountGate, ShareGate } from "./gates.ts";
import type { Sums } from "./observation.ts";
import { boundMeanDifference, boundRateDifference, type Moments } from "./statistics/index.ts";
import { type Alphas, conclude, type GateResult, percent } from "./verdict.ts";

export type Arms = { canary: readonly Sums[]; stable: readonly Sums[] };

/** Of a share that may be anything; known before the data. */
const FLOORS_AROUND = 0.1;
/** A gate looks for the first time at its minimum and should decide soon after: bounds are tightest at twice of it. */
const TUNED_FOR_MINIMA = 2;
/** Where a rollout says nothing, 500 and 1 in a currency of two minor digits. */
const CAP_MINOR = 50_000;
const LIMIT_MINOR = 100;
/** A discount above the cap is the same whatever it is: with more of them the gate would not see a release that doubles them. */
const MAX_CAPPED_SHARE = 0.05;

/**
 * Mean discount per order, each winsorised at the cap, in one currency: by how many minor units it is above the old
 * release's mean with its growth. In minor units, since a share of nothing says nothing.
 */
export function judgeDiscountPerOrder(
  { canary, stable }: Arms,
  gate: DiscountGate,
  alphas: Alphas,
): GateResult {
  const { growth, currency = findCommonest(stable) ?? findCommonest(canary) } = gate;
  const { capMinor = CAP_MINOR * scaleOf(currency), limit = LIMIT_MINOR * scaleOf(currency) } = gate;
  const discountsOf = (sums: readonly Sums[]) =>
    addDiscounts(sums.filter((row) => row.currency === currency));
  const arms = [discountsOf(canary), discountsOf(stable)] as const;
  const [one, other] = [winsorise(arms[0], capMinor), winsorise(arms[1], capMinor)];
  const factor = 1 + growth;
  const excess = boundDifference(one, other, { min: 0, max: capMinor, factor }, gate, alphas);
  const capped = Math.max(...arms.map((discounts) => shareAbove(discounts, capMinor)));
  return concludeDifference(
    "discountPerOrder",
    [one, other],
    { ...gate, limit },
    {
      ...(capped > MAX_CAPPED_SHARE && {
        obstacle: `${percent(capped)} of the discounts of one release are above ${capMinor}: raise capMinor`,
      }),
      estimate: meanOf(one) - factor * meanOf(other),
      lower: excess?.lower ?? -factor * capMinor,
      upper: excess?.upper ?? capMinor,
      told:
        `${currency ?? "no currency"}: discount per order ${meanOf(one).toFixed(1)} of ${one.samples}, ` +
        `old release ${meanOf(other).toFixed(1)} of ${other.samples}; above ${percent(factor)} of that`,
      show: (minor) => `${minor.toFixed(1)} minor units`,
    },
  );
}

/**
 * Of what stands where nothing is said. Only currencies of three digits have a minor unit that is worth less than a cent is:
 * those without digits, such as the yen, count in units of about a cent. Where prices are high in minor units all the same
 * (HUF, IDR, VND), the gate says that the cap is too low.
 */
function scaleOf(currency: string | undefined): number {
  return currency !== undefined && findMinorDigits(currency) === 3 ? 10 : 1;
}

function shareAbove({ counts }: AmountSums, capMinor: number): number {
  const samples = counts.reduce((sum, count) => sum + count, 0);
  return countAbove(counts, AMOUNT_EDGES_MINOR, capMinor) / Math.max(1, samples);
}

/** How much the mean of margin / total has fallen. */
export function judgeMarginShare({ canary, stable }: Arms, gate: ShareGate, alphas: Alphas): GateResult {
  const [one, other] = [addMargins(canary), addMargins(stable)];
  const fall = boundDifference(other, one, { min: -1, max: 1 }, gate, alphas);
  return concludeDifference("marginShare", [one, other], gate, {
    estimate: meanOf(other) - meanOf(one),
    lower: fall?.lower ?? -2,
    upper: fall?.upper ?? 2,
    told:
      `margin per order ${percent(meanOf(one))} of ${one.samples}, ` +
      `old release ${percent(meanOf(other))} of ${other.samples}; fall`,
    show: percent,
  });
}

/** How much the share of orders that a floor has stopped has risen. Its bounds hold with any number of orders. */
export function judgeAtFloorShare({ canary, stable }: Arms, gate: ShareGate, alphas: Alphas): GateResult {
  const [one, other] = [addFloors(canary), addFloors(stable)];
  const bound = (alpha: number) =>
    boundRateDifference(countsOf(one), countsOf(other), { around: FLOORS_AROUND, alpha });
  return concludeDifference("atFloorShare", [one, other], gate, {
    estimate: meanOf(one) - meanOf(other),
    lower: bound(alphas.fail).lower,
    upper: bound(alphas.pass).upper,
    told: `at a floor ${one.sum} of ${one.samples}, old release ${other.sum} of ${other.samples}; rise`,
    show: percent,
  });
}

type Difference = {
  estimate: number;
  lower: number;
  upper: number;
  told: string;
  obstacle?: string;
  show: (value: number) => string;
};

function concludeDifference(
  name: GateResult["name"],
  [canary, stable]: readonly [Moments, Moments],
  { mode, limit, minSamples }: Pick<ShareGate, "mode" | "limit" | "minSamples">,
  difference: Difference,
): GateResult {
  const isEnough = Math.min(canary.samples, stable.samples) >= minSamples;
  return conclude({
    name,
    limit,
    samples: canary.samples,
    isAwaited: mode === "on" || canary.samples + stable.samples > 0,
    ...difference,
    mayFail: isEnough,
    mayPass: isEnough,
  });
}

function boundDifference(
  one: Moments,
  other: Moments,
  range: { min: number; max: number; factor?: number },
  { minSamples }: { minSamples: number },
  alphas: Alphas,
) {
  const tunedFor = Math.max(1, TUNED_FOR_MINIMA * minSamples);
  const toPass = boundMeanDifference(one, other, { ...range, alpha: alphas.pass, tunedFor });
  const toFail = boundMeanDifference(one, other, { ...range, alpha: alphas.fail, tunedFor });
  return toPass && toFail && { lower: toFail.lower, upper: toPass.upper };
}

/** The currency in which most was bought. */
function findCommonest(sums: readonly Sums[]): string | undefined {
  const orders = new Map<string, number>();
  for (const { currency, discountCounts } of sums) {
    const count = discountCounts.reduce((sum, each) => sum + each, 0);
    if (count > 0) orders.set(currency, (orders.get(currency) ?? 0) + count);
  }
  return [...orders].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
}

function addDiscounts(sums: readonly Sums[]): AmountSums {
  const zeros = () => new Array<number>(AMOUNT_BUCKETS).fill(0);
  const added = { counts: zeros(), sums: zeros(), squares: zeros() };
  for (const row of sums) {
    for (let index = 0; index < AMOUNT_BUCKETS; index++) {
      added.counts[index]! += row.discountCounts[index]!;
      added.sums[index]! += row.discountSums[index]!;
      added.squares[index]! += row.discountSquares[index]!;
    }
  }
  return added;
}

function addMargins(rows: readonly Sums[]): Moments {
  const added = { samples: 0, sum: 0, squares: 0 };
  for (const { marginSamples, marginShares, marginSquares } of rows) {
    added.samples += marginSamples;
    added.sum += marginShares;
    added.squares += marginSquares;
  }
  return added;
}

function addFloors(rows: readonly Sums[]): Moments {
  const samples = rows.reduce((sum, { floorSamples }) => sum + floorSamples, 0);
  const sum = rows.reduce((count, { atFloor }) => count + atFloor, 0);
  return { samples, sum, squares: sum };
}

const countsOf = ({ sum, samples }: Moments) => ({ events: sum, samples });

const meanOf = ({ sum, samples }: Moments) => sum / Math.max(1, samples);
