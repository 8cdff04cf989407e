// The clauses of a filter: what each of its fields asks of a line, one list or one pair of bounds at a time.

import * as L from "./layout.ts";
import type { Filter, Match, Range } from "./promotion.ts";

/** One thing that a filter asks: the strings that it compares with, or the bounds of a number. */
export type Clause = {
  /** FIELD_* */
  field: number;
  /** MODE_* over `texts`. */
  mode: number;
  /** The name of an attribute. */
  key?: string;
  texts?: readonly string[];
  min: number;
  max: number;
};

/** The clauses in the order in which the table holds them. */
export function listClauses(filter: Filter): Clause[] {
  const { categories, products, skus, attributes, unitPrice, quantity, subscription, undiscounted } = filter;
  const clauses = [
    ...matchClauses(L.FIELD_CATEGORY, categories),
    ...matchClauses(L.FIELD_PRODUCT, products),
    ...matchClauses(L.FIELD_SKU, skus),
  ];
  for (const key of Object.keys(attributes ?? {}).sort()) {
    const asked = attributes![key]!;
    if (isRange(asked)) clauses.push({ ...rangeClause(L.FIELD_NUMBER, asked), key });
    else for (const clause of matchClauses(L.FIELD_ATTRIBUTE, asked)) clauses.push({ ...clause, key });
  }
  if (unitPrice) clauses.push(rangeClause(L.FIELD_UNIT_PRICE, unitPrice));
  if (quantity) clauses.push(rangeClause(L.FIELD_QUANTITY, quantity));
  if (subscription !== undefined) {
    const bound = subscription ? 1 : 0;
    clauses.push(rangeClause(L.FIELD_SUBSCRIPTION, { min: bound, max: bound }));
  }
  if (undiscounted) clauses.push(rangeClause(L.FIELD_UNDISCOUNTED, {}));
  return clauses;
}

/** The lists that a match states, each with its MODE_*. */
export function listModes(match: Match): [mode: number, texts: readonly string[]][] {
  if (isList(match)) return [[L.MODE_ANY, match]];
  const modes: [number, readonly string[]][] = [];
  if (match.any) modes.push([L.MODE_ANY, match.any]);
  if (match.every) modes.push([L.MODE_EVERY, match.every]);
  if (match.none) modes.push([L.MODE_NONE, match.none]);
  return modes;
}

/** Whether an attribute is asked for as a number. */
export function isRange(asked: Match | Range): asked is Range {
  return Object.hasOwn(asked, "min") || Object.hasOwn(asked, "max");
}

function matchClauses(field: number, match: Match | undefined): Clause[] {
  if (!match) return [];
  return listModes(match).map(([mode, texts]) => ({ ...rangeClause(field, {}), mode, texts }));
}

function rangeClause(field: number, range: Range): Clause {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  return { field, mode: L.MODE_ANY, min, max };
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(match: Match): match is readonly string[] {
  return Array.isArray(match);
}
