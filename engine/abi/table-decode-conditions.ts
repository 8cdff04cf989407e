// Filters and conditions read back, each in its one normal form: defaults left out, lists by their mode.

import { BASES, CONDITIONS, OPERATORS } from "./codes.ts";
import * as L from "./layout.ts";
import type { Condition, Filter, Match, Range } from "./promotion.ts";
import type { TableReader } from "./table-reader.ts";

const MODES = { any: L.MODE_ANY, every: L.MODE_EVERY, none: L.MODE_NONE } as const;

/** The filter at the address in `at`, undefined when there is none. */
export function decodeFilter(read: TableReader, at: number): Filter | undefined {
  if (read.u32(at) === 0) return undefined;
  const block = read.address(at, L.FILTER_CLAUSES);
  const count = read.index(block + L.FILTER_COUNT, L.MAX_CLAUSES + 1);
  read.address(at, L.FILTER_CLAUSES + count * L.CLAUSE_STRIDE);
  const filter: Filter = read.index(block + L.FILTER_MATCH, 2) === L.MODE_ANY ? { match: "any" } : {};
  for (let i = 0; i < count; i++) {
    addClause(read, filter, block + L.FILTER_CLAUSES + i * L.CLAUSE_STRIDE);
  }
  return filter;
}

function addClause(read: TableReader, filter: Filter, record: number): void {
  const key = read.text(record + L.CLAUSE_KEY);
  switch (read.u32(record + L.CLAUSE_FIELD)) {
    case L.FIELD_CATEGORY:
      filter.categories = decodeMatch(read, record, filter.categories);
      break;
    case L.FIELD_PRODUCT:
      filter.products = decodeMatch(read, record, filter.products);
      break;
    case L.FIELD_SKU:
      filter.skus = decodeMatch(read, record, filter.skus);
      break;
    case L.FIELD_ATTRIBUTE: {
      const before = filter.attributes?.[key] as Match | undefined;
      filter.attributes = { ...filter.attributes, [key]: decodeMatch(read, record, before) };
      break;
    }
    case L.FIELD_NUMBER:
      filter.attributes = { ...filter.attributes, [key]: decodeRange(read, record) };
      break;
    case L.FIELD_UNIT_PRICE:
      filter.unitPrice = decodeRange(read, record);
      break;
    case L.FIELD_QUANTITY:
      filter.quantity = decodeRange(read, record);
      break;
    case L.FIELD_SUBSCRIPTION:
      filter.subscription = read.i64(record + L.CLAUSE_MIN) === 1;
      break;
    case L.FIELD_UNDISCOUNTED:
      filter.undiscounted = true;
      break;
    default:
      throw read.bad(record + L.CLAUSE_FIELD);
  }
}

function decodeMatch(read: TableReader, record: number, before: Match | undefined): Match {
  const mode = read.word(MODES, record + L.CLAUSE_MODE);
  return { ...before, [mode]: read.tags(record + L.CLAUSE_TAGS) ?? [] };
}

function decodeRange(read: TableReader, record: number): Range {
  const min = read.i64(record + L.CLAUSE_MIN);
  const max = read.i64(record + L.CLAUSE_MAX);
  return {
    ...(min !== Number.MIN_SAFE_INTEGER && { min }),
    ...(max !== Number.MAX_SAFE_INTEGER && { max }),
  };
}

export function decodeCondition(read: TableReader, record: number): Condition {
  const kind = read.word(CONDITIONS, record + L.CONDITION_KIND);
  const flags = read.u32(record + L.CONDITION_FLAGS);
  const not = flags & L.CONDITION_NOT ? { not: true } : {};
  const value = read.i64(record + L.CONDITION_VALUE);
  const until = read.i64(record + L.CONDITION_UNTIL);
  const number = () => {
    const operator = read.word(OPERATORS, record + L.CONDITION_OPERATOR);
    return { ...(operator !== "atLeast" && { operator }), value, ...not };
  };
  const money = () => ({
    ...number(),
    ...(read.u32(record + L.CONDITION_BASE) !== L.BASE_POLICY && {
      base: read.word(BASES, record + L.CONDITION_BASE),
    }),
    ...(flags & L.CONDITION_GROSS && { tax: "gross" as const }),
    ...(flags & L.CONDITION_NET && { tax: "net" as const }),
  });
  const filter = () => {
    const found = decodeFilter(read, record + L.CONDITION_FILTER);
    return found && { filter: found };
  };
  const match = (): { match: Match } => ({
    match: {
      [read.word(MODES, record + L.CONDITION_MODE)]: read.tags(record + L.CONDITION_TAGS) ?? [],
    },
  });
  const key = () => read.text(record + L.CONDITION_KEY);
  switch (kind) {
    case "goodsTotal":
    case "cheapest":
    case "dearest":
      return { kind, ...filter(), ...money() };
    case "quantity":
    case "lines":
    case "lineQuantity":
      return { kind, ...filter(), ...number() };
    case "orderTotal":
    case "shippingTotal":
      return { kind, ...money() };
    case "loggedIn":
      return { kind, ...not };
    case "orders":
      return { kind, ...number() };
    case "counter":
      return { kind, key: key(), ...number() };
    case "customer":
      return { kind, key: key(), ...match(), ...not };
    case "timeOfDay":
      return { kind, from: timeOf(value), until: timeOf(until), ...not };
    case "weekday":
      return { kind, days: [1, 2, 3, 4, 5, 6, 7].filter((day) => value & (1 << (day - 1))), ...not };
    case "period":
      return { kind, from: value, until, ...not };
    default:
      return { kind, ...match(), ...not };
  }
}

/** Minutes of the day as "HH:MM". */
function timeOf(minutes: number): string {
  return [Math.trunc(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
