// Reads the bytes of a table; whatever leads outside them, or outside its limit, is refused before it is used.

import { wordOf } from "./codes.ts";
import { type HaggleError, refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { Symbols } from "./symbols.ts";

export type TableReader = ReturnType<typeof createTableReader>;

/** Every reading throws PROMOTION_BAD_BYTES with the offset when the bytes cannot be a table's. */
export function createTableReader(bytes: Uint8Array, symbols: Symbols) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < L.TABLE_HEADER) throw badBytes(bytes.length, bytes.length);
  const u32 = (at: number) => view.getUint32(at, true);
  const i32 = (at: number) => view.getInt32(at, true);
  function index(at: number, limit: number): number {
    const value = u32(at);
    if (value >= limit) throw badBytes(at, value);
    return value;
  }
  function address(at: number, size: number): number {
    const start = u32(at) - L.TABLE;
    if (start < L.TABLE_HEADER || start + size > bytes.length) throw badBytes(at, start);
    return start;
  }
  const text = (at: number) => symbols.text(index(at, symbols.size + 1));
  function records(count: number, at: number, stride: number): number[] {
    if (count === 0) return [];
    const start = address(at, count * stride);
    return Array.from({ length: count }, (_, i) => start + i * stride);
  }
  return {
    u8: (at: number) => view.getUint8(at),
    u32,
    i32,
    i64: (at: number) => Number(view.getBigInt64(at, true)),
    /** A number below `limit`. */
    index,
    /** The offset of `size` bytes that lie at the address in `at`. */
    address,
    text,
    /** The offsets of so many records at the address in `at`. */
    records,
    /** The strings of a list of symbols; null for any. */
    tags(at: number): string[] | null {
      const block = address(at, L.TAGS_SYMBOLS);
      if (i32(block + L.TAGS_COUNT) === L.TAGS_ANY) return null;
      const count = index(block + L.TAGS_COUNT, L.MAX_TAGS + 1);
      address(at, L.TAGS_SYMBOLS + count * 4);
      return Array.from({ length: count }, (_, i) => text(block + L.TAGS_SYMBOLS + i * 4));
    },
    /** The word of a number that must be one of `codes`. */
    word<Word extends string>(codes: Readonly<Record<Word, number>>, at: number): Word {
      const word = wordOf(codes, u32(at));
      if (word === undefined) throw badBytes(at, u32(at));
      return word;
    },
    expect(at: number, value: number): void {
      if (u32(at) !== value) throw badBytes(at, u32(at));
    },
    bad: (at: number): HaggleError => badBytes(at, u32(at)),
  };
}

function badBytes(at: number, value: number): HaggleError {
  return refuse("PROMOTION_BAD_BYTES", at, value);
}
