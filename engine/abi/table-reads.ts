// What the conditions and effects of a table look at in a cart, as READS_* bits beside those of the rules.

import { listClauses } from "./filter-clauses.ts";
import type { Flat } from "./flat.ts";
import * as L from "./layout.ts";
import type { Condition, Effect, Filter, Promotion } from "./promotion.ts";

const BY_FIELD: Readonly<Record<number, number>> = {
  [L.FIELD_CATEGORY]: L.READS_CATEGORIES,
  [L.FIELD_PRODUCT]: L.READS_PRODUCT,
  [L.FIELD_SKU]: L.READS_SKU,
  [L.FIELD_ATTRIBUTE]: L.READS_LINE_ATTRIBUTES,
  [L.FIELD_NUMBER]: L.READS_LINE_ATTRIBUTES,
};

export function readsOf({ conditions = [], effects = [], filter }: Promotion): number {
  let reads = readsOfFilter(filter);
  for (const condition of conditions) reads |= readsOfCondition(condition);
  for (const effect of effects) reads |= readsOfEffect(effect);
  return reads;
}

function readsOfCondition(condition: Condition): number {
  const { kind, filter }: Flat<Condition> = condition;
  if (kind === "segments") return L.READS_SEGMENTS;
  if (kind === "counter" || kind === "customer") return L.READS_CUSTOMER_ATTRIBUTES;
  return readsOfFilter(filter);
}

function readsOfEffect(effect: Effect): number {
  const { filter, units, price, discountPresent }: Flat<Effect> = effect;
  let reads = readsOfFilter(filter) | readsOfFilter(units?.buy?.filter);
  for (const slot of units?.bundle ?? []) reads |= readsOfFilter(slot.filter);
  if (typeof price === "object") reads |= readsOfFilter(price.of);
  if (units?.per === "product" || units?.per === "sku") reads |= L.READS_GROUPS;
  // The gift is looked for among the lines.
  if (discountPresent) reads |= L.READS_SKU;
  return reads;
}

function readsOfFilter(filter: Filter | undefined): number {
  return filter ? listClauses(filter).reduce((reads, { field }) => reads | (BY_FIELD[field] ?? 0), 0) : 0;
}
