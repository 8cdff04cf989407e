export type Source = "evaluation" | "quote" | "order" | "report";

export type Arm = "stable" | "canary";

/** One request that one arm of a rollout answered. Costs a few microseconds to tell and is kept only as sums. */
export type Observation = {
  /** The rollout that chose the arm; undefined outside of one, where nothing is judged and nothing kept. */
  rollout: string | undefined;
  /** When the step of the rollout began that chose it, in epoch ms. */
  stepAt?: number | undefined;
  /**
   * The shopper, where a server vouches for them: one who came with no cookie, and whose unit this very answer draws, is
   * none. Money and stopped rules are counted once for each in a step, and for nobody else.
   */
  unit?: string | undefined;
  /** report: what an SDK tells of itself, which counts for advice alone. */
  source: Source;
  release: string;
  arm: Arm;
  /** Somebody chose the release by hand: counts for no gate. */
  isOverridden: boolean;
  latencyMs: number;
  /** error: the server failed (5xx); fault: a rule trapped or ran dry. */
  outcome: "ok" | "error" | "fault";
  money?: {
    /** ISO 4217. */
    currency: string;
    discountMinor: number;
    /** What is to be paid. */
    totalMinor: number;
    /** Where costs are known. */
    marginMinor?: number | undefined;
    /** Whether a promotion was cut at a floor, where that is known. */
    atFloor?: boolean | undefined;
  };
};

/** What was observed, added up: of one source, currency, arm, and kind of traffic. Amounts in minor units. */
export type Sums = {
  source: Source;
  /** Empty where nothing was told of money. */
  currency: string;
  release: string;
  arm: Arm;
  isOverridden: boolean;
  samples: number;
  errors: number;
  faults: number;
  /** By LATENCY_EDGES_MS. */
  latencies: number[];
  /** Shoppers, each in the slot in which the step saw them first, and those for whom a rule stopped, in which it first did. */
  units: number;
  faultedUnits: number;
  /** Of those with money: what was to be paid. */
  totalMinor: number;
  /** Margin, and the squares and sum of margin / total from -1 to 1, of the samples that tell it. */
  marginSamples: number;
  marginMinor: number;
  marginShares: number;
  marginSquares: number;
  floorSamples: number;
  atFloor: number;
  /** By AMOUNT_EDGES_MINOR; their counts are all samples with money. */
  discountCounts: number[];
  discountSums: number[];
  discountSquares: number[];
};
