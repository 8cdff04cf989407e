// Modules to be judged, of growing size: real code many times over, and shapes that an attacker would choose to make
// a check slow. All are metered and fit the profile.

import {
  EXTERNAL_FUNCTION,
  EXTERNAL_MEMORY,
  FUNCREF,
  FUNCTION_TYPE,
  I32,
  I64,
  METADATA_SECTION,
  OP_CALL,
  pushBytes,
  pushU32,
  SECTION_CODE,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_MEMORY,
  SECTION_TABLE,
  SECTION_TYPE,
  SHAPE_CALL,
  WASM_HEADER,
} from "@haggle/abi";
import { meter } from "@haggle/toolchain";
import { readModule } from "../../engine/toolchain/meter-read.ts";

export type Shape = { name: string; modules: Uint8Array[] };

/** Code without the last `end`, and its type. */
type Code = { type: number; bytes: number[] };

const UNIT = 1; // ()->()
const TYPES = [
  [FUNCTION_TYPE, 0, 1, I32],
  [FUNCTION_TYPE, 0, 0],
];
const TABLE_SIZE = 1024;
/** Before metering, which makes some code five times as long; a body may have 64 KiB. */
const BODY_BYTES = 6_000;
const STEPS = [1, 2, 4, 8];

export function makeShapes(): Shape[] {
  const grow = (name: string, largest: number, make: (count: number) => Uint8Array): Shape => ({
    name,
    modules: STEPS.map((step) => make(Math.floor((largest * step) / STEPS.at(-1)!))),
  });
  const inBodies = (piece: number[], count: number): Code[] => {
    const perBody = Math.floor(BODY_BYTES / piece.length);
    return Array.from({ length: Math.ceil(count / perBody) }, (_, index) => ({
      type: UNIT,
      bytes: new Array<number[]>(Math.min(perBody, count - index * perBody)).fill(piece).flat(),
    }));
  };
  const nested = [...new Array(100).fill([0x02, 0x40]).flat(), ...new Array(100).fill(0x0b)];
  const targets = [0x02, 0x40, 0x41, 0, 0x0e, ...u32(1000), ...new Array(1001).fill(0), 0x0b];
  return [
    grow("one body", 21_000, (count) =>
      assemble([{ type: UNIT, bytes: new Array(count).fill([0x41, 1, 0x1a]).flat() }]),
    ),
    grow("tiny functions", 4_000, (count) => assemble(new Array(count).fill({ type: UNIT, bytes: [0x01] }))),
    grow("blocks", 780, (count) => assemble(inBodies(nested, count))),
    grow("loops", 9_000, (count) => assemble(inBodies([0x03, 0x40, 0x0b], count))),
    grow("branch tables", 240, (count) => assemble(inBodies(targets, count))),
    // Function 2 is the first behind `evaluate` and `resume`, and charges for itself.
    grow("calls", 100_000, (count) => assemble([CHARGED, ...inBodies([OP_CALL, 2], count)])),
    grow("calls from loops", 22_000, (count) =>
      assemble([CHARGED, ...inBodies([OP_CALL, 2], count).map(withLoop)]),
    ),
    grow("indirect calls", 36_000, (count) =>
      assemble([CHARGED, ...inBodies([0x41, 0, 0x11, UNIT, 0], count)], { elements: 2 }),
    ),
    grow("types", 500, (count) => assemble([], { types: count })),
    grow("types called through a full table", 500, (count) =>
      assemble([CHARGED, ...callEachType(count)], { types: count, elements: 2 }),
    ),
  ];
}

const CHARGED: Code = { type: UNIT, bytes: new Array(70).fill(0x01) };

/** A loop makes the meter keep fuel in a local, and hand it over around each call. */
function withLoop({ type, bytes }: Code): Code {
  return { type, bytes: [0x03, 0x40, 0x0b, ...bytes] };
}

function callEachType(count: number): Code[] {
  return Array.from({ length: count }, (_, index) => {
    const parameters = typeAt(index).slice(2, -1);
    const operands = parameters.flatMap((type) => (type === I32 ? [0x41, 0] : [0x42, 0]));
    return { type: UNIT, bytes: [...operands, 0x41, 0, 0x11, ...u32(TYPES.length + index), 0] };
  });
}

