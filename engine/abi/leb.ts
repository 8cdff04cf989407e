// Bytes of the WebAssembly format: a strict reader, and writers of the shortest form of LEB128 numbers.

import { type Code, refuse } from "./errors.ts";

/**
 * Reads a byte string strictly and never outside `[at, end)`: a u32 has at most 5 bytes, an s64 at most 10, and
 * bits beyond the width must be plain sign or zero. It throws with the code given for the case.
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
    if (this.at >= this.end) throw refuse(this.#truncated, this.at);
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
    if (length > this.end - this.at) throw refuse(this.#truncated, this.at, length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  #fail(at: number): never {
    throw refuse(this.#badLeb, at);
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
