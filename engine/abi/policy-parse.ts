import { groupChain } from "./group-chain.ts";
import { MAX_GROUPS } from "./layout.ts";
import { type GroupPolicy, MAX_FUEL, type Policy } from "./policy.ts";
import { bad, integer, list, literal, map, matching, name, object, optional } from "./shape.ts";

/** A lane is a matter of pre, default and post; presets have two or three. */
const MAX_LANES = 64;
/** The IANA database has about 600 names. */
const MAX_ZONES = 1000;
/** Two a year for a zone with summer time: five centuries. */
const MAX_TRANSITIONS = 1000;
const DAY_MINUTES = 24 * 60;

const fuel = integer(1, MAX_FUEL);
const rounding = literal("halfUp", "halfEven", "halfDown", "down", "up");
const base = literal("initial", "current");
const flag = literal(true, false);
type Transition = NonNullable<Policy["timeZones"]>[string][number];

const fields = object<Policy>({
  name,
  description: optional(matching(/^/)),
  lines: literal("canonical", "asGiven"),
  phases: literal("ordered", "together"),
  // The empty name is the lane of promotions that name none.
  lanes: list(matching(/^.{0,256}$/s), MAX_LANES),
  exclusive: literal("first", "inOrder"),
  percentBase: base,
  thresholdBase: base,
  partBase: literal("left", "reduced"),
  rounding: object<Policy["rounding"]>({
    amount: rounding,
    share: rounding,
    catalog: rounding,
    tax: rounding,
    percentOf: literal("unit", "line"),
  }),
  split: literal("proportional", "quantity", "even"),
  splitBase: base,
  splitGross: flag,
  remainder: literal("largestFraction", "first", "last", "none"),
  respread: flag,
  tax: object<Policy["tax"]>({
    prices: literal("untaxed", "net", "gross"),
    per: literal("line", "unit", "rate"),
  }),
  short: literal("partial", "drop", "dropShare"),
  // A floor of the whole price would forbid every sale.
  marginFloor: optional(
    object<NonNullable<Policy["marginFloor"]>>({
      basisPoints: integer(0, 9_999),
      unknownCost: literal("refuse", "ignoreLine"),
    }),
  ),
  cash: optional(object<NonNullable<Policy["cash"]>>({ step: integer(1, 2 ** 31 - 1), rounding })),
  groups: map(
    name,
    object<GroupPolicy>({
      mode: literal("stack", "first", "highest", "lowest", "best"),
      per: optional(literal("order", "line")),
      ties: optional(literal("first", "last")),
      parent: optional(name),
    }),
    MAX_GROUPS,
  ),
  timeZones: optional(
    map(
      name,
      list(
        object<Transition>({
          from: integer(Number.MIN_SAFE_INTEGER),
          offset: integer(-DAY_MINUTES, DAY_MINUTES),
        }),
        MAX_TRANSITIONS,
        1,
      ),
      MAX_ZONES,
    ),
  ),
  fuel: object<Policy["fuel"]>({ base: fuel, perLine: fuel, perPromotion: fuel }),
  onFault: literal("skip", "refuse"),
});

/** A policy with every field stated. Throws DOCUMENT_* with the place and the value. */
export function parsePolicy(value: unknown, at: string): Policy {
  const policy = fields(value, at);
  const { lanes, groups, timeZones = {} } = policy;
  if (new Set(lanes).size < lanes.length) throw bad(`${at}.lanes`, lanes.join(", "));
  for (const group of Object.keys(groups)) groupChain(groups, group, at);
  for (const [zone, transitions] of Object.entries(timeZones)) {
    const wrong = transitions.findIndex(({ from }, i) => i > 0 && from <= transitions[i - 1]!.from);
    if (wrong > 0) throw bad(`${at}.timeZones.${zone}[${wrong}].from`, transitions[wrong]!.from);
  }
  return policy;
}
