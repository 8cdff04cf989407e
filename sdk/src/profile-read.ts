// What all parts of the profile check share.

import { type ByteReader, F32, F64, type FuelCode, I32, I64, refuse } from "@haggle/abi";

/** What the sections before the code say. */
export type Module = {
  reader: ByteReader;
  /** `ii>l` is (i32, i32) -> (i64). */
  typeKeys: string[];
  /** The first type that is written so. */
  types: Map<string, number>;
  /** For each type, the first one that is written alike. */
  sameType: number[];
  /** The type of each function. */
  functions: number[];
  /** -1 without a table. */
  tableSize: number;
  pages: number;
  globals: number;
  exports: Map<string, number>;
  /** Functions in the table. */
  elements: number[];
  fuel: FuelCode;
  /** Frames on the longest path of calls. */
  maxStackDepth: number;
};

/** `i` for i32, `l` for i64. */
export function readValueType(reader: ByteReader): "i" | "l" {
  const at = reader.at;
  const type = reader.byte();
  if (type === F32 || type === F64) throw refuse("PROFILE_FLOAT", at);
  if (type !== I32 && type !== I64) throw refuse("PROFILE_TYPE", at, type);
  return type === I32 ? "i" : "l";
}

/** Steps over `pattern` if it comes next. */
export function follows(reader: ByteReader, pattern: ArrayLike<number>): boolean {
  const { bytes, at } = reader;
  for (let index = 0; index < pattern.length; index++) if (bytes[at + index] !== pattern[index]) return false;
  reader.at += pattern.length;
  return true;
}
