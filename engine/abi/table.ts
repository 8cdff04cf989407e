// The promotion table: the promotions of a release as the engine reads them, in the order in which they run.

import { COUNTS, PHASES } from "./codes.ts";
import * as L from "./layout.ts";
import type { BundleMetadata } from "./metadata.ts";
import type { Policy } from "./policy.ts";
import type { Limit, Promotion } from "./promotion.ts";
import { createGrowingSymbols, type GrowingSymbols } from "./symbols.ts";
import { writeConditions } from "./table-conditions.ts";
import { writeEffects } from "./table-effects.ts";
import { writeFilter } from "./table-filters.ts";
import { type Groups, writeGroups } from "./table-groups.ts";
import { findKey } from "./table-keys.ts";
import { orderPromotions, type Placed } from "./table-order.ts";
import { writeParameters } from "./table-parameters.ts";
import { writePolicy, writeZones } from "./table-policy.ts";
import { readsOf } from "./table-reads.ts";
import { createTableWriter, type TableWriter } from "./table-writer.ts";

/** A table in bytes, and the promotions in its order: promotion k of the table is `promotions[k]`. */
export type EncodedTable = { bytes: Uint8Array<ArrayBuffer>; promotions: Promotion[] };

/** A table with the strings that it compares with beyond those of the bundle, in the order of their symbols. */
export type CompiledTable = EncodedTable & { symbols: string[] };

/**
 * The table of a release for the bundle with this metadata, as the toolchain puts it into the document.
 *
 * Throws what `encodeTable` throws.
 */
export function compileTable(
  promotions: readonly Promotion[],
  policy: Policy,
  metadata: BundleMetadata,
): CompiledTable {
  const symbols = createGrowingSymbols(metadata.symbols);
  const known = symbols.size;
  const encoded = encodeTable(promotions, policy, metadata, symbols);
  const added = Array.from({ length: symbols.size - known }, (_, i) => symbols.text(known + i + 1));
  return { ...encoded, symbols: added };
}

/**
 * Encodes promotions for the rules of a bundle, sorted by the policy, so that the order in which a file lists them
 * cannot matter. Interns every string that they compare with.
 *
 * Throws PROMOTION_UNKNOWN_RULE, PROMOTION_UNKNOWN_PARAMETER, PROMOTION_UNKNOWN_LANE, PROMOTION_WRONG_TYPE,
 * PROMOTION_OUT_OF_RANGE with the place and the value, ENGINE_TABLE_TOO_LARGE when the bytes do not fit their region.
 */
export function encodeTable(
  promotions: readonly Promotion[],
  policy: Policy,
  metadata: BundleMetadata,
  symbols: GrowingSymbols,
): EncodedTable {
  const { placed, groups } = orderPromotions(promotions, policy, metadata.rules);
  const zones = policy.timeZones ?? {};
  const writer = createTableWriter(symbols);
  writer.reserve(L.TABLE_HEADER + placed.length * L.PROMOTION_STRIDE);
  writer.u32(L.TABLE_MAGIC, L.ABI_MAGIC);
  writer.u32(L.TABLE_VERSION, L.ABI_VERSION);
  writer.u32(L.TABLE_COUNT, placed.length);
  writer.u32(L.TABLE_PROMOTIONS, L.TABLE + L.TABLE_HEADER);
  writer.u32(L.TABLE_GROUP_COUNT, groups.records.length);
  writer.u32(L.TABLE_GROUPS, writeGroups(writer, groups));
  writer.u32(L.TABLE_POLICY, writePolicy(writer, policy));
  writer.u32(L.TABLE_ZONE_COUNT, Object.keys(zones).length);
  writer.u32(L.TABLE_ZONES, writeZones(writer, zones));
  placed.forEach((each, i) => {
    writePromotion(writer, L.TABLE_HEADER + i * L.PROMOTION_STRIDE, each, groups);
  });
  const sorted = placed.map(({ promotion }) => promotion);
  // Rules of the bundle that no promotion of this table names cost its carts nothing.
  const readsOfRule = (rule: Placed["rule"]) => (rule ? (rule.rule.reads ?? metadata.reads) : 0);
  writer.u32(
    L.TABLE_READS,
    placed.reduce((reads, { promotion, rule }) => reads | readsOf(promotion) | readsOfRule(rule), 0),
  );
  writer.u32(L.TABLE_SYMBOL_COUNT, symbols.size);
  return { bytes: writer.finish(), promotions: sorted };
}

