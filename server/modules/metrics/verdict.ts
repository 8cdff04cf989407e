export type Verdict = "pass" | "fail" | "hold";

export type GateName =
  | "p99Evaluation"
  | "p99Quote"
  | "errorRate"
  | "ruleFaults"
  | "discountPerOrder"
  | "marginShare"
  | "atFloorShare";

/** How sure a gate must be: to let a release go on, and to take it back. */
export type Alphas = { pass: number; fail: number };

export type GateResult = {
  name: GateName | "reports";
  verdict: Verdict;
  estimate: number;
  /** What the true value is at least, by the certainty that it takes to fail. */
  lower: number;
  /** What it is at most, by the certainty that it takes to pass. */
  upper: number;
  limit: number;
  /** Of the new release. */
  samples: number;
  /** Whether a step waits for this gate; one that fails counts in any case. */
  isAwaited: boolean;
  /** A sentence for people. */
  reason: string;
};

type Finding = Omit<GateResult, "verdict" | "reason"> & {
  mayPass: boolean;
  mayFail: boolean;
  /** Why it may not pass, whatever is within the limit. */
  obstacle?: string | undefined;
  /** What was counted. */
  told: string;
  show: (value: number) => string;
};

/** Pass when it is at most the limit, fail when it is more, each for certain; else nobody knows yet. */
export function conclude({ mayPass, mayFail, obstacle, told, show, ...finding }: Finding): GateResult {
  const { lower, upper, limit, samples } = finding;
  if (samples === 0) {
    return { ...finding, verdict: "hold", reason: `nothing observed yet, against ${show(limit)}` };
  }
  const between = `${told}, certainly ${show(lower)} to ${show(upper)}`;
  if (mayFail && lower > limit) {
    return { ...finding, verdict: "fail", reason: `${between}, above ${show(limit)}` };
  }
  if (obstacle !== undefined) return { ...finding, verdict: "hold", reason: `${between}; ${obstacle}` };
  if (mayPass && upper <= limit) {
    return { ...finding, verdict: "pass", reason: `${between}, within ${show(limit)}` };
  }
  const why = mayPass || mayFail ? "not certain yet against" : "too few samples yet for";
  return { ...finding, verdict: "hold", reason: `${between}, ${why} ${show(limit)}` };
}

export function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}
