// Reads what the meter must know of a module. What it need not know, the profile check will judge.

import {
  ByteReader,
  EXTERNAL_FUNCTION,
  HaggleError,
  MAX_SECTION_NAME_BYTES,
  NO_RESULT,
  SECTION_CODE,
  SECTION_CUSTOM,
  SECTION_DATA,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_TYPE,
  WASM_HEADER,
} from "@haggle/abi";
import { type Body, readBody } from "./meter-code.ts";

export type FunctionType = { parameters: number[]; result: number };

type Section = { id: number; name: string; payload: Uint8Array };

export type Module = {
  source: Uint8Array;
  sections: Section[];
  types: FunctionType[];
  /** Names of the imported slice functions, in the order of their indices. */
  imports: string[];
  /** Type index of every function, imported ones first. */
  functionTypes: number[];
  globals: number;
  exported: Set<number>;
  /** Functions in element segments. */
  indirect: Set<number>;
  bodies: Body[];
};

export function readModule(source: Uint8Array): Module {
  const module: Module = {
    source,
    sections: [],
    types: [],
    imports: [],
    functionTypes: [],
    globals: 0,
    exported: new Set(),
    indirect: new Set(),
    bodies: [],
  };
  if (!WASM_HEADER.every((byte, at) => source[at] === byte)) fail("this is not a WebAssembly module", 0);
  const reader = new ByteReader(source, WASM_HEADER.length, source.length, "BUILD_METER", "BUILD_METER");
  while (reader.at < source.length) {
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    const section: Section = { id, name: "", payload: reader.take(size) };
    reader.at = end - size;
    readSection(module, section, reader);
    // Sections that need no reading are kept as they are; the profile check judges them.
    reader.at = end;
    module.sections.push(section);
  }
  return module;
}

function readSection(module: Module, section: Section, reader: ByteReader): void {
  if (
    section.id > SECTION_DATA ||
    (section.id !== SECTION_CUSTOM && module.sections.some(({ id }) => id === section.id))
  ) {
    fail("a section outside the profile", reader.at, section.id);
  }
  if (section.id === SECTION_CUSTOM) section.name = text(reader);
  else if (section.id === SECTION_TYPE) each(reader, () => module.types.push(readType(reader)));
  else if (section.id === SECTION_IMPORT) each(reader, () => readImport(module, reader));
  else if (section.id === SECTION_FUNCTION) each(reader, () => module.functionTypes.push(reader.u32()));
  else if (section.id === SECTION_GLOBAL) module.globals = reader.u32();
  else if (section.id === SECTION_EXPORT) each(reader, () => readExport(module, reader));
  else if (section.id === SECTION_ELEMENT) each(reader, () => readElement(module, reader));
  else if (section.id === SECTION_CODE)
    each(reader, () => module.bodies.push(readBody(reader, reader.u32())));
}

function readType(reader: ByteReader): FunctionType {
  reader.byte();
  const parameters = Array.from(reader.take(reader.u32()));
  const results = reader.take(reader.u32());
  return { parameters, result: results[0] ?? NO_RESULT };
}

function readImport(module: Module, reader: ByteReader): void {
  const at = reader.at;
  const name = `${text(reader)}.${text(reader)}`;
  const kind = reader.byte();
  if (kind !== EXTERNAL_FUNCTION || !(name in SLICE_TYPES))
    fail("only slice functions may be imported", at, name);
  const type = reader.u32();
  if (show(module.types[type]) !== SLICE_TYPES[name]) fail("a slice function of a wrong type", at, name);
  module.imports.push(name);
  module.functionTypes.push(type);
}

const SLICE_TYPES: Record<string, string> = { "haggle.sliceEnter": "127>64", "haggle.sliceLeave": ">64" };

export function show(type: FunctionType | undefined): string {
  return type === undefined ? "" : `${type.parameters}>${type.result}`;
}

function readExport(module: Module, reader: ByteReader): void {
  const at = reader.at;
  const name = text(reader);
  const kind = reader.byte();
  const index = reader.u32();
  if (name === "fuel" || name === "forfeit") fail("the module is metered already", at, name);
  if (kind === EXTERNAL_FUNCTION) module.exported.add(index);
}

function readElement(module: Module, reader: ByteReader): void {
  const at = reader.at;
  // Only `i32.const offset; end` of table 0 is in the profile.
  if (reader.u32() !== 0 || reader.byte() !== 0x41) fail("an element segment outside the profile", at);
  reader.s32();
  if (reader.byte() !== 0x0b) fail("an element segment outside the profile", at);
  each(reader, () => module.indirect.add(reader.u32()));
}

function each(reader: ByteReader, visit: () => void): void {
  for (let count = reader.u32(); count > 0; count--) visit();
}

function text(reader: ByteReader): string {
  return String.fromCharCode(...reader.take(reader.u32()).subarray(0, MAX_SECTION_NAME_BYTES));
}

export function fail(message: string, at: number, value?: unknown): never {
  throw new HaggleError("BUILD_METER", message, value === undefined ? { at } : { at, value });
}
