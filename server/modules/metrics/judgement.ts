// From sums to a verdict. Pure, so that any judgement can be made again from what was kept.

import { countAbove, estimateQuantile, LATENCY_EDGES_MS } from "./buckets.ts";
import { type Gates, type LatencyGate, P99_SHARE, type RateGate } from "./gates.ts";
import { type Arms, judgeAtFloorShare, judgeDiscountPerOrder, judgeMarginShare } from "./money-gates.ts";
import type { Arm, Source, Sums } from "./observation.ts";
import { boundRate, boundRateDifference, type Counts } from "./statistics/index.ts";
import { type Alphas, conclude, type GateResult, percent, type Verdict } from "./verdict.ts";

export type Judgement = {
  verdict: Verdict;
  /** Requests that the new release answered. */
  samples: number;
  gates: GateResult[];
  /** What SDKs report would have the rollout pause; they decide nothing else. */
  advice?: "pause";
  /** What the advice stands on, as a gate would tell it. */
  reports: GateResult;
};

/** What was observed, each over the time in which it says something. */
export type Evidence = {
  /** Since the step began. */
  requests: readonly Sums[];
  /** Of a time in which both arms had their shoppers, at one weight: other hours sell other things. */
  money: readonly Sums[];
  isMoneyOver: boolean;
  /** Since somebody last said that the rollout goes on. */
  reports: readonly Sums[];
};

const REQUESTS: readonly Source[] = ["evaluation", "quote", "order"];
/** Where rules run. An order is priced by its quote. */
const PRICINGS: readonly Source[] = ["evaluation", "quote"];
/** Reports of failures are rare on a good release; known before the data. */
const REPORTS_AROUND = 0.01;

/**
 * One gate that fails takes the release back; it goes on when all gates pass that it waits for. What was overridden by hand
 * counts nowhere.
 *
 * Money is judged over a time of its own, and so are reports: see `Evidence`.
 *
 * A wrong pass needs one gate alone to be wrong, so each passes at alpha; a release is wrongly taken back when any of them
 * is wrong, so they share alpha to fail.
 */
export function judge(evidence: Evidence, gates: Gates): Judgement {
  const { alpha, reports, ...others } = gates;
  const active = Object.values(others).filter(({ mode }) => mode !== "off").length;
  const alphas = { pass: alpha, fail: alpha / Math.max(1, active) };
  const { isMoneyOver } = evidence;
  const canary = select(evidence.requests, "canary");
  const both = (sums: readonly Sums[], source: Source) => ({
    canary: select(sums, "canary")([source]),
    stable: select(sums, "stable")([source]),
  });
  const money = (source: Source) => both(evidence.money, source);
  // Nothing more comes in: what let the step before go on is not waited for again.
  const settle = (result: GateResult): GateResult =>
    isMoneyOver && result.samples > 0 ? { ...result, isAwaited: false } : result;

  const results = [
    judgeLatency("p99Evaluation", canary(["evaluation"]), gates.p99Evaluation, alphas),
    judgeLatency("p99Quote", canary(["quote"]), gates.p99Quote, alphas),
    judgeEach(REQUESTS, canary, alphas, (sums, shared) =>
      judgeRate("errorRate", countErrors(sums), gates.errorRate, shared),
    ),
    judgeEach(PRICINGS, canary, alphas, (sums, shared) =>
      judgeRate("ruleFaults", countFaults(sums), gates.ruleFaults, shared),
    ),
    settle(judgeDiscountPerOrder(money(gates.discountPerOrder.source), gates.discountPerOrder, alphas)),
    settle(judgeMarginShare(money(gates.marginShare.source), gates.marginShare, alphas)),
    settle(judgeAtFloorShare(money(gates.atFloorShare.source), gates.atFloorShare, alphas)),
  ].filter(({ name }) => gates[name].mode !== "off");
  const told = judgeReports(both(evidence.reports, "report"), gates);

  return {
    verdict: sumUp(results),
    samples: total(canary(REQUESTS), "samples"),
    gates: results,
    ...(reports.mode !== "off" && told.verdict === "fail" && { advice: "pause" }),
    reports: told,
  };
}

function sumUp(results: readonly GateResult[]): Verdict {
  if (results.some(({ verdict }) => verdict === "fail")) return "fail";
  return results.every(({ verdict, isAwaited }) => verdict === "pass" || !isAwaited) ? "pass" : "hold";
}

/**
 * Each source that was heard of by itself, and of these the worst: what goes wrong in every order is lost among a thousand
 * times as many evaluations. To fail, they share alpha.
 */
