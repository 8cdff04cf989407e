// Source maps of modules (source map revision 3): one line of mappings, whose columns are offsets in the file.

import { ByteReader, SECTION_CODE, SECTION_CUSTOM, WASM_HEADER } from "@haggle/abi";

/** The map of a debug build, as the module itself names it. */
export const DEBUG_MAP_NAME = "bundle.debug.wasm.map";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * The same map for a module whose bytes lie elsewhere. `move` must keep their order: then only the first number of
 * each mapping changes, which is how far it lies behind the mapping before, and everything else is kept as text.
 *
 * @example moveSourceMap(map, (offset) => movedOffset(metered.offsets, offset) + signatureBytes)
 */
export function moveSourceMap(map: string, move: (offset: number) => number): string {
  const parsed = JSON.parse(map) as { mappings: string };
  let before = 0;
  let last = 0;
  const mappings = parsed.mappings.split(",").map((mapping) => {
    const { value, length } = readNumber(mapping);
    before += value;
    const moved = move(before);
    const text = writeNumber(moved - last) + mapping.slice(length);
    last = moved;
    return text;
  });
  return JSON.stringify({ ...parsed, mappings: mappings.join(",") });
}

/** Where something stands in a source; line and column from 1. */
export type SourcePlace = { file: string; line: number; column: number };

/**
 * The place that the code at an offset in a module came from. Code that is nobody's, such as what stops a function or pays
 * for it, belongs to what stands before it in its function, and at the beginning to what comes behind. So does code of files
 * that are not wanted: what was inlined belongs to whoever called it.
 */
export function findSourcePlace(
  map: string,
  wasm: Uint8Array,
  offset: number,
  isWanted: (file: string) => boolean = () => true,
): SourcePlace | undefined {
  const body = findBody(wasm, offset);
  if (body === undefined) return undefined;
  const { mappings, sources } = JSON.parse(map) as { mappings: string; sources: string[] };
  let [at, source, line, column] = [0, 0, 0, 0];
  let found: SourcePlace | undefined;
  for (const mapping of mappings.split(",")) {
    const [forward = 0, ...place] = readNumbers(mapping);
    at += forward;
    if (at >= body.end || (at > offset && found !== undefined)) break;
    if (place.length < 3) continue;
    source += place[0]!;
    line += place[1]!;
    column += place[2]!;
    if (at >= body.start && isWanted(sources[source]!))
      found = { file: sources[source]!, line: line + 1, column: column + 1 };
  }
  return found;
}

/** Where the body of the function around an offset begins, and where it ends. */
function findBody(wasm: Uint8Array, offset: number): { start: number; end: number } | undefined {
  const reader = new ByteReader(wasm, WASM_HEADER.length, wasm.length, "BUILD_METER", "BUILD_METER");
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    if (id !== SECTION_CODE) {
      reader.take(size);
      continue;
    }
    for (reader.u32(); reader.at < end; ) {
      const length = reader.u32();
      const start = reader.at;
      reader.take(length);
      if (start <= offset && offset < reader.at) return { start, end: reader.at };
    }
  }
  return undefined;
}

function readNumbers(mapping: string): number[] {
  const numbers: number[] = [];
  for (let rest = mapping; rest.length > 0; ) {
    const { value, length } = readNumber(rest);
    numbers.push(value);
    rest = rest.slice(length);
  }
  return numbers;
}

/** Base 64 digits of five bits, the lowest first, the sixth says that there are more; the lowest bit is the sign. */
function readNumber(text: string): { value: number; length: number } {
  let bits = 0;
  for (let length = 0; ; length++) {
    const digit = DIGITS.indexOf(text[length]!);
    bits |= (digit & 31) << (5 * length);
    if (digit < 32) return { value: (bits & 1) === 1 ? -(bits >>> 1) : bits >>> 1, length: length + 1 };
  }
}

function writeNumber(value: number): string {
  let bits = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  for (; bits > 31; bits >>>= 5) text += DIGITS[(bits & 31) | 32];
  return text + DIGITS[bits];
}

/** Without the last section, in which the writer of a source map says where the map is: a bundle does not. */
export function withoutSourceMappingUrl(wasm: Uint8Array): Uint8Array {
  const reader = new ByteReader(wasm, WASM_HEADER.length, wasm.length, "BUILD_METER", "BUILD_METER");
  let end = wasm.length;
  while (reader.at < wasm.length) {
    const start = reader.at;
    const isCustom = reader.byte() === SECTION_CUSTOM;
    const payload = reader.take(reader.u32());
    if (isCustom && isNamed(payload, "sourceMappingURL")) end = start;
  }
  return wasm.subarray(0, end);
}

function isNamed(payload: Uint8Array, name: string): boolean {
  return payload[0] === name.length && String.fromCharCode(...payload.subarray(1, 1 + name.length)) === name;
}
