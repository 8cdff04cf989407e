import { isRange, listClauses } from "./filter-clauses.ts";
import { MAX_CLAUSES, MAX_TAGS } from "./layout.ts";
import type { Filter, Match, Range } from "./promotion.ts";
import { bad, integer, list, literal, map, name, object, optional, type Read } from "./shape.ts";

const texts = list(name, MAX_TAGS);
const lists = object<Exclude<Match, readonly string[]>>({
  any: optional(texts),
  every: optional(texts),
  none: optional(texts),
});
const bounds = object<Range>({
  min: optional(integer(Number.MIN_SAFE_INTEGER)),
  max: optional(integer(Number.MIN_SAFE_INTEGER)),
});
const fields = object<Filter>({
  match: optional(literal("all", "any")),
  categories: optional(match),
  products: optional(match),
  skus: optional(match),
  attributes: optional(map(name, attribute, MAX_CLAUSES)),
  unitPrice: optional(range),
  quantity: optional(range),
  subscription: optional(literal(true, false)),
  undiscounted: optional(literal(true)),
});

/** Reads a filter. Throws DOCUMENT_* with the place and the value. */
export const parseFilter: Read<Filter> = (value, at) => {
  const filter = fields(value, at);
  const { length } = listClauses(filter);
  if (length > MAX_CLAUSES) throw bad(at, length);
  return filter;
};

/** Strings to compare with in one way: any of them, every one, or none. */
export const parseOneMatch: Read<Match> = (value, at) => {
  const found = match(value, at);
  if (!Array.isArray(found) && Object.keys(found).length > 1) throw bad(at, value);
  return found;
};

function match(value: unknown, at: string): Match {
  if (Array.isArray(value)) return texts(value, at);
  return atLeastOne(lists(value, at), at, value);
}

function range(value: unknown, at: string): Range {
  const found = atLeastOne(bounds(value, at), at, value);
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = found;
  if (min > max) throw bad(at, `${min} to ${max}`);
  return found;
}

function attribute(value: unknown, at: string): Match | Range {
  const isNumber = typeof value === "object" && value !== null && isRange(value);
  return isNumber ? range(value, at) : match(value, at);
}

/** An object that states nothing is a mistake: it would let everything through, or nothing. */
function atLeastOne<T extends object>(found: T, at: string, value: unknown): T {
  if (Object.keys(found).length === 0) throw bad(at, value);
  return found;
}
