import { parseCondition } from "./condition-parse.ts";
import { parseEffect } from "./effect-parse.ts";
import { refuse } from "./errors.ts";
import { parseFilter } from "./filter-parse.ts";
import { MAX_CONDITIONS, MAX_LIMITS, MAX_PROMOTIONS, MAX_TABLE_EFFECTS, MAX_TAGS } from "./layout.ts";
import type { Effect, Limit, ParameterValue, Promotion, PromotionWindow } from "./promotion.ts";
import { bad, integer, list, literal, map, matching, name, object, optional } from "./shape.ts";

const flag = optional(literal(true, false));
const text = matching(/^/);
const limit = object<Limit>({ allowance: name, counts: literal("uses", "money", "units") });
const fields = object<Promotion>({
  id: name,
  rule: optional(name),
  // Only the outer shape: the types stand in the rule's schema, checked when the table is encoded.
  parameters: optional(map(name, parameterValue, MAX_TAGS)),
  conditions: optional(list(parseCondition, MAX_CONDITIONS)),
  effects: optional(list(parseEffect, MAX_TABLE_EFFECTS, 1)),
  linked: flag,
  phase: optional(literal("pricing", "catalog", "line", "order", "shipping")),
  filter: optional(parseFilter),
  lane: optional(name),
  priority: priorityOrZero,
  group: optional(name),
  exclusive: flag,
  stopAfter: flag,
  window: optional(object<PromotionWindow>({ from: optional(integer(0)), until: optional(integer(0)) })),
  coupon: optional(name),
  limits: optional(list(limit, MAX_LIMITS)),
  unitsOnce: flag,
  undiscounted: flag,
  unlock: flag,
  serverOnly: flag,
});

/**
 * The promotions of a release, or of a case. Throws DOCUMENT_* with the place and the value, PROMOTION_DUPLICATE for two
 * with one id.
 *
 * @example parsePromotions([{ id: "autumn", effects: [{ target: "order", percent: "10" }] }], "promotions")
 */
export function parsePromotions(value: unknown, at: string): Promotion[] {
  const promotions = list(parsePromotion, MAX_PROMOTIONS)(value, at);
  const ids = new Set<string>();
  for (const { id } of promotions) {
    if (ids.size === ids.add(id).size) throw refuse("PROMOTION_DUPLICATE", at, id);
  }
  return promotions;
}

function parsePromotion(value: unknown, at: string): Promotion {
  const promotion = fields(value, at);
  const { rule, effects, parameters } = promotion;
  if ((rule === undefined) === (effects === undefined)) throw bad(`${at}.rule`, rule);
  if (effects && parameters) throw bad(`${at}.parameters`, parameters);
  if (promotion.phase === "pricing") checkPricing(promotion, at);
  else if (promotion.filter) throw bad(`${at}.filter`, promotion.filter);
  // What the catalog phase takes off becomes the unit price, so each unit of a line must get the same.
  if (promotion.phase === "catalog") {
    for (const [i, effect] of (effects ?? []).entries()) {
      if (!isCatalog(effect)) throw bad(`${at}.effects[${i}]`, effect.target);
    }
  }
  return promotion;
}

/** What promotions say about taking off has no meaning where prices are made. */
const NOT_OF_PRICING = [
  "effects",
  "linked",
  "group",
  "exclusive",
  "stopAfter",
  "limits",
  "unitsOnce",
  "undiscounted",
  "unlock",
] as const satisfies (keyof Promotion)[];

function checkPricing(promotion: Promotion, at: string): void {
  for (const key of NOT_OF_PRICING) {
    if (promotion[key] !== undefined) throw bad(`${at}.${key}`, promotion[key]);
  }
  for (const [i, condition] of (promotion.conditions ?? []).entries()) {
    const isAfter = "base" in condition && condition.base === "after";
    if (isAfter) throw bad(`${at}.conditions[${i}].base`, condition.base);
  }
}

function isCatalog(effect: Effect): boolean {
  return effect.target === "unit" && effect.units === undefined;
}

function priorityOrZero(value: unknown, at: string): number {
  return integer(-(2 ** 31), 2 ** 31 - 1)(value === undefined ? 0 : value, at);
}

/** JSON holds nothing but scalars, null, lists and objects. */
function parameterValue(value: unknown, at: string): ParameterValue {
  if (typeof value === "object" && value !== null) return list(text, MAX_TAGS)(value, at);
  return value as ParameterValue;
}
