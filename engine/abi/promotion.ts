// Promotions and policy: the data of a release that says which rules run, with what, in what order.

import { refuse } from "./errors.ts";
import { MAX_PROMOTIONS, MAX_TAGS } from "./layout.ts";
import { integer, list, literal, map, matching, name, object, optional } from "./shape.ts";

/** The value a promotion gives for a parameter of its rule, as in JSON. */
export type ParameterValue = number | string | boolean | readonly string[] | null;

/** Rule + parameters + place in the order: data that needs no recompile. */
export type Promotion = {
  id: string;
  /** The name of a rule of the bundle. */
  rule: string;
  /** Amounts in minor units, percentages as decimal strings; what is left out keeps the rule's default. */
  parameters?: Readonly<Record<string, ParameterValue>>;
  /** Higher runs first; equal priorities run by id. */
  priority: number;
  group?: string;
  window?: PromotionWindow;
  /** The campaign symbol that the cart's coupons must hold. */
  coupon?: string;
  /** The budget that a granted amount is claimed from. */
  budget?: string;
  /** Reads what only the server knows: never runs in a preview. */
  serverOnly?: boolean;
};

/** Epoch ms: from inclusive, until exclusive. */
export type PromotionWindow = { from?: number; until?: number };

/** How promotions of one group meet: all of them apply, or only the first that takes something off. */
export type GroupMode = "stack" | "first";

/** The shop's own rules of order and fault, part of the release. */
export type Policy = {
  name: string;
  /** Groups not named here stack. */
  groups: Readonly<Record<string, GroupMode>>;
  /** Fuel: the resolver may use base + perLine x lines, each rule perPromotion. */
  fuel: { base: number; perLine: number; perPromotion: number };
  /** What a rule that traps or runs dry does to the evaluation. */
  onFault: "skip" | "refuse";
};

/**
 * Percentages are of the initial line or order total, rounded half up; order amounts are split over lines in
 * proportion to what is left of them, the remainder to the largest fractions; nothing goes below zero.
 */
export const DEFAULT_POLICY: Policy = {
  name: "default",
  groups: {},
  // Measured: 50 rules on 100 lines use about 400,000 in all. A rule has room for 1,000 lines many times over.
  fuel: { base: 1_000_000, perLine: 100_000, perPromotion: 1_000_000 },
  onFault: "skip",
};

/** The most fuel that one evaluation may be given: it must fit a signed 32-bit counter. */
export const MAX_FUEL = 2_000_000_000;

/** The promotions of a release. Throws DOCUMENT_* with the place and the value, PROMOTION_DUPLICATE for two with one id. */
export function parsePromotions(value: unknown, at: string): Promotion[] {
  const promotions = list(
    object<Promotion>({
      id: name,
      rule: name,
      priority: priorityOrZero,
      // Only the outer shape: the types stand in the rule's schema, checked when the table is encoded.
      parameters: optional(map(name, parameterValue, MAX_PROMOTIONS)),
      group: optional(name),
      window: optional(object<PromotionWindow>({ from: optional(integer(0)), until: optional(integer(0)) })),
      coupon: optional(name),
      budget: optional(name),
      serverOnly: optional(literal(true, false)),
    }),
    MAX_PROMOTIONS,
  )(value, at);
  const ids = new Set<string>();
  for (const { id } of promotions) {
    if (ids.size === ids.add(id).size) throw refuse("PROMOTION_DUPLICATE", at, id);
  }
  return promotions;
}

/** The policy of a release. Throws DOCUMENT_* with the place and the value. */
export function parsePolicy(value: unknown, at: string): Policy {
  const fuel = integer(1, MAX_FUEL);
  return object<Policy>({
    name,
    groups: map(name, literal("stack", "first"), MAX_PROMOTIONS),
    fuel: object({ base: fuel, perLine: fuel, perPromotion: fuel }),
    onFault: literal("skip", "refuse"),
  })(value, at);
}

function priorityOrZero(value: unknown, at: string): number {
  return integer(-(2 ** 31), 2 ** 31 - 1)(value ?? 0, at);
}

/** JSON holds nothing but scalars, null, lists and objects. */
function parameterValue(value: unknown, at: string): ParameterValue {
  if (typeof value === "object" && value !== null) return list(matching(/^/), MAX_TAGS)(value, at);
  return value as ParameterValue;
}
