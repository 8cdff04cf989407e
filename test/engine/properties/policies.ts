import { DEFAULT_POLICY, type GroupPolicy, type Policy } from "@haggle/abi";
import fc from "fast-check";
import { sometimes, stated, ZONE } from "./vocabulary.ts";

/** What is tried is what policies say about prices, not how much they let rules compute. */
const FUEL = { base: 1_500_000_000, perLine: 1_000_000, perPromotion: 1_000_000 };
/** One zone, an hour ahead and two in summer. */
const ZONES = {
  [ZONE]: [
    { from: 0, offset: 60 },
    { from: 1_774_746_000_000, offset: 120 },
    { from: 1_790_200_000_000, offset: 60 },
  ],
};

const roundings = fc.constantFrom("halfUp", "halfEven", "halfDown", "down", "up");
const bases = fc.constantFrom("initial", "current");

const groupPolicies = (parent?: string): fc.Arbitrary<GroupPolicy> =>
  fc
    .record({
      mode: fc.constantFrom("stack", "first", "highest", "lowest", "best", "best"),
      per: sometimes(fc.constantFrom("order", "line"), 2),
      ties: sometimes(fc.constantFrom("first", "last"), 2),
    })
    .map((fields) => ({ ...stated(fields), ...(parent !== undefined && { parent }) }) as GroupPolicy);

/** Two trees, one of them three deep, and one for the catalog phase. */
const groupsOf: fc.Arbitrary<Policy["groups"]> = fc.record({
  outer: groupPolicies(),
  middle: groupPolicies("outer"),
  inner: groupPolicies("middle"),
  other: groupPolicies(),
  prices: groupPolicies(),
});

/** Each field of a policy with all that it may say. */
const fields = {
  lines: fc.constantFrom("canonical", "asGiven"),
  phases: fc.constantFrom("ordered", "together"),
  lanes: fc.constantFrom([], ["pre", "", "post"], ["pre", "post"]),
  exclusive: fc.constantFrom("first", "inOrder"),
  percentBase: bases,
  thresholdBase: bases,
  rounding: fc.record({
    amount: roundings,
    share: roundings,
    catalog: roundings,
    tax: roundings,
    percentOf: fc.constantFrom("unit", "line"),
  }),
  split: fc.constantFrom("proportional", "quantity", "even"),
  splitBase: bases,
  splitGross: fc.boolean(),
  partBase: fc.constantFrom("left", "reduced"),
  remainder: fc.constantFrom("largestFraction", "first", "last", "none"),
  respread: fc.boolean(),
  tax: fc.record({
    prices: fc.constantFrom("untaxed", "net", "gross"),
    per: fc.constantFrom("line", "unit", "rate"),
  }),
  short: fc.constantFrom("partial", "drop", "dropShare"),
  marginFloor: sometimes(
    fc.record({
      basisPoints: fc.constantFrom(0, 1_000, 2_500, 3_333),
      unknownCost: fc.constantFrom("refuse", "ignoreLine"),
    }),
    3,
  ),
  cash: sometimes(fc.record({ step: fc.constantFrom(5, 10), rounding: roundings }), 3),
} as const satisfies { [Field in keyof Policy]?: fc.Arbitrary<Policy[Field] | undefined> };

const common = (groups: Policy["groups"]): Policy => ({
  ...DEFAULT_POLICY,
  fuel: FUEL,
  groups,
  timeZones: ZONES,
});

export const defaultPolicies: fc.Arbitrary<Policy> = groupsOf.map(common);

/** The default with one or two fields varied, or all of them. */
export const policies: fc.Arbitrary<Policy> = fc
  .tuple(
    groupsOf,
    fc.record(fields),
    fc.oneof(
      fc.subarray(Object.keys(fields), { minLength: 0, maxLength: 2 }),
      fc.constant(Object.keys(fields)),
    ),
  )
  .map(([groups, all, varied]) => {
    const chosen = Object.fromEntries(Object.entries(all).filter(([field]) => varied.includes(field)));
    return { ...common(groups), ...stated(chosen) } as Policy;
  });
