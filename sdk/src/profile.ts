// The sandbox profile: what a module may be made of, decided on its bytes before any engine sees them, and the same
// everywhere because no engine is asked. Types of operands are left to WebAssembly.compile, which runs afterwards;
// what is promised of accepted bytes holds for all that also pass there. Code: ./profile-code.ts.

import {
  ByteReader,
  EXTERNAL_FUNCTION,
  EXTERNAL_GLOBAL,
  EXTERNAL_MEMORY,
  FUNCREF,
  FUNCTION_TYPE,
  fuelCode,
  HARMLESS_SECTIONS,
  I32,
  MAX_BUNDLE_BYTES,
  MAX_DATA_SEGMENTS,
  MAX_ELEMENTS,
  MAX_EXPORTS,
  MAX_FUNCTIONS,
  MAX_GLOBALS,
  MAX_MEMORY_PAGES,
  MAX_PARAMETERS,
  MAX_SECTION_NAME_BYTES,
  MAX_TYPES,
  METADATA_SECTION,
  OP_END,
  OP_I32_CONST,
  OP_I64_CONST,
  PAGE_BYTES,
  refuse,
  SECTION_CODE,
  SECTION_CUSTOM,
  SECTION_DATA,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_START,
  SECTION_TYPE,
  SIGNATURE_SECTION,
  WASM_HEADER,
} from "@haggle/abi";
import { verifyCode } from "./profile-code.ts";
import { follows, type Module, readValueType } from "./profile-read.ts";

export type ProfileReport = {
  /** In file order; `name` is empty but for custom sections, `offset` and `size` are those of the payload. */
  sections: { id: number; name: string; offset: number; size: number }[];
  functions: number;
  memoryPages: number;
  /** Payload of the custom section `haggle`: a view into the bytes that were given. */
  metadata: Uint8Array;
  /** Frames on the longest path of calls. */
  maxStackDepth: number;
};

/**
 * Checks that a metered module fits the profile: no imports, no start, fixed memory, known exports, integers only,
 * no recursion, fuel everywhere, everything small. One pass over the bytes and one over the calls.
 *
 * @throws HaggleError PROFILE_* with the byte offset as `at`, at the first thing that does not fit.
 */
export function verifyProfile(bytes: Uint8Array): ProfileReport {
  if (bytes.length > MAX_BUNDLE_BYTES) throw refuse("PROFILE_TOO_LARGE", MAX_BUNDLE_BYTES, bytes.length);
  const file = new ByteReader(bytes, 0, bytes.length, "PROFILE_TRUNCATED", "PROFILE_BAD_LEB");
  if (!follows(file, WASM_HEADER)) throw refuse("PROFILE_BAD_HEADER", 0);
  const module: Module = {
    reader: file,
    typeKeys: [],
    types: new Map(),
    sameType: [],
    functions: [],
    tableSize: -1,
    pages: 0,
    globals: 0,
    exports: new Map(),
    elements: [],
    fuel: fuelCode(0, 0),
    maxStackDepth: 0,
  };
  const sections: ProfileReport["sections"] = [];
  let metadata: Uint8Array | undefined;
  let last = 0;
  let seen = 0;
  while (file.at < file.end) {
    const start = file.at;
    const id = file.byte();
    const size = file.u32();
    const offset = file.at;
    const payload = file.take(size);
    const reader = new ByteReader(bytes, offset, offset + size, "PROFILE_SECTION_LENGTH", "PROFILE_BAD_LEB");
    let name = "";
    if (id === SECTION_CUSTOM) {
      name = readName(reader);
      const isKnown = name === METADATA_SECTION || HARMLESS_SECTIONS.includes(name);
      const isSignature = name === SIGNATURE_SECTION && sections.length === 0;
      if (!(isKnown || isSignature) || sections.some((other) => other.name === name)) {
        throw refuse("PROFILE_CUSTOM_SECTION", start, name);
      }
      if (name === METADATA_SECTION) metadata = payload.subarray(reader.at - offset);
    } else {
      if (id > SECTION_DATA) throw refuse("PROFILE_SECTION_UNKNOWN", start, id);
      if (id <= last) throw refuse("PROFILE_SECTION_ORDER", start, id);
      last = id;
      seen |= 1 << id;
      module.reader = reader;
      readSection(module, id);
      if (reader.at !== reader.end) throw refuse("PROFILE_SECTION_LENGTH", reader.at, id);
    }
    sections.push({ id, name, offset, size });
  }
  for (const id of REQUIRED_SECTIONS) {
    if (!((seen >> id) & 1)) throw refuse("PROFILE_SECTION_MISSING", file.end, id);
  }
  if (!metadata) throw refuse("PROFILE_METADATA", file.end);
  const { functions, pages, maxStackDepth } = module;
  return { sections, functions: functions.length, memoryPages: pages, metadata, maxStackDepth };
}

