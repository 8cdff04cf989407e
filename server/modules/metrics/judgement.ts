// From sums to a verdict. Pure, so that any judgement can be made again from what was kept.

import { countAbove, estimateQuantile, LATENCY_EDGES_MS } from "./buckets.ts";
import { type Gates, type LatencyGate, P99_SHARE, type RateGate } from "./gates.ts";
import { judgeAtFloorShare, judgeDiscountPerOrder, judgeMarginShare } from "./money-gates.ts";
import type { Arm, Source, Sums } from "./observation.ts";
import { boundRate, boundRateDifference } from "./statistics/index.ts";
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

const REQUESTS: readonly Source[] = ["evaluation", "quote", "order"];
/** Where rules run. An order is priced by its quote. */
const PRICINGS: readonly Source[] = ["evaluation", "quote"];
/** Reports of failures are rare on a good release; known before the data. */
const REPORTS_AROUND = 0.01;

/**
 * One gate that fails takes the release back; it goes on when all gates pass that it waits for. What was overridden by hand
 * counts nowhere.
 *
 * A wrong pass needs one gate alone to be wrong, so each passes at alpha; a release is wrongly taken back when any of them
 * is wrong, so they share alpha to fail.
 */
export function judge(sums: readonly Sums[], gates: Gates): Judgement {
  const chosen = sums.filter(({ isOverridden }) => !isOverridden);
  const { alpha, reports, ...others } = gates;
  const active = Object.values(others).filter(({ mode }) => mode !== "off").length;
  const alphas = { pass: alpha, fail: alpha / Math.max(1, active) };
  const canary = select(chosen, "canary");
  const stable = select(chosen, "stable");
  const requests = canary(REQUESTS);
  const pricings = canary(PRICINGS);
  const money = (source: Source) => ({ canary: canary([source]), stable: stable([source]) });

  const results = [
    judgeLatency("p99Evaluation", canary(["evaluation"]), gates.p99Evaluation, alphas),
    judgeLatency("p99Quote", canary(["quote"]), gates.p99Quote, alphas),
    judgeRate("errorRate", total(requests, "errors"), requests, gates.errorRate, alphas),
    judgeRate("ruleFaults", total(pricings, "faults"), pricings, gates.ruleFaults, alphas),
    judgeDiscountPerOrder(money(gates.discountPerOrder.source), gates.discountPerOrder, alphas),
    judgeMarginShare(money(gates.marginShare.source), gates.marginShare, alphas),
    judgeAtFloorShare(money(gates.atFloorShare.source), gates.atFloorShare, alphas),
  ].filter(({ name }) => gates[name].mode !== "off");
  const told = judgeReports(canary(["report"]), stable(["report"]), gates);

  return {
    verdict: sumUp(results),
    samples: total(requests, "samples"),
    gates: results,
    ...(reports.mode !== "off" && told.verdict === "fail" && { advice: "pause" }),
    reports: told,
  };
}

function sumUp(results: readonly GateResult[]): Verdict {
  if (results.some(({ verdict }) => verdict === "fail")) return "fail";
  return results.every(({ verdict, isAwaited }) => verdict === "pass" || !isAwaited) ? "pass" : "hold";
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
  const result = judgeRate(name, slow, sums, { ...gate, limit: P99_SHARE }, alphas);
  const about = p99 === undefined ? "" : `P99 about ${p99.toPrecision(2)} ms; `;
  return { ...result, reason: `${about}above ${gate.limit} ms: ${result.reason}` };
}

function judgeRate(
  name: GateResult["name"],
  events: number,
  sums: readonly Sums[],
  { mode, limit, minSamples }: RateGate,
  alphas: Alphas,
): GateResult {
  const samples = total(sums, "samples");
  const counts = { events, samples };
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

function judgeReports(canary: readonly Sums[], stable: readonly Sums[], gates: Gates): GateResult {
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

function select(sums: readonly Sums[], arm: Arm) {
  return (sources: readonly Source[]) =>
    sums.filter((row) => row.arm === arm && sources.includes(row.source));
}

function total(sums: readonly Sums[], field: "samples" | "errors" | "faults"): number {
  return sums.reduce((sum, row) => sum + row[field], 0);
}

export function addLatencies(sums: readonly Sums[]): number[] {
  const added = new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0);
  for (const { latencies } of sums) {
    for (const [index, count] of latencies.entries()) added[index]! += count;
  }
  return added;
}
