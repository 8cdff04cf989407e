// A promotion table read back from bytes: what the engine sees of it. For tests, tools and traces.

import { type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { BundleMetadata, ParameterSchema } from "./metadata.ts";
import type { ParameterValue } from "./promotion.ts";
import type { Symbols } from "./symbols.ts";
import { parameterOffsets } from "./table.ts";

/**
 * Reads a table back: what the engine sees, with the parameters of each promotion complete.
 * Throws PROMOTION_BAD_BYTES with the offset when magic, version, a count, an address or a symbol cannot be.
 */
export function decodeTable(
  bytes: Uint8Array,
  metadata: BundleMetadata,
  symbols: Symbols,
): DecodedPromotion[] {
  const read = createReader(bytes, symbols);
  read.expect(L.TABLE_MAGIC, L.ABI_MAGIC);
  read.expect(L.TABLE_VERSION, L.ABI_VERSION);
  read.expect(L.TABLE_LENGTH, bytes.length);
  const count = read.index(L.TABLE_COUNT, L.MAX_PROMOTIONS + 1);
  const records = read.address(L.TABLE_PROMOTIONS, count * L.PROMOTION_STRIDE);
  return Array.from({ length: count }, (_, i) => {
    const record = records + i * L.PROMOTION_STRIDE;
    const rule = metadata.rules[read.index(record + L.PROMOTION_RULE, metadata.rules.length)]!;
    const { offsets, size } = parameterOffsets(rule.parameters);
    const block = size === 0 ? 0 : read.address(record + L.PROMOTION_PARAMETERS, size);
    const parameters = Object.entries(rule.parameters.properties).map(
      ([name, property]) => [name, readParameter(read, block + offsets.get(name)!, property)] as const,
    );
    return {
      rule: rule.name,
      parameters: Object.fromEntries(parameters),
      priority: read.i32(record + L.PROMOTION_PRIORITY),
      group: read.u32(record + L.PROMOTION_GROUP),
      groupMode: read.u32(record + L.PROMOTION_GROUP_MODE) === L.GROUP_FIRST ? "first" : "stack",
      serverOnly: (read.u32(record + L.PROMOTION_FLAGS) & L.PROMOTION_SERVER_ONLY) !== 0,
      coupon: read.text(record + L.PROMOTION_COUPON),
      budget: read.text(record + L.PROMOTION_BUDGET),
      from: read.i64(record + L.PROMOTION_FROM),
      until: read.i64(record + L.PROMOTION_UNTIL),
    };
  });
}

export type DecodedPromotion = {
  rule: string;
  /** Percentages in ppm, as they lie in memory. */
  parameters: Record<string, ParameterValue>;
  priority: number;
  group: number;
  groupMode: "stack" | "first";
  serverOnly: boolean;
  coupon: string;
  budget: string;
  from: number;
  until: number;
};

function readParameter(read: Reader, at: number, property: ParameterSchema): ParameterValue {
  switch (property["x-haggle-type"]) {
    case "money":
      return read.i64(at);
    case "boolean":
      return read.u8(at) === 1;
    case "symbol":
      return read.text(at);
    case "tags": {
      const block = read.address(at, L.TAGS_SYMBOLS);
      if (read.i32(block + L.TAGS_COUNT) === L.TAGS_ANY) return null;
      const count = read.index(block + L.TAGS_COUNT, L.MAX_TAGS + 1);
      read.address(at, L.TAGS_SYMBOLS + count * 4);
      return Array.from({ length: count }, (_, i) => read.text(block + L.TAGS_SYMBOLS + i * 4));
    }
    default:
      return read.i32(at);
  }
}

type Reader = ReturnType<typeof createReader>;

/** Reads the bytes of a table; whatever leads outside them, or outside its limit, is refused before it is used. */
function createReader(bytes: Uint8Array, symbols: Symbols) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < L.TABLE_HEADER) throw badBytes(bytes.length, bytes.length);
  const u32 = (at: number) => view.getUint32(at, true);
  const index = (at: number, limit: number): number => {
    const value = u32(at);
    if (value >= limit) throw badBytes(at, value);
    return value;
  };
  return {
    u8: (at: number) => view.getUint8(at),
    u32,
    i32: (at: number) => view.getInt32(at, true),
    i64: (at: number) => Number(view.getBigInt64(at, true)),
    /** A number below `limit`. */
    index,
    /** The offset of `size` bytes that lie at the address in `at`. */
    address(at: number, size: number): number {
      const start = u32(at) - L.TABLE;
      if (start < L.TABLE_HEADER || start + size > bytes.length) throw badBytes(at, start);
      return start;
    },
    text: (at: number) => symbols.text(index(at, symbols.size + 1)),
    expect(at: number, value: number): void {
      if (u32(at) !== value) throw badBytes(at, u32(at));
    },
  };
}

function badBytes(at: number, value: number): HaggleError {
  return refuse("PROMOTION_BAD_BYTES", at, value);
}
