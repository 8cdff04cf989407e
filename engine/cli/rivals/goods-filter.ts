// Filters made of clauses one after another, when a filter of the engine can hold them together.

import type { Filter, Match } from "@haggle/abi";
import { NotCarried } from "./reading.ts";

export type ListField = "categories" | "products" | "skus";
export type Clause = {
  field: ListField;
  mode: "any" | "every" | "none";
  values: readonly string[];
  at: string;
};

type Lists = Partial<Record<Clause["mode"], readonly string[]>>;

/** All clauses hold. Undefined without any. */
export function allOf(clauses: readonly Clause[]): Filter | undefined {
  const filter: Partial<Record<ListField, Lists>> = {};
  for (const { field, mode, values, at } of clauses) {
    const held = filter[field] ?? {};
    filter[field] = held;
    if (mode === "any" && values.length !== 1) {
      if (held.any !== undefined)
        throw new NotCarried(`two lists of ${field}, of each of which one must match`, at);
      held.any = values;
      continue;
    }
    // One of one is every one, and of those a filter takes as many as there are.
    const key = mode === "none" ? "none" : "every";
    held[key] = [...new Set([...(held[key] ?? []), ...values])];
  }
  if (clauses.length === 0) return undefined;
  return Object.fromEntries(Object.entries(filter).map(([field, lists]) => [field, matchOf(lists)]));
}

/** A bare list where one of it must match. */
function matchOf(lists: Lists): Match {
  const { any, every, none } = lists;
  if (none === undefined && every === undefined) return any!;
  return none === undefined && any === undefined && every!.length === 1 ? every! : lists;
}

/** One of the clauses holds, each of which lists values of which one must match. */
export function anyOf(clauses: readonly Clause[]): Filter | undefined {
  const filter: Partial<Record<ListField, string[]>> = {};
  for (const { field, values } of clauses)
    filter[field] = [...new Set([...(filter[field] ?? []), ...values])];
  const stated = Object.keys(filter).length;
  return stated === 0 ? undefined : stated === 1 ? filter : { match: "any", ...filter };
}
