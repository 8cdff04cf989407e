// Policy: what other products hard-code, as data of a release. Each field is explained in engine/cli/PRICING.md.

export type Rounding = "halfUp" | "halfEven" | "halfDown" | "down" | "up";

export type GroupMode = "stack" | "first" | "highest" | "lowest" | "best";

/** How promotions of one group meet. */
export type GroupPolicy = {
  mode: GroupMode;
  /** Whether one option wins the order, or one wins each line. */
  per?: "order" | "line";
  /** Which of equal options wins. */
  ties?: "first" | "last";
  /** The group that this one is a member of. */
  parent?: string;
};

/** The shop's own rules of order, rounding, splitting, floors and faults. */
export type Policy = {
  name: string;
  description?: string;
  /** Canonical: sorted and merged, so that neither order nor splitting of lines matters. */
  lines: "canonical" | "asGiven";
  phases: "ordered" | "together";
  /** In the order in which they run; promotions without one are in "". */
  lanes: readonly string[];
  /** Exclusive promotions stand first, or where their priority puts them. */
  exclusive: "first" | "inOrder";
  percentBase: "initial" | "current";
  thresholdBase: "initial" | "current";
  /** What some units of a line cost now: at most what is left of the line, or their price less all that was taken off it. */
  partBase: "left" | "reduced";
  rounding: {
    amount: Rounding;
    share: Rounding;
    catalog: Rounding;
    tax: Rounding;
    /** Percentages of units are rounded for each unit or for the line. */
    percentOf: "unit" | "line";
  };
  split: "proportional" | "quantity" | "even";
  splitBase: "initial" | "current";
  /** Weights with tax, where prices are without. */
  splitGross: boolean;
  remainder: "largestFraction" | "first" | "last" | "none";
  /** What does not fit above a floor is split again over the other lines. */
  respread: boolean;
  tax: { prices: "untaxed" | "net" | "gross"; per: "line" | "unit" | "rate" };
  /** What happens when an allowance is too small. */
  short: "partial" | "drop" | "dropShare";
  marginFloor?: { basisPoints: number; unknownCost: "refuse" | "ignoreLine" };
  cash?: { step: number; rounding: Rounding };
  /** Groups not named here stack. */
  groups: Readonly<Record<string, GroupPolicy>>;
  /** Offsets of the time zones that the promotions ask for: minutes east of UTC from a moment (epoch ms) on. */
  timeZones?: Readonly<Record<string, readonly { from: number; offset: number }[]>>;
  /** Fuel: the resolver may use base + perLine x lines, each rule perPromotion, a pricing rule once more for every 256 lines. */
  fuel: { base: number; perLine: number; perPromotion: number };
  /** What a rule that traps or runs dry does to the evaluation. */
  onFault: "skip" | "refuse";
};

/** The most fuel that one evaluation may be given: it must fit a signed 32-bit counter. */
export const MAX_FUEL = 2_000_000_000;

/**
 * Percentages and thresholds of the initial totals, rounded half up; order amounts split over lines in proportion to
 * what is left of them, the remainder to the largest fractions; what does not fit above floors goes elsewhere.
 */
export const DEFAULT_POLICY: Policy = {
  name: "default",
  lines: "canonical",
  phases: "ordered",
  lanes: [],
  exclusive: "inOrder",
  percentBase: "initial",
  thresholdBase: "initial",
  partBase: "left",
  rounding: { amount: "halfUp", share: "down", catalog: "halfUp", tax: "halfUp", percentOf: "line" },
  split: "proportional",
  splitBase: "current",
  splitGross: false,
  remainder: "largestFraction",
  respread: true,
  tax: { prices: "untaxed", per: "line" },
  short: "partial",
  groups: {},
  fuel: { base: 1_000_000, perLine: 100_000, perPromotion: 1_000_000 },
  onFault: "skip",
};