function writePromotion(writer: TableWriter, record: number, placed: Placed, groups: Groups): void {
  const { promotion, rule, phase } = placed;
  const { group, window, conditions = [], effects = [], limits = [] } = promotion;
  const key = findKey(promotion);
  const put = (field: number, value: number) => writer.u32(record + field, value);
  put(L.PROMOTION_RULE, rule ? rule.index : L.NONE);
  put(L.PROMOTION_PARAMETERS, rule ? writeParameters(writer, promotion, rule.rule) : 0);
  put(L.PROMOTION_PRIORITY, promotion.priority);
  put(L.PROMOTION_GROUP, groups.id(group));
  put(L.PROMOTION_TREE, groups.tree(group));
  put(L.PROMOTION_FLAGS, flagsOf(promotion));
  put(L.PROMOTION_COUPON, writer.symbol(promotion.coupon));
  put(L.PROMOTION_PHASE, PHASES[phase]);
  writer.i64(record + L.PROMOTION_FROM, window?.from ?? 0);
  writer.i64(record + L.PROMOTION_UNTIL, window?.until ?? Number.MAX_SAFE_INTEGER);
  put(L.PROMOTION_CONDITIONS, writeConditions(writer, conditions));
  put(L.PROMOTION_CONDITION_COUNT, conditions.length);
  put(L.PROMOTION_EFFECTS, writeEffects(writer, effects));
  put(L.PROMOTION_EFFECT_COUNT, effects.length);
  put(L.PROMOTION_LIMITS, writeLimits(writer, limits));
  put(L.PROMOTION_LIMIT_COUNT, limits.length);
  put(L.PROMOTION_FILTER, writeFilter(writer, promotion.filter));
  put(L.PROMOTION_KEYS, key ? writer.tags(key) : 0);
}

function flagsOf(promotion: Promotion): number {
  const { conditions = [] } = promotion;
  const isAfter = conditions.some((condition) => "base" in condition && condition.base === "after");
  return (
    (promotion.serverOnly ? L.PROMOTION_SERVER_ONLY : 0) |
    (promotion.coupon === undefined ? 0 : L.PROMOTION_HAS_COUPON) |
    (promotion.linked ? L.PROMOTION_LINKED : 0) |
    (promotion.exclusive ? L.PROMOTION_EXCLUSIVE : 0) |
    (promotion.stopAfter ? L.PROMOTION_STOP_AFTER : 0) |
    (promotion.unitsOnce ? L.PROMOTION_UNITS_ONCE : 0) |
    (promotion.undiscounted ? L.PROMOTION_UNDISCOUNTED : 0) |
    (promotion.unlock ? L.PROMOTION_UNLOCK : 0) |
    (isAfter ? L.PROMOTION_AFTER : 0)
  );
}

/** The address of the limits, 0 when there are none. */
function writeLimits(writer: TableWriter, limits: readonly Limit[]): number {
  if (limits.length === 0) return 0;
  const start = writer.reserve(limits.length * L.LIMIT_STRIDE);
  limits.forEach(({ allowance, counts }, i) => {
    writer.u32(start + i * L.LIMIT_STRIDE + L.LIMIT_ALLOWANCE, writer.symbol(allowance));
    writer.u32(start + i * L.LIMIT_STRIDE + L.LIMIT_COUNTS, COUNTS[counts]);
  });
  return L.TABLE + start;
}
