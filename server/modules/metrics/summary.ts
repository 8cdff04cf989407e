import { estimateQuantile, LATENCY_EDGES_MS } from "./buckets.ts";
import type { Gates } from "./gates.ts";
import { addLatencies, type Evidence, type Judgement, judge } from "./judgement.ts";
import type { Arm, Source, Sums } from "./observation.ts";
import type { SumsQuery } from "./store.ts";

/** What `GET /v1/rollouts/{id}/metrics` tells: plain JSON. */
export type Summary = {
  since: number;
  arms: Record<Arm, { release: string; traffic: Partial<Record<Source, Traffic>>; money: Money[] }>;
  /** Requests whose release somebody chose by hand. They count nowhere else. */
  overridden: Record<Arm, number>;
  judgement: Judgement;
};

type Traffic = {
  samples: number;
  errors: number;
  errorRate: number;
  faults: number;
  faultRate: number;
  /** Estimates, within a third of the value. */
  latencyMs: { p50: number; p95: number; p99: number };
};

type Money = {
  source: Source;
  currency: string;
  /** One for each shopper. */
  orders: number;
  /** Means per order, not winsorised. */
  discountMinor: number;
  totalMinor: number;
  /** Of the orders whose costs are known. */
  marginMinor?: number;
  marginShare?: number;
  /** Of the orders that tell it. */
  atFloorShare?: number;
};

const SOURCES: readonly Source[] = ["evaluation", "quote", "order", "report"];

export function summarise(
  evidence: Evidence,
  { stable, canary, since }: Omit<SumsQuery, "rollout">,
  gates: Gates,
): Summary {
  const sums = evidence.requests;
  const chosen = sums.filter(({ isOverridden }) => !isOverridden);
  const describe = (arm: Arm, release: string) => {
    const rows = chosen.filter((row) => row.arm === arm);
    const traffic = SOURCES.map((source) => [source, rows.filter((row) => row.source === source)] as const)
      .filter(([, own]) => own.length > 0)
      .map(([source, own]) => [source, describeTraffic(own)] as const);
    return {
      release,
      traffic: Object.fromEntries(traffic) as Partial<Record<Source, Traffic>>,
      money: rows.flatMap(describeMoney),
    };
  };
  const countOverridden = (arm: Arm) =>
    sums.reduce((sum, row) => sum + (row.isOverridden && row.arm === arm ? row.samples : 0), 0);
  return {
    since,
    arms: { stable: describe("stable", stable), canary: describe("canary", canary) },
    overridden: { stable: countOverridden("stable"), canary: countOverridden("canary") },
    judgement: judge(evidence, gates),
  };
}

function describeTraffic(rows: readonly Sums[]): Traffic {
  const total = (field: "samples" | "errors" | "faults") => rows.reduce((sum, row) => sum + row[field], 0);
  const [samples, errors, faults] = [total("samples"), total("errors"), total("faults")];
  const latencies = addLatencies(rows);
  const quantile = (share: number) => round(estimateQuantile(latencies, LATENCY_EDGES_MS, share) ?? 0);
  return {
    samples,
    errors,
    errorRate: errors / samples,
    faults,
    faultRate: faults / samples,
    latencyMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
  };
}

function describeMoney(row: Sums): Money[] {
  const orders = row.discountCounts.reduce((sum, count) => sum + count, 0);
  if (orders === 0) return [];
  const { source, currency, marginSamples, floorSamples } = row;
  const discount = row.discountSums.reduce((sum, minor) => sum + minor, 0);
  return [
    {
      source,
      currency,
      orders,
      discountMinor: discount / orders,
      totalMinor: row.totalMinor / orders,
      ...(marginSamples > 0 && {
        marginMinor: row.marginMinor / marginSamples,
        marginShare: row.marginShares / marginSamples,
      }),
      ...(floorSamples > 0 && { atFloorShare: row.atFloor / floorSamples }),
    },
  ];
}

function round(ms: number): number {
  return Number(ms.toPrecision(3));
}
