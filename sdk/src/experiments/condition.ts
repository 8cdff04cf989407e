import { type ExperimentCondition, refuse, type SavedGroup } from "@haggle/abi";
import type { AssignmentContext } from "./assignment.ts";
import { compilePattern, createPatternBudget, type PatternBudget } from "./pattern.ts";
import { padVersion } from "./version.ts";

// GrowthBook's conditions as functions. What its SDK takes and then never fulfils, such as an unknown operator or a group that
// is not there, is refused here.

type Test = (value: unknown) => boolean;

export type SavedGroups = Readonly<Record<string, SavedGroup>>;

/** What all conditions of a set of experiments may come to together, however often they name their groups. */
export type ConditionBudget = PatternBudget & {
  /** Of conditions of groups, as JSON, each as often as it is named. */
  characters: number;
  /** Made once of each list, which has thousands of values. */
  lists: Map<readonly unknown[], Test>;
};

/** Thousands of names of groups as people write them; compiled it takes milliseconds. */
const MAX_NAMED_CHARACTERS = 500_000;

export function createConditionBudget(): ConditionBudget {
  return { ...createPatternBudget(), characters: MAX_NAMED_CHARACTERS, lists: new Map() };
}

type Scope = {
  budget: ConditionBudget;
  groups: SavedGroups;
  /** Groups that this is inside of: none is inside itself. */
  inside: readonly string[];
};

/**
 * A condition as a function. It never throws and takes a bounded time: what cannot be read does not hold.
 *
 * @throws HaggleError EXPERIMENT_CONDITION
 */
export function compileCondition(
  condition: ExperimentCondition,
  at: string,
  budget: ConditionBudget,
  groups: SavedGroups = {},
): (context: AssignmentContext) => boolean {
  const test = compileObject(condition, at, { budget, groups, inside: [] });
  return (context) => {
    try {
      return test(context.attributes ?? {});
    } catch {
      // Attributes are whatever a page has: getters that throw, circles, symbols.
      return false;
    }
  };
}

function compileObject(condition: unknown, at: string, scope: Scope): Test {
  const tests = Object.entries(asObject(condition, at)).map(([key, value]): Test => {
    const place = `${at}.${key}`;
    switch (key) {
      case "$or":
        return anyOf(compileObjects(value, place, scope));
      case "$nor":
        return not(anyOf(compileObjects(value, place, scope)));
      case "$and":
        return allOf(compileObjects(value, place, scope));
      case "$not":
        return not(compileObject(value, place, scope));
      case "$savedGroup":
        return inSavedGroup(value, place, scope);
    }
    const path = key.split(".");
    const test = compileValue(value, place, scope);
    return (attributes) => test(valueAt(attributes, path));
  });
  return allOf(tests);
}

function compileObjects(conditions: unknown, at: string, scope: Scope): Test[] {
  return asList(conditions, at).map((condition, i) => compileObject(condition, `${at}[${i}]`, scope));
}

/** No condition at all is fulfilled. */
function anyOf(tests: readonly Test[]): Test {
  return (value) => tests.length === 0 || tests.some((test) => test(value));
}

function allOf(tests: readonly Test[]): Test {
  if (tests.length === 1) return tests[0]!;
  return (value) => tests.every((test) => test(value));
}

function not(test: Test): Test {
  return (value) => !test(value);
}

/** Of the attributes as a whole. The reference's attribute counts before the list's own. */
function inSavedGroup(reference: unknown, at: string, scope: Scope): Test {
  const { id, attributeKey } = asObject(reference, at) as { id?: unknown; attributeKey?: unknown };
  const group = getGroup(id, `${at}.id`, scope);
  if (group.type === "condition") {
    const name = id as string;
    // It is there as often as it is named: groups of groups of groups would else grow beyond any time.
    scope.budget.characters -= JSON.stringify(group.condition).length;
    if (scope.inside.includes(name) || scope.budget.characters < 0) {
      throw refuse("EXPERIMENT_CONDITION", `${at}.id`, [...scope.inside, name].join(" -> "));
    }
    return compileObject(group.condition, at, { ...scope, inside: [...scope.inside, name] });
  }
  const path = asText(attributeKey ?? group.attributeKey, `${at}.attributeKey`).split(".");
  const test = isInList(group.values, scope);
  return (attributes) => test(valueAt(attributes, path));
}

function getGroup(id: unknown, at: string, { groups }: Scope): SavedGroup {
  const group = typeof id === "string" && Object.hasOwn(groups, id) ? groups[id] : undefined;
  if (group === undefined) throw refuse("EXPERIMENT_CONDITION", at, id);
  return group;
}

/** Of the value that the operator stands on. A group that is a condition has no values. */
function groupValues(id: unknown, at: string, scope: Scope): readonly unknown[] {
  const group = getGroup(id, at, scope);
  if (group.type !== "list") throw refuse("EXPERIMENT_CONDITION", at, id);
  return group.values;
}

