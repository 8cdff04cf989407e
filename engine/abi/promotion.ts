// Promotions and policy: the data of a release that says which rules run, with what, in what order.

import { type Code, HaggleError } from "./errors.ts";
import { MAX_PROMOTIONS, MAX_STRING } from "./layout.ts";

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
  /** Epoch ms: from inclusive, until exclusive. */
  window?: { from?: number; until?: number };
  /** The campaign symbol that the cart's coupons must hold. */
  coupon?: string;
  /** The budget that a granted amount is claimed from. */
  budget?: string;
  /** Reads what only the server knows: never runs in a preview. */
  serverOnly?: boolean;
};

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

/** Parses one promotion of a release. Throws PROMOTION_* with the place and the value. */
export function parsePromotion(value: unknown, at: string): Promotion {
  const fields = parseObject(value, at, PROMOTION_FIELDS);
  const promotion: Promotion = {
    id: parseString(fields.id, `${at}.id`),
    rule: parseString(fields.rule, `${at}.rule`),
    priority: parseInteger(fields.priority ?? 0, `${at}.priority`, -(2 ** 31), 2 ** 31 - 1),
  };
  if (fields.parameters !== undefined) {
    promotion.parameters = parseParameters(fields.parameters, `${at}.parameters`);
  }
  if (fields.group !== undefined) promotion.group = parseString(fields.group, `${at}.group`);
  if (fields.window !== undefined) promotion.window = parseWindow(fields.window, `${at}.window`);
  if (fields.coupon !== undefined) promotion.coupon = parseString(fields.coupon, `${at}.coupon`);
  if (fields.budget !== undefined) promotion.budget = parseString(fields.budget, `${at}.budget`);
  if (fields.serverOnly !== undefined) {
    promotion.serverOnly = parseBoolean(fields.serverOnly, `${at}.serverOnly`);
  }
  return promotion;
}

/** Parses the promotions of a release and refuses two with one id. */
export function parsePromotions(value: unknown, at: string): Promotion[] {
  if (!Array.isArray(value)) throw refuse("PROMOTION_WRONG_TYPE", "Promotions are an array", at, value);
  if (value.length > MAX_PROMOTIONS) {
    throw refuse("PROMOTION_TOO_MANY", `At most ${MAX_PROMOTIONS} promotions`, at, value.length);
  }
  const promotions = value.map((entry, i) => parsePromotion(entry, `${at}[${i}]`));
  const seen = new Set<string>();
  for (const [i, { id }] of promotions.entries()) {
    if (seen.has(id)) throw refuse("PROMOTION_DUPLICATE", "Promotion ids are unique", `${at}[${i}].id`, id);
    seen.add(id);
  }
  return promotions;
}

/** Parses the policy of a release. Throws PROMOTION_* with the place and the value. */
export function parsePolicy(value: unknown, at: string): Policy {
  const fields = parseObject(value, at, ["name", "groups", "fuel", "onFault"]);
  const groups: Record<string, GroupMode> = Object.create(null);
  for (const [group, mode] of Object.entries(parseObject(fields.groups, `${at}.groups`))) {
    if (mode !== "stack" && mode !== "first") {
      throw refuse(
        "PROMOTION_WRONG_TYPE",
        'A group mode is "stack" or "first"',
        `${at}.groups.${group}`,
        mode,
      );
    }
    groups[group] = mode;
  }
  const fuel = parseObject(fields.fuel, `${at}.fuel`, ["base", "perLine", "perPromotion"]);
  const amount = (key: string) => parseInteger(fuel[key], `${at}.fuel.${key}`, 1, MAX_FUEL);
  if (fields.onFault !== "skip" && fields.onFault !== "refuse") {
    throw refuse("PROMOTION_WRONG_TYPE", 'onFault is "skip" or "refuse"', `${at}.onFault`, fields.onFault);
  }
  return {
    name: parseString(fields.name, `${at}.name`),
    groups,
    fuel: { base: amount("base"), perLine: amount("perLine"), perPromotion: amount("perPromotion") },
    onFault: fields.onFault,
  };
}

const PROMOTION_FIELDS = [
  "id",
  "rule",
  "parameters",
  "priority",
  "group",
  "window",
  "coupon",
  "budget",
  "serverOnly",
];

function parseWindow(value: unknown, at: string): { from?: number; until?: number } {
  const fields = parseObject(value, at, ["from", "until"]);
  const time = (key: string) => parseInteger(fields[key], `${at}.${key}`, 0, Number.MAX_SAFE_INTEGER);
  return {
    ...(fields.from === undefined ? {} : { from: time("from") }),
    ...(fields.until === undefined ? {} : { until: time("until") }),
  };
}

/** Only the outer shape: the types stand in the rule's schema, checked when the table is encoded. */
function parseParameters(value: unknown, at: string): Record<string, ParameterValue> {
  const parameters: Record<string, ParameterValue> = Object.create(null);
  for (const [name, entry] of Object.entries(parseObject(value, at))) {
    const known =
      entry === null ||
      ["number", "string", "boolean"].includes(typeof entry) ||
      (Array.isArray(entry) && entry.every((item) => typeof item === "string"));
    if (!known) {
      throw refuse("PROMOTION_WRONG_TYPE", "A parameter is a scalar or strings", `${at}.${name}`, entry);
    }
    parameters[name] = entry as ParameterValue;
  }
  return parameters;
}

function parseObject(value: unknown, at: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse("PROMOTION_WRONG_TYPE", "An object is needed", at, value);
  }
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw refuse("PROMOTION_UNKNOWN_FIELD", `No such field`, `${at}.${unknown}`, unknown);
  }
  return value as Record<string, unknown>;
}

function parseString(value: unknown, at: string): string {
  if (value === undefined) throw refuse("PROMOTION_MISSING_FIELD", "A string is needed", at, value);
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_STRING) {
    throw refuse("PROMOTION_WRONG_TYPE", `A string of 1 to ${MAX_STRING} characters is needed`, at, value);
  }
  return value;
}

function parseInteger(value: unknown, at: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value)) throw refuse("PROMOTION_WRONG_TYPE", "An integer is needed", at, value);
  if ((value as number) < least || (value as number) > most) {
    throw refuse("PROMOTION_OUT_OF_RANGE", `An integer from ${least} to ${most} is needed`, at, value);
  }
  return value as number;
}

function parseBoolean(value: unknown, at: string): boolean {
  if (typeof value !== "boolean") throw refuse("PROMOTION_WRONG_TYPE", "true or false is needed", at, value);
  return value;
}

function refuse(code: Code, message: string, at: string, value: unknown): HaggleError {
  return new HaggleError(code, message, { at, value });
}
