// One condition that did not hold, in words.

import type { Condition, Filter, Match, Operator, Range } from "@haggle/abi";
import { type Facts, findLocalTime, findNumber, findTexts, isRange } from "./figures.ts";
import type { Spelling } from "./spelling.ts";
import type { Comparison, MatchMode } from "./texts.ts";

const OPPOSITE: { readonly [Name in Operator]: Comparison } = {
  atLeast: "lessThan",
  atMost: "moreThan",
  equal: "notEqual",
  moreThan: "atMost",
  lessThan: "atLeast",
};

const OPPOSITE_MODES: { readonly [Mode in MatchMode]: MatchMode } = {
  any: "none",
  every: "notEvery",
  none: "any",
  notEvery: "every",
};

/** Whether a condition compares amounts of money: all the totals, and `cheapest` and `dearest`. */
export function isMoney({ kind }: Condition): boolean {
  return /Total$|est$/.test(kind);
}

/** Without `facts` it says what the condition asks for, but not what it found. */
export function describeCondition(
  condition: Condition,
  spelling: Spelling,
  facts: Facts | undefined,
): string {
  const { texts } = spelling;
  const wanted = condition.not !== true;
  switch (condition.kind) {
    case "loggedIn":
      return texts.loggedIn(wanted);
    case "timeOfDay": {
      const minutes = facts && findLocalTime(facts)?.minutes;
      const noun = texts.noun(condition.kind, "");
      return texts.between(
        noun,
        minutes === undefined ? undefined : clockOf(minutes),
        condition.from,
        condition.until,
        wanted,
      );
    }
    case "weekday": {
      const weekday = facts && findLocalTime(facts)?.weekday;
      const days = spelling.either(condition.days.map(spelling.weekday));
      return texts.weekdays(weekday === undefined ? undefined : spelling.weekday(weekday), days, wanted);
    }
    case "period": {
      const time = (moment: number | undefined) => (moment === undefined ? undefined : spelling.time(moment));
      return texts.period(time(condition.from), time(condition.until), wanted);
    }
    default:
      return "match" in condition
        ? describeMatchTest(condition, spelling, facts)
        : describeComparison(condition, spelling, facts);
  }
}

function describeComparison(
  condition: Extract<Condition, { value: number }>,
  spelling: Spelling,
  facts: Facts | undefined,
): string {
  const { texts } = spelling;
  const { operator = "atLeast", value } = condition;
  const comparison = condition.not ? OPPOSITE[operator] : operator;
  const spell = isMoney(condition) ? spelling.money : spelling.number;
  const plain = texts.noun(condition.kind, "key" in condition ? condition.key : "");
  const filter = "filter" in condition ? condition.filter : undefined;
  const noun = filter === undefined ? plain : texts.ofGoods(plain, describeFilter(filter, spelling));
  const actual = facts && findNumber(condition, facts);
  if (actual === undefined) return texts.compared(noun, undefined, comparison, spell(value), undefined);
  // An exact bound is missed by one more than the difference.
  const isExact = comparison === "moreThan" || comparison === "lessThan";
  const isEquality = comparison === "equal" || comparison === "notEqual";
  const gap = Math.abs(value - actual) + (isExact ? 1 : 0);
  return texts.compared(noun, spell(actual), comparison, spell(value), isEquality ? undefined : spell(gap));
}

function describeMatchTest(
  condition: Extract<Condition, { match: Match }>,
  spelling: Spelling,
  facts: Facts | undefined,
): string {
  const { texts } = spelling;
  const found = facts && findTexts(condition, facts);
  const actual = found && (found.length === 0 ? texts.nothing : spelling.both(found));
  const noun = texts.noun(condition.kind, "key" in condition ? condition.key : "");
  return texts.matched(noun, actual, describeMatch(condition.match, spelling, condition.not === true));
}

function describeMatch(match: Match, spelling: Spelling, isTurned = false): string {
  const { any, every, none } = "length" in match ? { any: match } : match;
  const lists: [MatchMode, readonly string[] | undefined][] = [
    ["any", any],
    ["every", every],
    ["none", none],
  ];
  const parts = lists.flatMap(([mode, values]) => {
    if (values === undefined) return [];
    const needed = isTurned ? OPPOSITE_MODES[mode] : mode;
    const joined = needed === "any" || needed === "none" ? spelling.either(values) : spelling.both(values);
    return [spelling.texts.match(needed, values.length === 0 ? spelling.texts.nothing : joined)];
  });
  // Turned around, one of the parts has to fail.
  return isTurned ? spelling.either(parts) : spelling.both(parts);
}

/** Which goods, such as "category shoes, unit price from €10.00". */
function describeFilter(filter: Filter, spelling: Spelling): string {
  const { texts } = spelling;
  const clauses: string[] = [];
  for (const name of ["categories", "products", "skus"] as const) {
    const match = filter[name];
    if (match !== undefined) clauses.push(texts.field(name, describeMatch(match, spelling)));
  }
  const range = (name: "unitPrice" | "quantity" | "number", { min, max }: Range): string => {
    const spell = name === "unitPrice" ? spelling.money : spelling.number;
    return texts.range(name, min === undefined ? min : spell(min), max === undefined ? max : spell(max));
  };
  for (const [key, test] of Object.entries(filter.attributes ?? {})) {
    const needs = isRange(test) ? range("number", test) : describeMatch(test, spelling);
    clauses.push(texts.attribute(key, needs));
  }
  if (filter.unitPrice !== undefined) clauses.push(range("unitPrice", filter.unitPrice));
  if (filter.quantity !== undefined) clauses.push(range("quantity", filter.quantity));
  if (filter.subscription !== undefined) clauses.push(texts.subscription(filter.subscription));
  if (filter.undiscounted) clauses.push(texts.undiscounted);
  return filter.match === "any" ? spelling.either(clauses) : spelling.both(clauses);
}

function clockOf(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
