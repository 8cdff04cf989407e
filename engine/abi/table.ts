// The promotion table: the promotions of a release as the engine reads them, in the order in which they run.

import { type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { BundleMetadata, ParameterSchema, ParametersSchema, RuleMetadata } from "./metadata.ts";
import { parsePercent } from "./money.ts";
import type { ParameterValue, Policy, Promotion } from "./promotion.ts";
import type { Symbols } from "./symbols.ts";

/** A table in bytes, and the promotions in its order: index k of the decision is `promotions[k]`. */
export type EncodedTable = { bytes: Uint8Array; promotions: Promotion[] };

/** The widths of parameters in memory; each is aligned to its own width. */
const WIDTH: Record<ParameterSchema["x-haggle-type"], number> = {
  money: 8,
  percent: 4,
  integer: 4,
  boolean: 1,
  symbol: 4,
  tags: 4,
};

/**
 * Where each field of a parameter block lies, and the size of the block: the layout that AssemblyScript gives
 * an unmanaged class with the same fields.
 */
export function parameterOffsets(schema: ParametersSchema): { offsets: Map<string, number>; size: number } {
  const offsets = new Map<string, number>();
  let end = 0;
  for (const [name, property] of Object.entries(schema.properties)) {
    const width = WIDTH[property["x-haggle-type"]];
    const offset = Math.ceil(end / width) * width;
    offsets.set(name, offset);
    end = offset + width;
  }
  return { offsets, size: end };
}

/**
 * Encodes promotions for the rules of a bundle: sorted by priority (higher first) and id, so that the order in
 * which a file lists them cannot matter. Interns every string of the parameters, coupons and budgets.
 *
 * Throws PROMOTION_UNKNOWN_RULE, PROMOTION_UNKNOWN_PARAMETER, PROMOTION_WRONG_TYPE, PROMOTION_OUT_OF_RANGE with
 * the place and the value, ENGINE_TABLE_TOO_LARGE when the bytes do not fit their region.
 */
export function encodeTable(
  promotions: readonly Promotion[],
  policy: Policy,
  metadata: BundleMetadata,
  symbols: Symbols,
): EncodedTable {
  const ordered = promotions.toSorted(byPriorityThenId);
  const rules = new Map(metadata.rules.map((rule, index) => [rule.name, { rule, index }]));
  const groups = new Map([["", 0]]); // no group is group 0, and no group has an empty name
  const writer = createWriter();
  writer.reserve(L.TABLE_HEADER + ordered.length * L.PROMOTION_STRIDE);
  const intern = (text: string | undefined) => (text === undefined ? 0 : symbols.intern(text));
  ordered.forEach((promotion, i) => {
    const found = rules.get(promotion.rule);
    if (!found) throw refuse("PROMOTION_UNKNOWN_RULE", `promotions.${promotion.id}.rule`, promotion.rule);
    const record = L.TABLE_HEADER + i * L.PROMOTION_STRIDE;
    const { group = "", window, coupon, budget } = promotion;
    if (!groups.has(group)) groups.set(group, groups.size);
    writer.u32(record + L.PROMOTION_RULE, found.index);
    writer.u32(record + L.PROMOTION_PARAMETERS, writeParameters(writer, promotion, found.rule, symbols));
    writer.u32(record + L.PROMOTION_PRIORITY, promotion.priority);
    writer.u32(record + L.PROMOTION_GROUP, groups.get(group)!);
    writer.u32(
      record + L.PROMOTION_GROUP_MODE,
      policy.groups[group] === "first" ? L.GROUP_FIRST : L.GROUP_STACK,
    );
    writer.u32(
      record + L.PROMOTION_FLAGS,
      (promotion.serverOnly ? L.PROMOTION_SERVER_ONLY : 0) |
        (coupon === undefined ? 0 : L.PROMOTION_HAS_COUPON),
    );
    writer.u32(record + L.PROMOTION_COUPON, intern(coupon));
    writer.u32(record + L.PROMOTION_BUDGET, intern(budget));
    writer.i64(record + L.PROMOTION_FROM, window?.from ?? 0);
    writer.i64(record + L.PROMOTION_UNTIL, window?.until ?? Number.MAX_SAFE_INTEGER);
  });
  writer.u32(L.TABLE_MAGIC, L.ABI_MAGIC);
  writer.u32(L.TABLE_VERSION, L.ABI_VERSION);
  writer.u32(L.TABLE_COUNT, ordered.length);
  writer.u32(L.TABLE_PROMOTIONS, L.TABLE + L.TABLE_HEADER);
  writer.u32(L.TABLE_SYMBOL_COUNT, symbols.size);
  writer.u32(L.TABLE_READS, metadata.reads);
  writer.u32(L.TABLE_GROUP_COUNT, groups.size - 1);
  return { bytes: writer.finish(), promotions: ordered };
}

function byPriorityThenId(a: Promotion, b: Promotion): number {
  return b.priority - a.priority || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function writeParameters(writer: Writer, promotion: Promotion, rule: RuleMetadata, symbols: Symbols): number {
  const { properties } = rule.parameters;
  const given = promotion.parameters ?? {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(properties, name)) {
      throw refuse("PROMOTION_UNKNOWN_PARAMETER", `promotions.${promotion.id}.parameters`, name);
    }
  }
  const { offsets, size } = parameterOffsets(rule.parameters);
  if (size === 0) return 0;
  const block = writer.reserve(size);
  for (const [name, property] of Object.entries(properties)) {
    const value = Object.hasOwn(given, name) ? given[name] : property.default;
    const at = `promotions.${promotion.id}.parameters.${name}`;
    writeParameter(writer, block + offsets.get(name)!, property, value, at, symbols);
  }
  return L.TABLE + block;
}

function writeParameter(
  writer: Writer,
  offset: number,
  property: ParameterSchema,
  value: ParameterValue | undefined,
  at: string,
  symbols: Symbols,
): void {
  switch (property["x-haggle-type"]) {
    case "money":
      writer.i64(offset, parseNumber(value, at, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
      break;
    case "integer":
      writer.u32(offset, parseNumber(value, at, -(2 ** 31), 2 ** 31 - 1));
      break;
    case "percent":
      writer.u32(offset, parsePercent(value, at, "PROMOTION_WRONG_TYPE"));
      break;
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(at, value);
      writer.u8(offset, value ? 1 : 0);
      break;
    case "symbol":
      if (typeof value !== "string") throw wrongType(at, value);
      writer.u32(offset, symbols.intern(value));
      break;
    case "tags":
      writer.u32(offset, L.TABLE + writeTags(writer, value, at, symbols));
      break;
  }
}

function writeTags(writer: Writer, value: ParameterValue | undefined, at: string, symbols: Symbols): number {
  if (value !== null && !Array.isArray(value)) throw wrongType(at, value);
  const tags: readonly string[] = value ?? [];
  if (tags.length > L.MAX_TAGS) throw refuse("PROMOTION_OUT_OF_RANGE", at, tags.length);
  const block = writer.reserve(L.TAGS_SYMBOLS + tags.length * 4);
  writer.u32(block + L.TAGS_COUNT, value === null ? L.TAGS_ANY : tags.length);
  tags.forEach((tag, i) => {
    writer.u32(block + L.TAGS_SYMBOLS + i * 4, symbols.intern(tag));
  });
  return block;
}

function parseNumber(value: ParameterValue | undefined, at: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value)) throw wrongType(at, value);
  if ((value as number) < least || (value as number) > most)
    throw refuse("PROMOTION_OUT_OF_RANGE", at, value);
  return value as number;
}

function wrongType(at: string, value: unknown): HaggleError {
  return refuse("PROMOTION_WRONG_TYPE", at, value);
}

type Writer = ReturnType<typeof createWriter>;

/** Writes into a buffer as large as the table's region, and refuses beyond it before anything reaches the memory. */
function createWriter() {
  const view = new DataView(new ArrayBuffer(L.TABLE_CAPACITY));
  let end = 0;
  return {
    reserve(size: number): number {
      const start = Math.ceil(end / 8) * 8;
      end = start + size;
      if (end > L.TABLE_CAPACITY) throw refuse("ENGINE_TABLE_TOO_LARGE", "promotions", end);
      return start;
    },
    u8: (at: number, value: number) => view.setUint8(at, value),
    u32: (at: number, value: number) => view.setInt32(at, value, true),
    i64: (at: number, value: number) => view.setBigInt64(at, BigInt(value), true),
    finish() {
      view.setInt32(L.TABLE_LENGTH, end, true);
      return new Uint8Array(view.buffer.slice(0, end));
    },
  };
}
