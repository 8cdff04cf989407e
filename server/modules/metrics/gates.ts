// What a rollout must not make worse, as data: the gates, their limits, and what stands where a rollout says nothing.

import { HaggleError } from "@haggle/abi";
import { type Static, Type } from "typebox";
import { Check, Errors } from "typebox/value";
import { AMOUNT_EDGES_MINOR, LATENCY_EDGES_MS } from "./buckets.ts";

const MODES = ["on", "whenFed", "off"] as const;
/** The server's own observations; what SDKs report is no source of a gate. */
const SOURCES = ["evaluation", "quote", "order"] as const;

const Mode = Type.Enum(MODES, {
  description:
    "on: a step waits until this gate passes. whenFed: it waits once anything was observed that the gate measures. " +
    "off: not measured. A gate that fails takes the release back in any mode but off.",
});
const MinSamples = Type.Integer({
  minimum: 0,
  maximum: 100_000_000,
  description:
    "The gate does not pass below this; one that compares arms needs as many in each, to fail as well.",
});
const Source = Type.Enum(SOURCES, { description: "Which observations count." });

const strict = { additionalProperties: false };

const LatencyGate = Type.Object(
  {
    mode: Mode,
    limit: Type.Number({
      description:
        "Milliseconds that 99 % may take: 1, 1.2, 1.5, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8 by a power of ten, 0.1 to 10,000.",
    }),
    minSamples: MinSamples,
  },
  strict,
);
const RateGate = Type.Object(
  {
    mode: Mode,
    limit: Type.Number({ minimum: 0.000_001, maximum: 0.5, description: "As a share: 0.001 is 0.1 %." }),
    minSamples: MinSamples,
  },
  strict,
);
const DiscountGate = Type.Object(
  {
    mode: Mode,
    limit: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1_000_000_000,
        description:
          "Minor units by which the mean may be above the old release's mean and its growth. Left out, 100, and 1,000 in a " +
          "currency of three minor digits.",
      }),
    ),
    growth: Type.Number({
      minimum: 0,
      maximum: 100,
      description: "The share of the old release's mean that the mean may be above it: 0.1 is 10 %.",
    }),
    minSamples: MinSamples,
    source: Source,
    capMinor: Type.Optional(
      Type.Integer({
        description:
          "A larger discount counts as this, in minor units: 1, 2 or 5 by a power of ten, up to 10^9. Left out, 50,000, " +
          "and 500,000 in a currency of three minor digits. The gate does not pass while 5 % are larger.",
      }),
    ),
    currency: Type.Optional(
      Type.String({
        pattern: "^[A-Z]{3}$",
        maxLength: 3,
        description: "Left out, the one in which most was bought under the old release.",
      }),
    ),
  },
  strict,
);

const ShareGate = Type.Object(
  {
    mode: Mode,
    limit: Type.Number({
      minimum: 0,
      maximum: 1,
      description: "By how much it may be worse than under the old release: 0.02 is two points.",
    }),
    minSamples: MinSamples,
    source: Source,
  },
  strict,
);
const ReportGate = Type.Object(
  {
    mode: Mode,
    limit: Type.Number({
      minimum: 0,
      maximum: 1,
      description:
        "By how much the share of reports that tell of a failure may rise before the rollout pauses.",
    }),
    minSamples: MinSamples,
  },
  strict,
);
const Alpha = Type.Number({
  minimum: 0.000_1,
  maximum: 0.2,
  description:
    "The chance, in each step, that a release beyond a limit passes that gate, and that one within all limits is taken " +
    "back by any of them, however often the gates look.",
});

export type Gates = {
  alpha: number;
  p99Evaluation: LatencyGate;
  p99Quote: LatencyGate;
  errorRate: RateGate;
  ruleFaults: RateGate;
  discountPerOrder: DiscountGate;
  /** The mean of margin / total, which may fall by the limit. */
  marginShare: ShareGate;
  /** The share of orders that stopped at a floor, which may rise by the limit. */
  atFloorShare: ShareGate;
  /** What SDKs tell neither passes nor takes back. */
  reports: ReportGate;
};
export type LatencyGate = Static<typeof LatencyGate>;
export type RateGate = Static<typeof RateGate>;
export type DiscountGate = Static<typeof DiscountGate>;
export type ShareGate = Static<typeof ShareGate>;
export type ReportGate = Static<typeof ReportGate>;