const REQUIRED_SECTIONS = [
  SECTION_TYPE,
  SECTION_FUNCTION,
  SECTION_MEMORY,
  SECTION_GLOBAL,
  SECTION_EXPORT,
  SECTION_CODE,
];

function readSection(module: Module, id: number): void {
  const { reader } = module;
  const start = reader.at;
  if (id === SECTION_START) throw refuse("PROFILE_START", start);
  const count = reader.u32();
  if (count > MAX_ENTRIES[id]!) throw refuse("PROFILE_TOO_MANY", start, count);
  if (id === SECTION_IMPORT && count > 0) refuseImport(reader);
  if (id === SECTION_MEMORY && count !== 1) throw refuse("PROFILE_MEMORY", start, count);
  if (id === SECTION_GLOBAL && count < 2) throw refuse("PROFILE_UNMETERED", start);
  if (id === SECTION_CODE) {
    if (count !== module.functions.length) throw refuse("PROFILE_BODY", start, count);
    module.maxStackDepth = verifyCode(module);
    return;
  }
  if (id === SECTION_GLOBAL) {
    module.globals = count;
    module.fuel = fuelCode(count - 2, count - 1);
  }
  for (let index = 0; index < count; index++) READERS[id]!(module, reader, reader.at, index);
  if (id === SECTION_EXPORT) requireExports(module, start);
}

/** By section id: how many entries are allowed, checked before the first is read. */
const MAX_ENTRIES = [
  0,
  MAX_TYPES,
  MAX_FUNCTIONS, // imports: refused by name
  MAX_FUNCTIONS,
  1,
  MAX_FUNCTIONS, // memories: counted above
  MAX_GLOBALS,
  MAX_EXPORTS,
  0,
  MAX_ELEMENTS,
  MAX_FUNCTIONS,
  MAX_DATA_SEGMENTS,
];

type EntryReader = (module: Module, reader: ByteReader, at: number, index: number) => void;

/** By section id: how one entry is read, which begins at `at`. */
const READERS: readonly (EntryReader | undefined)[] = [
  undefined,
  readType,
  undefined,
  readFunction,
  readTable,
  readMemory,
  readGlobal,
  readExport,
  undefined,
  readElement,
  undefined,
  readData,
];

function readType(module: Module, reader: ByteReader, at: number, index: number): void {
  if (reader.byte() !== FUNCTION_TYPE) throw refuse("PROFILE_TYPE", at);
  const parameters = reader.u32();
  if (parameters > MAX_PARAMETERS) throw refuse("PROFILE_TYPE", at, parameters);
  let key = "";
  for (let count = parameters; count > 0; count--) key += readValueType(reader);
  key += ">";
  const results = reader.u32();
  if (results > 1) throw refuse("PROFILE_TYPE", at, results);
  if (results === 1) key += readValueType(reader);
  // Engines compare types by structure, so call_indirect reaches functions of every type written alike.
  if (!module.types.has(key)) module.types.set(key, index);
  module.sameType.push(module.types.get(key)!);
  module.typeKeys.push(key);
}

function refuseImport(reader: ByteReader): never {
  const at = reader.at;
  const name = readName(reader);
  const isUnmetered = name === "haggle";
  const code = isUnmetered ? "PROFILE_UNMETERED" : "PROFILE_IMPORT";
  throw refuse(code, at, name);
}

function readFunction(module: Module, reader: ByteReader, at: number): void {
  const type = reader.u32();
  if (type >= module.typeKeys.length) throw refuse("PROFILE_INDEX", at, type);
  module.functions.push(type);
}

function readTable(module: Module, reader: ByteReader, at: number): void {
  if (reader.byte() !== FUNCREF) throw refuse("PROFILE_TABLE", at);
  module.tableSize = readFixedSize(reader);
  if (module.tableSize > MAX_ELEMENTS) throw refuse("PROFILE_TABLE", at);
}