/** Null where there is nothing. Only what was given counts, not what every object has, such as a constructor. */
function valueAt(attributes: unknown, path: readonly string[]): unknown {
  let value = attributes;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return null;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function compileValue(condition: unknown, at: string, scope: Scope, insensitive = false): Test {
  if (typeof condition === "string") {
    const folded = condition.toLowerCase();
    if (insensitive) return (value) => String(value).toLowerCase() === folded;
    return (value) => value === condition || String(value) === condition;
  }
  if (typeof condition === "number") return (value) => Number(value) === condition;
  if (typeof condition === "boolean") return (value) => value !== null && !!value === condition;
  if (condition === null) return (value) => value === null;
  if (Array.isArray(condition) || !hasOperators(condition)) {
    const text = JSON.stringify(condition);
    return (value) => JSON.stringify(value) === text;
  }
  return allOf(
    Object.entries(condition as object).map(([operator, operand]) => {
      const place = `${at}.${operator}`;
      const compile = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator]! : undefined;
      if (compile === undefined) throw refuse("EXPERIMENT_CONDITION", place, operator);
      return compile(operand, place, scope);
    }),
  );
}

function hasOperators(condition: unknown): boolean {
  const keys = Object.keys(condition as object);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

const OPERATORS: Readonly<Record<string, (operand: unknown, at: string, scope: Scope) => Test>> = {
  $eq: (operand) => (value) => value === operand,
  $ne: (operand) => (value) => value !== operand,
  // JavaScript's own comparison of whatever there is, as the reference does.
  $lt: (operand) => (value) => (value as number) < (operand as number),
  $lte: (operand) => (value) => (value as number) <= (operand as number),
  $gt: (operand) => (value) => (value as number) > (operand as number),
  $gte: (operand) => (value) => (value as number) >= (operand as number),
  $veq: (operand) => versions(operand, (value, other) => value === other),
  $vne: (operand) => versions(operand, (value, other) => value !== other),
  $vlt: (operand) => versions(operand, (value, other) => value < other),
  $vlte: (operand) => versions(operand, (value, other) => value <= other),
  $vgt: (operand) => versions(operand, (value, other) => value > other),
  $vgte: (operand) => versions(operand, (value, other) => value >= other),
  $in: (operand, at) => isAmong(asList(operand, at), (value) => value),
  $nin: (operand, at) => not(isAmong(asList(operand, at), (value) => value)),
  $inGroup: (operand, at, scope) => isInList(groupValues(operand, at, scope), scope),
  $notInGroup: (operand, at, scope) => not(isInList(groupValues(operand, at, scope), scope)),
  $ini: (operand, at) => isAmong(asList(operand, at), foldCase),
  $nini: (operand, at) => not(isAmong(asList(operand, at), foldCase)),
  $all: (operand, at, scope) => hasAll(operand, at, scope, false),
  $alli: (operand, at, scope) => hasAll(operand, at, scope, true),
  $not: (operand, at, scope) => not(compileValue(operand, at, scope)),
  $exists: (operand) => (value) => (value !== null && value !== undefined) === Boolean(operand),
  $type: (operand, at) => {
    const type = asText(operand, at);
    return (value) => typeName(value) === type;
  },
  $size: (operand, at, scope) => {
    const test = compileValue(operand, at, scope);
    return (value) => Array.isArray(value) && test(value.length);
  },
  $elemMatch: (operand, at, scope) => {
    const test = hasOperators(asObject(operand, at))
      ? compileValue(operand, at, scope)
      : compileObject(operand, at, scope);
    return (value) =>
      Array.isArray(value) && value.some((each) => each !== null && each !== undefined && test(each));
  },
  $regex: (operand, at, scope) => matches(asText(operand, at), at, scope, false),
  $regexi: (operand, at, scope) => matches(asText(operand, at), at, scope, true),
};

function versions(operand: unknown, holds: (value: string, other: string) => boolean): Test {
  const other = padVersion(operand);
  return (value) => holds(padVersion(value), other);
}

/** Of a list, that one of its entries is. */
function isAmong(operands: readonly unknown[], fold: (value: unknown) => unknown): Test {
  const known = new Set(operands.map(fold));
  return (value) =>
    Array.isArray(value) ? value.some((each) => known.has(fold(each))) : known.has(fold(value));
}

function isInList(values: readonly unknown[], { budget: { lists } }: Scope): Test {
  const test = lists.get(values) ?? isAmong(values, (value) => value);
  lists.set(values, test);
  return test;
}

function foldCase(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function hasAll(operand: unknown, at: string, scope: Scope, insensitive: boolean): Test {
  const tests = asList(operand, at).map((each, i) => compileValue(each, `${at}[${i}]`, scope, insensitive));
  return (value) => Array.isArray(value) && tests.every((test) => value.some((each) => test(each)));
}

function matches(source: string, at: string, scope: Scope, insensitive: boolean): Test {
  const pattern = compilePattern(source, { at, insensitive, budget: scope.budget });
  return (value) => pattern(String(value));
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function asObject(value: unknown, at: string): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse("EXPERIMENT_CONDITION", at, value);
  }
  return value;
}

function asList(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw refuse("EXPERIMENT_CONDITION", at, value);
  return value;
}

function asText(value: unknown, at: string): string {
  if (typeof value !== "string") throw refuse("EXPERIMENT_CONDITION", at, value);
  return value;
}
