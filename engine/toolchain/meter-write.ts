// Writes a metered module: new function, global, export and code sections, the others as they were.

import {
  ByteReader,
  EXTERNAL_FUNCTION,
  EXTERNAL_GLOBAL,
  FUNCTION_TYPE,
  type FuelCode,
  HARMLESS_SECTIONS,
  I32,
  METADATA_SECTION,
  OP_END,
  OP_I32_CONST,
  pushBytes,
  pushU32,
  SECTION_CODE,
  SECTION_CUSTOM,
  SECTION_DATA,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_TYPE,
  WASM_HEADER,
} from "@haggle/abi";
import type { NewBody } from "./meter-code.ts";
import { type Module, show } from "./meter-read.ts";

export type Metered = {
  bytes: Uint8Array;
  /** For `movedOffset`: pairs of an old and a new file offset, ascending, one where the distance changes. */
  offsets: Uint32Array;
};

export function writeModule(module: Module, code: FuelCode, bodies: NewBody[]): Metered {
  const { types, imports, functionTypes, globals } = module;
  let unit = types.findIndex((type) => show(type) === ">64");
  if (unit < 0) unit = types.length;
  const newType = unit === types.length ? [FUNCTION_TYPE, 0, 0] : [];
  const forfeit = functionTypes.length;
  const global = [I32, 1, OP_I32_CONST, 0, OP_END];

  const payloads: (ArrayLike<number> | undefined)[] = [];
  for (const { id, payload } of module.sections) if (id !== SECTION_CUSTOM) payloads[id] = payload;
  payloads[SECTION_TYPE] = extend(payloads[SECTION_TYPE], newType.length > 0 ? 1 : 0, newType);
  payloads[SECTION_IMPORT] = undefined;
  payloads[SECTION_FUNCTION] = vector([...functionTypes, unit].map(u32));
  payloads[SECTION_GLOBAL] = extend(payloads[SECTION_GLOBAL], 2, [...global, ...global]);
  payloads[SECTION_EXPORT] = extend(payloads[SECTION_EXPORT], 2, [
    ...[4, ...ascii("fuel"), EXTERNAL_GLOBAL, ...u32(globals)],
    ...[7, ...ascii("forfeit"), EXTERNAL_FUNCTION, ...u32(forfeit)],
  ]);
  const sliceBodies = imports.map((name) =>
    name === "haggle.sliceEnter" ? code.sliceEnter : code.sliceLeave,
  );
  payloads[SECTION_CODE] = vector(
    [...sliceBodies, ...bodies.map((body) => body.bytes), code.forfeit].map(sized),
  );

  const out: number[] = [...WASM_HEADER];
  const offsets: number[] = [];
  for (let id: number = SECTION_TYPE; id <= SECTION_DATA; id++) {
    const payload = payloads[id];
    if (payload === undefined) continue;
    out.push(id);
    pushU32(out, payload.length);
    if (id === SECTION_CODE) pushMoves(offsets, out.length, payload, sliceBodies.length, bodies);
    pushBytes(out, payload);
  }
  for (const { id, name, payload } of module.sections) {
    if (id !== SECTION_CUSTOM || !(name === METADATA_SECTION || HARMLESS_SECTIONS.includes(name))) continue;
    out.push(id);
    pushU32(out, payload.length);
    pushBytes(out, payload);
  }
  return { bytes: Uint8Array.from(out), offsets: Uint32Array.from(offsets) };
}

/** Turns moves relative to their bodies into file offsets, and keeps those where the distance changes. */
function pushMoves(
  out: number[],
  base: number,
  payload: ArrayLike<number>,
  skip: number,
  bodies: NewBody[],
): void {
  const reader = new ByteReader(Uint8Array.from(payload), 0, payload.length, "BUILD_METER", "BUILD_METER");
  reader.u32();
  for (let index = 0; index < skip; index++) reader.take(reader.u32());
  let distance = 0;
  for (const { bytes, moves } of bodies) {
    reader.u32();
    const start = base + reader.at;
    for (let index = 0; index < moves.length; index += 2) {
      const [before, after] = [moves[index]!, start + moves[index + 1]!];
      if (after - before === distance) continue;
      distance = after - before;
      out.push(before, after);
    }
    reader.take(bytes.length);
  }
}

/** A vector with `count` more entries, which `entries` are. */
function extend(payload: ArrayLike<number> | undefined, count: number, entries: number[]): number[] {
  const bytes = Uint8Array.from(payload ?? [0]);
  const reader = new ByteReader(bytes, 0, bytes.length, "BUILD_METER", "BUILD_METER");
  const out = u32(reader.u32() + count);
  pushBytes(out, bytes.subarray(reader.at));
  pushBytes(out, entries);
  return out;
}

function vector(entries: number[][]): number[] {
  const out = u32(entries.length);
  for (const entry of entries) pushBytes(out, entry);
  return out;
}

function sized(bytes: ArrayLike<number>): number[] {
  const out = u32(bytes.length);
  pushBytes(out, bytes);
  return out;
}

function u32(value: number): number[] {
  const out: number[] = [];
  pushU32(out, value);
  return out;
}

function ascii(name: string): number[] {
  return Array.from(name, (character) => character.charCodeAt(0));
}
