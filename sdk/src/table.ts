// The promotion table of a release, as its authors signed it: bytes for the engine's memory, and the few words of it
// that a host reads.

import {
  ABI_MAGIC,
  ABI_VERSION,
  decodeBase64,
  type Release,
  refuse,
  type Symbols,
  TABLE,
  TABLE_CAPACITY,
  TABLE_COUNT,
  TABLE_HEADER,
  TABLE_LENGTH,
  TABLE_MAGIC,
  TABLE_READS,
  TABLE_SYMBOL_COUNT,
  TABLE_VERSION,
} from "@haggle/abi";

export type Table = {
  words: Int32Array<ArrayBuffer>;
  /** READS_* bits of rules, conditions and filters. */
  reads: number;
};

/** Throws DOCUMENT_BAD_BASE64, ENGINE_TABLE_TOO_LARGE, or PROMOTION_BAD_BYTES when the bytes are not this release's table. */
export function readTable({ table, promotions }: Release, symbols: Symbols): Table {
  const bytes = decodeBase64(table.bytes, "release.table.bytes");
  if (bytes.length > TABLE_CAPACITY) throw refuse("ENGINE_TABLE_TOO_LARGE", "promotions", bytes.length);
  const words = new Int32Array((bytes.length + 3) >> 2);
  new Uint8Array(words.buffer).set(bytes);
  const expected: [field: number, value: number][] = [
    [TABLE_MAGIC, ABI_MAGIC],
    [TABLE_VERSION, ABI_VERSION],
    [TABLE_LENGTH, bytes.length],
    [TABLE_COUNT, promotions.length],
    [TABLE_SYMBOL_COUNT, symbols.size],
  ];
  for (const [field, value] of expected) {
    if (words[field >> 2] !== value) throw refuse("PROMOTION_BAD_BYTES", field, words[field >> 2]);
  }
  return { words, reads: words[TABLE_READS >> 2]! };
}

/** The index of the word that the address at byte `field` points to, with `size` bytes of the table from there on. */
export function wordsAt(words: Int32Array, field: number, size: number): number {
  const start = words[field >> 2]! - TABLE;
  if (!(start >= TABLE_HEADER && size >= 0 && start + size <= words.byteLength) || start % 4 !== 0) {
    throw refuse("PROMOTION_BAD_BYTES", field, start);
  }
  return start >> 2;
}