/** Types that all differ: the number in binary, as i32 and i64. */
function typeAt(index: number): number[] {
  const bits = (index + 1).toString(2);
  return [FUNCTION_TYPE, bits.length, ...Array.from(bits, (bit) => (bit === "0" ? I32 : I64)), 0];
}

function assemble(
  codes: readonly Code[],
  { types = 0, elements }: { types?: number; elements?: number } = {},
): Uint8Array {
  const all: Code[] = [{ type: 0, bytes: [0x41, 0] }, { type: 0, bytes: [0x41, 0] }, ...codes];
  const out: number[] = [...WASM_HEADER];
  const allTypes = [...TYPES, ...Array.from({ length: types }, (_, index) => typeAt(index))];
  section(out, SECTION_TYPE, vector(allTypes));
  section(out, SECTION_FUNCTION, vector(all.map(({ type }) => u32(type))));
  if (elements !== undefined)
    section(out, SECTION_TABLE, [1, FUNCREF, 1, ...u32(TABLE_SIZE), ...u32(TABLE_SIZE)]);
  section(out, SECTION_MEMORY, [1, 1, 1, 1]);
  section(
    out,
    SECTION_EXPORT,
    vector([
      [6, ...ascii("memory"), EXTERNAL_MEMORY, 0],
      [8, ...ascii("evaluate"), EXTERNAL_FUNCTION, 0],
      [6, ...ascii("resume"), EXTERNAL_FUNCTION, 1],
    ]),
  );
  if (elements !== undefined) {
    const entries = vector(new Array<number[]>(TABLE_SIZE).fill(u32(elements)));
    section(out, SECTION_ELEMENT, [1, 0, 0x41, 0, 0x0b, ...entries]);
  }
  section(out, SECTION_CODE, vector(all.map(({ bytes }) => sized([0, ...bytes, 0x0b]))));
  section(out, 0, [METADATA_SECTION.length, ...ascii(METADATA_SECTION), ...ascii("{}")]);
  return meter(Uint8Array.from(out)).bytes;
}

/** An un-metered module with its functions `times` over, each copy calling its own; metered. */
export function repeatModule(source: Uint8Array, times: number): Uint8Array {
  const { sections, bodies, functionTypes, imports } = readModule(source);
  const own = functionTypes.slice(imports.length);
  const codes = Array.from({ length: times }, (_, copy) =>
    bodies.map(({ bytes, instructions }) => {
      const start = instructions[0]!.at;
      const code = Array.from(bytes.subarray(0, bytes.length - (instructions.at(-1)!.end - start)));
      for (const { at, end, shape, index } of instructions) {
        if (shape === SHAPE_CALL && index >= imports.length) {
          code.push(OP_CALL, ...u32(index + copy * bodies.length));
        } else {
          pushBytes(code, source.subarray(at, end));
        }
      }
      return sized(code);
    }),
  );
  const out: number[] = [...WASM_HEADER];
  for (const { id, payload } of sections) {
    if (id === SECTION_FUNCTION) section(out, id, vector(codes.flatMap(() => own.map(u32))));
    else if (id === SECTION_CODE) section(out, id, vector(codes.flat()));
    else section(out, id, payload);
  }
  section(out, 0, [METADATA_SECTION.length, ...ascii(METADATA_SECTION), ...ascii("{}")]);
  return meter(Uint8Array.from(out)).bytes;
}

function section(out: number[], id: number, payload: ArrayLike<number>): void {
  out.push(id);
  pushU32(out, payload.length);
  pushBytes(out, payload);
}

function vector(entries: readonly number[][]): number[] {
  const out = u32(entries.length);
  for (const entry of entries) pushBytes(out, entry);
  return out;
}

function sized(bytes: number[]): number[] {
  const out = u32(bytes.length);
  pushBytes(out, bytes);
  return out;
}

function u32(value: number): number[] {
  const out: number[] = [];
  pushU32(out, value);
  return out;
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
