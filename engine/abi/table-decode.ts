// A promotion table read back from bytes: what the engine sees of it. For tests, tools and traces.

import { COUNTS, GROUP_MODES, PHASES } from "./codes.ts";
import * as L from "./layout.ts";
import type { BundleMetadata, ParameterSchema } from "./metadata.ts";
import type { GroupMode, Policy } from "./policy.ts";
import type { Condition, Effect, Filter, Limit, ParameterValue, Phase } from "./promotion.ts";
import type { Symbols } from "./symbols.ts";
import { decodeCondition, decodeFilter } from "./table-decode-conditions.ts";
import { decodeEffect } from "./table-decode-effects.ts";
import { type DecodedPolicy, decodePolicy, decodeZones } from "./table-decode-policy.ts";
import { parameterOffsets } from "./table-parameters.ts";
import { createTableReader, type TableReader } from "./table-reader.ts";

export type DecodedTable = {
  /** READS_* bits. */
  reads: number;
  promotions: DecodedPromotion[];
  /** Ascending by id, from 1. */
  groups: DecodedGroup[];
  policy: DecodedPolicy;
  timeZones: NonNullable<Policy["timeZones"]>;
};

export type DecodedPromotion = {
  /** Null when the effects stand in the table. */
  rule: string | null;
  /** Percentages in ppm, as they lie in memory. */
  parameters: Record<string, ParameterValue>;
  priority: number;
  group: number;
  tree: number;
  phase: Phase;
  /** Of a pricing rule. */
  filter?: Filter;
  flags: PromotionFlag[];
  coupon: string;
  from: number;
  until: number;
  conditions: Condition[];
  effects: Effect[];
  limits: Limit[];
  /** One of these must be in the cart; null when no key is known. */
  key: string[] | null;
};

export type DecodedGroup = { mode: GroupMode; per: "order" | "line"; ties: "first" | "last"; parent: number };

const FLAGS = {
  serverOnly: L.PROMOTION_SERVER_ONLY,
  hasCoupon: L.PROMOTION_HAS_COUPON,
  linked: L.PROMOTION_LINKED,
  exclusive: L.PROMOTION_EXCLUSIVE,
  stopAfter: L.PROMOTION_STOP_AFTER,
  unitsOnce: L.PROMOTION_UNITS_ONCE,
  undiscounted: L.PROMOTION_UNDISCOUNTED,
  unlock: L.PROMOTION_UNLOCK,
  after: L.PROMOTION_AFTER,
} as const;
export type PromotionFlag = keyof typeof FLAGS;

/**
 * Reads a table back: what the engine sees, with the parameters of each promotion complete and what conditions and
 * effects say in its normal form, without defaults.
 * Throws PROMOTION_BAD_BYTES with the offset when magic, version, a count, a code, an address or a symbol cannot be.
 */
export function decodeTable(bytes: Uint8Array, metadata: BundleMetadata, symbols: Symbols): DecodedTable {
  const read = createTableReader(bytes, symbols);
  read.expect(L.TABLE_MAGIC, L.ABI_MAGIC);
  read.expect(L.TABLE_VERSION, L.ABI_VERSION);
  read.expect(L.TABLE_LENGTH, bytes.length);
  const count = read.index(L.TABLE_COUNT, L.MAX_PROMOTIONS + 1);
  const groupCount = read.index(L.TABLE_GROUP_COUNT, L.MAX_GROUPS + 1);
  return {
    reads: read.u32(L.TABLE_READS),
    promotions: read
      .records(count, L.TABLE_PROMOTIONS, L.PROMOTION_STRIDE)
      .map((record) => decodePromotion(read, record, metadata, groupCount)),
    groups: read
      .records(groupCount, L.TABLE_GROUPS, L.GROUP_STRIDE)
      .map((record) => decodeGroup(read, record, groupCount)),
    policy: decodePolicy(read, read.address(L.TABLE_POLICY, L.POLICY_STRIDE)),
    timeZones: decodeZones(read),
  };
}

function decodePromotion(
  read: TableReader,
  record: number,
  metadata: BundleMetadata,
  groupCount: number,
): DecodedPromotion {
  const hasRule = read.i32(record + L.PROMOTION_RULE) !== L.NONE;
  const rule = hasRule
    ? metadata.rules[read.index(record + L.PROMOTION_RULE, metadata.rules.length)]!
    : undefined;
  const flags = read.u32(record + L.PROMOTION_FLAGS);
  const list = (countAt: number, at: number, stride: number, most: number) =>
    read.records(read.index(record + countAt, most + 1), record + at, stride);
  const { offsets, size } = rule ? parameterOffsets(rule.parameters) : { offsets: new Map(), size: 0 };
  const block = size === 0 ? 0 : read.address(record + L.PROMOTION_PARAMETERS, size);
  const filter = decodeFilter(read, record + L.PROMOTION_FILTER);
  const parameters = Object.entries(rule?.parameters.properties ?? {}).map(
    ([name, property]) => [name, readParameter(read, block + offsets.get(name)!, property)] as const,
  );
  return {
    rule: rule?.name ?? null,
    parameters: Object.fromEntries(parameters),
    priority: read.i32(record + L.PROMOTION_PRIORITY),
    group: read.index(record + L.PROMOTION_GROUP, groupCount + 1),
    tree: read.index(record + L.PROMOTION_TREE, groupCount + 1),
    phase: read.word(PHASES, record + L.PROMOTION_PHASE),
    ...(filter && { filter }),
    flags: (Object.keys(FLAGS) as PromotionFlag[]).filter((flag) => flags & FLAGS[flag]),
    coupon: read.text(record + L.PROMOTION_COUPON),
    from: read.i64(record + L.PROMOTION_FROM),
    until: read.i64(record + L.PROMOTION_UNTIL),
    conditions: list(
      L.PROMOTION_CONDITION_COUNT,
      L.PROMOTION_CONDITIONS,
      L.CONDITION_STRIDE,
      L.MAX_CONDITIONS,
    ).map((condition) => decodeCondition(read, condition)),
    effects: list(L.PROMOTION_EFFECT_COUNT, L.PROMOTION_EFFECTS, L.EFFECT_STRIDE, L.MAX_TABLE_EFFECTS).map(
      (effect) => decodeEffect(read, effect),
    ),
    limits: list(L.PROMOTION_LIMIT_COUNT, L.PROMOTION_LIMITS, L.LIMIT_STRIDE, L.MAX_LIMITS).map((limit) => ({
      allowance: read.text(limit + L.LIMIT_ALLOWANCE),
      counts: read.word(COUNTS, limit + L.LIMIT_COUNTS),
    })),
    key: read.u32(record + L.PROMOTION_KEYS) === 0 ? null : read.tags(record + L.PROMOTION_KEYS),
  };
}

function decodeGroup(read: TableReader, record: number, groupCount: number): DecodedGroup {
  return {
    mode: read.word(GROUP_MODES, record + L.GROUP_MODE),
    per: read.index(record + L.GROUP_PER, 2) === L.PER_LINE ? "line" : "order",
    ties: read.index(record + L.GROUP_TIES, 2) === L.TIES_LAST ? "last" : "first",
    parent: read.index(record + L.GROUP_PARENT, groupCount + 1),
  };
}

function readParameter(read: TableReader, at: number, property: ParameterSchema): ParameterValue {
  switch (property["x-haggle-type"]) {
    case "money":
      return read.i64(at);
    case "boolean":
      return read.u8(at) === 1;
    case "symbol":
      return read.text(at);
    case "tags":
      return read.tags(at);
    default:
      return read.i32(at);
  }
}
