import { isDeepStrictEqual } from "node:util";
import type { Strategy } from "@haggle/abi";

export type Difference = {
  added: string[];
  removed: string[];
  changed: { id: string; field: string; before?: unknown; after?: unknown }[];
  /** Those that stand elsewhere among the ones that both have; the order decides who prices a sku. */
  moved: string[];
};

/** By strategy and field; parameters one by one. */
export function diffStrategies(before: readonly Strategy[], after: readonly Strategy[]): Difference {
  const old = new Map(before.map((strategy) => [strategy.id, strategy]));
  const now = new Map(after.map((strategy) => [strategy.id, strategy]));
  const kept = after.filter(({ id }) => old.has(id)).map(({ id }) => id);
  const order = before.filter(({ id }) => now.has(id)).map(({ id }) => id);
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: before.filter(({ id }) => !now.has(id)).map(({ id }) => id),
    changed: kept.flatMap((id) => changesOf(id, fieldsOf(old.get(id)!), fieldsOf(now.get(id)!))),
    moved: kept.filter((id, place) => order[place] !== id),
  };
}

function changesOf(
  id: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Difference["changed"] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields
    .filter((field) => !isDeepStrictEqual(before[field], after[field]))
    .map((field) => ({
      id,
      field,
      ...(field in before && { before: before[field] }),
      ...(field in after && { after: after[field] }),
    }));
}

function fieldsOf({ id: _same, parameters, ...fields }: Strategy): Record<string, unknown> {
  const each = Object.entries(parameters).map(([name, value]) => [`parameters.${name}`, value]);
  return { ...fields, ...Object.fromEntries(each) };
}