/** What a rollout may say of its gates: any part of any of them. */
export const GatesBody = Type.Partial(
  Type.Object({
    alpha: Alpha,
    p99Evaluation: Type.Partial(LatencyGate, strict),
    p99Quote: Type.Partial(LatencyGate, strict),
    errorRate: Type.Partial(RateGate, strict),
    ruleFaults: Type.Partial(RateGate, strict),
    discountPerOrder: Type.Partial(DiscountGate, strict),
    marginShare: Type.Partial(ShareGate, strict),
    atFloorShare: Type.Partial(ShareGate, strict),
    reports: Type.Partial(ReportGate, strict),
  }),
  { ...strict, description: "What is left out stands as in the defaults." },
);

/** Share of observations that may be above a latency's limit: what makes it a P99. */
export const P99_SHARE = 0.01;

export const DEFAULT_GATES: Gates = {
  alpha: 0.05,
  p99Evaluation: { mode: "on", limit: 300, minSamples: 300 },
  p99Quote: { mode: "whenFed", limit: 300, minSamples: 300 },
  errorRate: { mode: "on", limit: 0.001, minSamples: 3_000 },
  ruleFaults: { mode: "on", limit: 0.001, minSamples: 3_000 },
  discountPerOrder: {
    mode: "whenFed",
    growth: 0.1,
    minSamples: 500,
    source: "evaluation",
  },
  marginShare: { mode: "whenFed", limit: 0.02, minSamples: 500, source: "evaluation" },
  atFloorShare: { mode: "whenFed", limit: 0.05, minSamples: 500, source: "evaluation" },
  reports: { mode: "whenFed", limit: 0.02, minSamples: 100 },
};

/**
 * The gates of a rollout: the defaults, with what `value` says instead.
 *
 * @throws HaggleError SERVER_BAD_REQUEST with the place, such as `gates.p99Quote.limit`, and the value
 */
export function parseGates(value: unknown = {}): Gates {
  if (!Check(GatesBody, value)) {
    const [error] = Errors(GatesBody, value);
    const keys = error!.instancePath.split("/").slice(1);
    throw wrong(keys, read(value, keys), error!.message);
  }
  const { alpha = DEFAULT_GATES.alpha, ...said } = value;
  const gates: Gates = {
    alpha,
    p99Evaluation: { ...DEFAULT_GATES.p99Evaluation, ...said.p99Evaluation },
    p99Quote: { ...DEFAULT_GATES.p99Quote, ...said.p99Quote },
    errorRate: { ...DEFAULT_GATES.errorRate, ...said.errorRate },
    ruleFaults: { ...DEFAULT_GATES.ruleFaults, ...said.ruleFaults },
    discountPerOrder: { ...DEFAULT_GATES.discountPerOrder, ...said.discountPerOrder },
    marginShare: { ...DEFAULT_GATES.marginShare, ...said.marginShare },
    atFloorShare: { ...DEFAULT_GATES.atFloorShare, ...said.atFloorShare },
    reports: { ...DEFAULT_GATES.reports, ...said.reports },
  };
  requireEdge(["p99Evaluation", "limit"], gates.p99Evaluation.limit, LATENCY_EDGES_MS);
  requireEdge(["p99Quote", "limit"], gates.p99Quote.limit, LATENCY_EDGES_MS);
  const { capMinor } = gates.discountPerOrder;
  if (capMinor !== undefined) requireEdge(["discountPerOrder", "capMinor"], capMinor, AMOUNT_EDGES_MINOR);
  return gates;
}

/** What was counted can be judged exactly only at the edge of a bucket. */
function requireEdge(keys: string[], value: number, edges: readonly number[]): void {
  if (edges.includes(value)) return;
  const below = edges.findLast((edge) => edge < value);
  const above = edges.find((edge) => edge > value);
  const near = [below, above].filter((edge) => edge !== undefined).join(" or ");
  throw wrong(keys, value, `no edge of what is counted; the nearest is ${near}`);
}

function wrong(keys: string[], value: unknown, message: string): HaggleError {
  return new HaggleError("SERVER_BAD_REQUEST", message, { at: ["gates", ...keys].join("."), value });
}

function read(value: unknown, keys: string[]): unknown {
  return keys.reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}