function judgeEach(
  sources: readonly Source[],
  select: (sources: readonly Source[]) => Sums[],
  { pass, fail }: Alphas,
  judgeOne: (sums: readonly Sums[], alphas: Alphas) => GateResult,
): GateResult {
  const alphas = { pass, fail: fail / sources.length };
  const results = sources
    .map((source) => [source, select([source])] as const)
    .filter(([, sums]) => sums.length > 0)
    .map(([source, sums]) => {
      const result = judgeOne(sums, alphas);
      return { ...result, reason: `${source}: ${result.reason}` };
    });
  if (results.length === 0) return judgeOne([], alphas);
  return (
    (["fail", "hold"] as const)
      .map((verdict) => results.find((result) => result.verdict === verdict))
      .find((result) => result !== undefined) ?? results[0]!
  );
}

/** "99 % take 300 ms at most" is a rate: of those that took longer, against 1 %. */
function judgeLatency(
  name: "p99Evaluation" | "p99Quote",
  sums: readonly Sums[],
  gate: LatencyGate,
  alphas: Alphas,
): GateResult {
  const latencies = addLatencies(sums);
  const slow = countAbove(latencies, LATENCY_EDGES_MS, gate.limit);
  const p99 = estimateQuantile(latencies, LATENCY_EDGES_MS, 1 - P99_SHARE);
  const counts = { events: slow, samples: total(sums, "samples") };
  const result = judgeRate(name, counts, { ...gate, limit: P99_SHARE }, alphas);
  const about = p99 === undefined ? "" : `P99 about ${p99.toPrecision(2)} ms; `;
  return { ...result, reason: `${about}above ${gate.limit} ms: ${result.reason}` };
}

function judgeRate(
  name: GateResult["name"],
  counts: Counts,
  { mode, limit, minSamples }: RateGate,
  alphas: Alphas,
): GateResult {
  const { events, samples } = counts;
  const { upper } = boundRate(counts, { around: limit, alpha: alphas.pass });
  const { lower } = boundRate(counts, { around: limit, alpha: alphas.fail });
  return conclude({
    name,
    limit,
    samples,
    isAwaited: mode === "on" || samples > 0,
    estimate: samples === 0 ? 0 : events / samples,
    lower,
    upper,
    // The bounds hold from the first sample on: a release that only fails needs no minimum.
    mayFail: true,
    mayPass: samples >= minSamples,
    told: `${events} of ${samples}`,
    show: percent,
  });
}

function judgeReports({ canary, stable }: Arms, gates: Gates): GateResult {
  const { mode, limit, minSamples } = gates.reports;
  const one = {
    events: total(canary, "errors") + total(canary, "faults"),
    samples: total(canary, "samples"),
  };
  const other = {
    events: total(stable, "errors") + total(stable, "faults"),
    samples: total(stable, "samples"),
  };
  const bounds = boundRateDifference(one, other, { around: REPORTS_AROUND, alpha: gates.alpha });
  const estimate = one.events / Math.max(1, one.samples) - other.events / Math.max(1, other.samples);
  const isEnough = Math.min(one.samples, other.samples) >= minSamples;
  return conclude({
    name: "reports",
    limit,
    samples: one.samples,
    isAwaited: false,
    estimate,
    ...bounds,
    mayFail: isEnough && mode !== "off",
    mayPass: isEnough,
    told: `failures in ${one.events} of ${one.samples} reports, old release ${other.events} of ${other.samples}`,
    show: percent,
  });
}

function countErrors(sums: readonly Sums[]): Counts {
  return { events: total(sums, "errors"), samples: total(sums, "samples") };
}

/** Of shoppers. A process that hears late of a step may count a fault in it, and the shopper in the one before. */
function countFaults(sums: readonly Sums[]): Counts {
  const samples = total(sums, "units");
  return { events: Math.min(samples, total(sums, "faultedUnits")), samples };
}

function select(sums: readonly Sums[], arm: Arm) {
  return (sources: readonly Source[]) =>
    sums.filter((row) => !row.isOverridden && row.arm === arm && sources.includes(row.source));
}

type Count = "samples" | "errors" | "faults" | "units" | "faultedUnits";

function total(sums: readonly Sums[], field: Count): number {
  return sums.reduce((sum, row) => sum + row[field], 0);
}

export function addLatencies(sums: readonly Sums[]): number[] {
  const added = new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0);
  for (const { latencies } of sums) {
    for (const [index, count] of latencies.entries()) added[index]! += count;
  }
  return added;
}