function readMemory(module: Module, reader: ByteReader, at: number): void {
  module.pages = readFixedSize(reader);
  if (module.pages > MAX_MEMORY_PAGES) throw refuse("PROFILE_MEMORY", at);
}

/** Flag 1 is "32 bits, not shared, with a maximum". Infinite for all else, and where minimum and maximum differ. */
function readFixedSize(reader: ByteReader): number {
  if (reader.byte() !== 1) return Infinity;
  const minimum = reader.u32();
  return reader.u32() === minimum ? minimum : Infinity;
}

function readGlobal(module: Module, reader: ByteReader, at: number, index: number): void {
  if (index >= module.globals - 2) {
    if (!follows(reader, FUEL_GLOBAL)) throw refuse("PROFILE_UNMETERED", at);
    return;
  }
  const opcode = readValueType(reader) === "i" ? OP_I32_CONST : OP_I64_CONST;
  if (reader.byte() > 1) throw refuse("PROFILE_GLOBAL", at);
  readConstant(reader, opcode);
}

const FUEL_GLOBAL = [I32, 1, OP_I32_CONST, 0, OP_END];

/** A constant expression of one instruction. */
function readConstant(reader: ByteReader, opcode: number): number {
  const at = reader.at;
  let value = 0;
  if (reader.byte() !== opcode) throw refuse("PROFILE_CONST_EXPR", at);
  if (opcode === OP_I32_CONST) value = reader.s32();
  else reader.skipS64();
  if (reader.byte() !== OP_END) throw refuse("PROFILE_CONST_EXPR", at);
  return value;
}

/** What may be exported: the kind, and the type where it is a function. All but two must be. */
const EXPORTS = new Map<string, string>([
  ["memory", ""],
  ["fuel", ""],
  ["evaluate", ">i"],
  ["resume", ">i"],
  ["forfeit", ">"],
  ["explain", "i>i"],
  ["_initialize", ">"],
]);
const OPTIONAL_EXPORTS = ["explain", "_initialize"];

function readExport(module: Module, reader: ByteReader, at: number): void {
  const name = readName(reader);
  const kind = reader.byte();
  const index = reader.u32();
  const type = EXPORTS.get(name);
  let fits = type !== undefined && !module.exports.has(name);
  if (name === "memory") fits &&= kind === EXTERNAL_MEMORY && index === 0;
  else if (name === "fuel") fits &&= kind === EXTERNAL_GLOBAL && index === module.globals - 2;
  else fits &&= kind === EXTERNAL_FUNCTION && module.typeKeys[module.functions[index]!] === type;
  if (!fits) throw refuse("PROFILE_EXPORT", at, name);
  module.exports.set(name, index);
}

function requireExports(module: Module, at: number): void {
  for (const name of EXPORTS.keys()) {
    if (module.exports.has(name) || OPTIONAL_EXPORTS.includes(name)) continue;
    const isFuel = name === "fuel" || name === "forfeit";
    throw refuse(isFuel ? "PROFILE_UNMETERED" : "PROFILE_EXPORT", at, name);
  }
}

function readElement(module: Module, reader: ByteReader, at: number): void {
  if (reader.u32() !== 0) throw refuse("PROFILE_ELEMENT", at);
  const offset = readConstant(reader, OP_I32_CONST);
  const count = reader.u32();
  if (offset < 0 || offset + count > module.tableSize) throw refuse("PROFILE_ELEMENT", at);
  if (module.elements.length + count > MAX_ELEMENTS) throw refuse("PROFILE_TOO_MANY", at);
  for (let entry = 0; entry < count; entry++) {
    const place = reader.at;
    const index = reader.u32();
    if (index >= module.functions.length) throw refuse("PROFILE_INDEX", place, index);
    module.elements.push(index);
  }
}

function readData(module: Module, reader: ByteReader, at: number): void {
  if (reader.u32() !== 0) throw refuse("PROFILE_DATA", at);
  const offset = readConstant(reader, OP_I32_CONST);
  const size = reader.u32();
  if (offset < 0 || offset + size > module.pages * PAGE_BYTES) throw refuse("PROFILE_DATA", at);
  reader.take(size);
}

function readName(reader: ByteReader): string {
  const at = reader.at;
  const length = reader.u32();
  if (length > MAX_SECTION_NAME_BYTES) throw refuse("PROFILE_TOO_MANY", at, length);
  return String.fromCharCode(...reader.take(length));
}
