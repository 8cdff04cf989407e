import type { Attribute, Filter, Match, Range } from "@haggle/abi";
import type { Line } from "./state.ts";

// Section 3: which strings match, which lines a filter lets through.

/** Whether one of them, every one or none of the strings asked for is there; all that is stated must hold. */
export function matches(match: Match, present: readonly string[]): boolean {
  return clausesOf(match, present).every(Boolean);
}

/** What each list of a match says. */
function clausesOf(match: Match, present: readonly string[]): boolean[] {
  const lists = "length" in match ? { any: match } : match;
  const { any, every, none } = lists as Exclude<Match, readonly string[]>;
  return [
    ...(any ? [any.some((text) => present.includes(text))] : []),
    ...(every ? [every.every((text) => present.includes(text))] : []),
    ...(none ? [!none.some((text) => present.includes(text))] : []),
  ];
}

/** Whether a filter lets a line through. No filter lets all through. */
export function passes(filter: Filter | undefined, line: Line): boolean {
  if (!filter) return true;
  const { goods } = line;
  const clauses: boolean[] = [];
  const strings = (match: Match | undefined, present: readonly string[]) => {
    if (match) clauses.push(...clausesOf(match, present));
  };
  strings(filter.categories, goods.categories);
  strings(filter.products, [goods.productId]);
  strings(filter.skus, [goods.sku]);
  for (const [key, asked] of Object.entries(filter.attributes ?? {})) {
    const value = goods.attributes?.[key];
    if (isRange(asked)) clauses.push(typeof value === "number" && within(asked, BigInt(value)));
    else strings(asked, textsOf(value));
  }
  if (filter.unitPrice) clauses.push(within(filter.unitPrice, line.price));
  if (filter.quantity) clauses.push(within(filter.quantity, BigInt(line.quantity)));
  if (filter.subscription !== undefined) {
    clauses.push((goods.subscription ?? false) === filter.subscription);
  }
  if (filter.undiscounted) clauses.push(isUndiscounted(line));
  return filter.match === "any" ? clauses.some(Boolean) : clauses.every(Boolean);
}

/** Nothing taken off yet, in the catalog phase or behind it. */
export function isUndiscounted({ catalog, taken }: Line): boolean {
  return catalog + taken === 0n;
}

export function textsOf(value: Attribute | undefined): string[] {
  return typeof value === "string" ? [value] : [];
}

function isRange(asked: Match | Range): asked is Range {
  return "min" in asked || "max" in asked;
}

function within({ min, max }: Range, value: bigint): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}
