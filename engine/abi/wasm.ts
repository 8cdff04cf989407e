// The WebAssembly binary format as far as Haggle reads and writes it: names of bytes, limits, a strict reader
// and a minimal writer. The meter, the profile check and the embedded signature share this page.
// Source: https://webassembly.github.io/spec/core/binary/

import { type Code, HaggleError } from "./errors.ts";

// Constants stand before everything else, so that esbuild puts their values where they are used.

export const SECTION_CUSTOM = 0;
export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_FUNCTION = 3;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_GLOBAL = 6;
export const SECTION_EXPORT = 7;
export const SECTION_START = 8;
export const SECTION_ELEMENT = 9;
export const SECTION_CODE = 10;
export const SECTION_DATA = 11;

export const EXTERNAL_FUNCTION = 0;
export const EXTERNAL_TABLE = 1;
export const EXTERNAL_MEMORY = 2;
export const EXTERNAL_GLOBAL = 3;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const FUNCREF = 0x70;
export const FUNCTION_TYPE = 0x60;
/** The block type of a block without a result. */
export const NO_RESULT = 0x40;

/** The custom section that holds an embedded wasmsign2 signature; only allowed as the first section. */
export const SIGNATURE_SECTION = "signature";
// Limits. All are checked before anything of that size is allocated or walked.

/** As Shopify Functions allow; 50 rules with their runtime take about 25 KB. */
export const MAX_BUNDLE_BYTES = 256 * 1024;
/** 16 MiB. A thousand lines take less than four pages; growth of larger memories was measured in seconds. */
export const MAX_MEMORY_PAGES = 256;
export const MAX_FUNCTIONS = 4096;
export const MAX_TYPES = 512;
export const MAX_GLOBALS = 512;
export const MAX_EXPORTS = 32;
/** Entries of the one table, and entries of all element segments together. */
export const MAX_ELEMENTS = 1024;
export const MAX_DATA_SEGMENTS = 512;
/** Without parameters. Engines allow 50,000, which is half a megabyte of stack for one frame. */
export const MAX_LOCALS = 1000;
export const MAX_PARAMETERS = 64;
/** Open blocks inside one body, so that a recursive compiler stays shallow. */
export const MAX_NESTING = 128;
/** Frames on the longest path of calls. The engine, its sorting and the rules were measured at 11. */
export const MAX_CALL_DEPTH = 256;
export const MAX_BODY_BYTES = 65_536;
export const MAX_BRANCH_TARGETS = 1024;
export const MAX_SECTION_NAME_BYTES = 64;
/** Sections of every kind in one file: 11 known ones and a handful of custom ones. */
export const MAX_SECTIONS = 32;

/** `\0asm` and version 1: a core module. Components differ in the last four bytes. */
export const WASM_HEADER: Uint8Array = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Tool output that does no harm and helps debugging. */
export const HARMLESS_SECTIONS: readonly string[] = ["name", "producers", "sourceMappingURL"];

/**
 * Reads a byte string strictly and never outside `[at, end)`: a u32 has at most 5 bytes, an s64 at most 10, and
 * bits beyond the width must be plain sign or zero. It throws `HaggleError` with the code given for the case.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  readonly #truncated: Code;
  readonly #badLeb: Code;

  constructor(bytes: Uint8Array, at: number, end: number, truncated: Code, badLeb: Code) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#truncated = truncated;
    this.#badLeb = badLeb;
  }

  byte(): number {
    if (this.at >= this.end)
      throw new HaggleError(this.#truncated, "the bytes end too early", { at: this.at });
    return this.bytes[this.at++]!;
  }

  /** An unsigned LEB128 of 32 bits. Padding such as `80 00` is allowed, as engines do. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) this.#fail(start);
    return (value | (last << 28)) >>> 0;
  }

  /** A u32 in its shortest form, where two spellings of one value must not both be accepted. */
  minimalU32(): number {
    const start = this.at;
    const value = this.u32();
    if (this.at - start > 1 && this.bytes[this.at - 1] === 0) this.#fail(start);
    return value;
  }

  /** A signed LEB128 of 32 bits. */
  s32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      // The sign is bit 6 of the last byte; shift it up and down again to spread it.
      if (byte < 0x80) return (value << (25 - shift)) >> (25 - shift);
    }
    const last = this.byte();
    // Four bits are left; the three above them must repeat the sign bit.
    if (last > 0x07 && (last < 0x78 || last > 0x7f)) this.#fail(start);
    return value | (last << 28);
  }

  /** Steps over a signed LEB128 of 64 bits; nobody here needs its value. */
  skipS64(): void {
    const start = this.at;
    for (let count = 0; count < 9; count++) if (this.byte() < 0x80) return;
    const last = this.byte();
    // One bit is left; the six above it must repeat it.
    if (last !== 0 && last !== 0x7f) this.#fail(start);
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) {
      throw new HaggleError(this.#truncated, "a length reaches behind the end", {
        at: this.at,
        value: length,
      });
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  #fail(at: number): never {
    throw new HaggleError(this.#badLeb, "a number is written too long", { at });
  }
}

/** Appends an unsigned LEB128 in its shortest form. */
export function pushU32(out: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** Appends a signed LEB128 of 32 bits in its shortest form. */
export function pushS32(out: number[], value: number): void {
  let rest = value;
  while (rest < -64 || rest > 63) {
    out.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out.push(rest & 0x7f);
}

/** Appends bytes one by one: `push(...bytes)` overflows the stack from about 100 KB on. */
export function pushBytes(out: number[], bytes: ArrayLike<number>): void {
  for (let index = 0; index < bytes.length; index++) out.push(bytes[index]!);
}
