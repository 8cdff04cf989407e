// WebAssembly read by somebody else's code: wasmparser, by the author of the debugger that browsers use. What our
// own readers say of a module is compared with what this one says.

import { BinaryReader, type IOperatorInformation } from "wasmparser";

export type Operator = {
  code: number;
  /** Offsets in the file: of the opcode, and behind the last byte of what follows it. */
  at: number;
  end: number;
  /** The index or the constant behind the opcode, if there is one that matters here. */
  operand: number;
  /** All labels of a branch table. */
  targets?: readonly number[];
};

export type ReadFunction = {
  /** `ii>l` is (i32, i32) -> (i64). */
  type: string;
  /** Parameters and declared locals. */
  locals: number;
  /** Of the first operator, and behind the last. */
  codeAt: number;
  end: number;
  operators: Operator[];
};

export type ReadGlobal = { type: number; mutable: boolean; init: Operator[] };

export type ReadModule = {
  sections: { id: number; name: string; offset: number; size: number }[];
  types: string[];
  functions: ReadFunction[];
  globals: ReadGlobal[];
  memories: { initial: number; maximum: number | undefined; shared: boolean }[];
  tables: { initial: number; maximum: number | undefined }[];
  exports: { name: string; kind: number; index: number }[];
  /** Functions in element segments. */
  elements: number[];
};

// wasmparser's states are a const enum, which is not there when its types are erased.
const STATE = {
  error: -1,
  beginSection: 3,
  endSection: 4,
  beginWasm: 1,
  endWasm: 2,
  rawData: 7,
  type: 11,
  import: 12,
  function: 13,
  table: 14,
  memory: 15,
  export: 17,
  start: 22,
  initOperator: 26,
  beginBody: 28,
  operator: 30,
  beginGlobal: 39,
} as const;
const SECTION_CUSTOM = 0;
const SECTION_ELEMENT = 9;
const SECTION_CODE = 10;
const OP_REF_FUNC = 0xd2; // as wasmparser shows the entries of an element segment

const TYPE_LETTERS: Record<number, string> = { [-1]: "i", [-2]: "l", [-3]: "f", [-4]: "d" };

/** Of wasmparser's results, those that are read here. They are a union whose tag is the reader's state. */
type Result = IOperatorInformation & {
  id: number;
  name: Uint8Array;
  params: { code: number }[];
  returns: { code: number }[];
  typeIndex: number;
  funcIndex: number;
  limits: { initial: number; maximum: number | undefined };
  shared: boolean;
  type: { contentType: { code: number }; mutability: number };
  field: Uint8Array;
  kind: number;
  index: number;
  locals: { count: number }[];
};

/** Throws for modules that wasmparser does not understand, imports and start functions among them: we take none. */
export function readWithWasmparser(bytes: Uint8Array): ReadModule {
  const reader = new BinaryReader();
  const copy = Uint8Array.from(bytes);
  reader.setData(copy.buffer, 0, copy.length);
  const module: ReadModule = {
    ...{ sections: [], types: [], functions: [], globals: [], memories: [], tables: [], exports: [] },
    elements: [],
  };
  const functionTypes: number[] = [];
  let section = { id: -1, name: "", offset: 0, size: 0 };
  for (let before = 0; ; before = reader.position) {
    if (!reader.read()) throw new Error("wasmparser wants more bytes");
    const result = reader.result as unknown as Result;
    switch (reader.state as number) {
      case STATE.beginWasm:
        break;
      case STATE.endWasm:
        return module;
      case STATE.beginSection: {
        const name = result.id === SECTION_CUSTOM ? String.fromCharCode(...result.name) : "";
        const named = result.id === SECTION_CUSTOM ? lengthOfU32(name.length) + name.length : 0;
        section = { id: result.id, name, offset: reader.position - named, size: 0 };
        module.sections.push(section);
        if (result.id === SECTION_CUSTOM) reader.fetchSectionRawData();
        break;
      }
      case STATE.rawData:
      case STATE.endSection:
        section.size = reader.position - section.offset;
        break;
      case STATE.type:
        module.types.push(`${letters(result.params)}>${letters(result.returns)}`);
        break;
      case STATE.function:
        functionTypes.push(result.typeIndex);
        break;
      case STATE.table:
        module.tables.push(result.limits);
        break;
      case STATE.memory:
        module.memories.push({ ...result.limits, shared: result.shared });
        break;
      case STATE.beginGlobal:
        module.globals.push({
          type: result.type.contentType.code,
          mutable: result.type.mutability === 1,
          init: [],
        });
        break;
      case STATE.export:
        module.exports.push({
          name: String.fromCharCode(...result.field),
          kind: result.kind,
          index: result.index,
        });
        break;
      case STATE.initOperator:
        if (section.id === SECTION_ELEMENT) {
          if (result.code === OP_REF_FUNC) module.elements.push(result.funcIndex);
        } else {
          module.globals.at(-1)!.init.push(operatorOf(result, before, reader.position));
        }
        break;
      case STATE.beginBody: {
        const type = module.types[functionTypes[module.functions.length]!];
        if (type === undefined) throw new Error("a body without a type");
        const declared = result.locals.reduce((sum, { count }) => sum + count, 0);
        module.functions.push({
          ...{ type, locals: type.indexOf(">") + declared, codeAt: reader.position, end: 0, operators: [] },
        });
        break;
      }
      case STATE.operator: {
        const body = module.functions.at(-1)!;
        body.operators.push(operatorOf(result, before, reader.position));
        body.end = reader.position;
        break;
      }
      case STATE.import:
      case STATE.start:
        throw new Error(`an import or a start function at ${before}`);
      case STATE.error:
        throw reader.error;
      default:
        // Ends of bodies and of entries, offsets of segments, data.
        break;
    }
  }
}

export function codeSectionOf({ sections }: Pick<ReadModule, "sections">): { offset: number; size: number } {
  return sections.find(({ id }) => id === SECTION_CODE)!;
}

function operatorOf(result: IOperatorInformation, at: number, end: number): Operator {
  const { code, localIndex, globalIndex, funcIndex, typeIndex, brDepth, brTable, literal, blockType } =
    result;
  const operand =
    localIndex ?? globalIndex ?? funcIndex ?? typeIndex ?? brDepth ?? blockType?.code ?? numberOf(literal);
  return { code, at, end, operand, ...(brTable === undefined ? {} : { targets: brTable }) };
}

function numberOf(literal: IOperatorInformation["literal"]): number {
  return typeof literal === "number" ? literal : 0;
}

function letters(types: { code: number }[]): string {
  return types.map(({ code }) => TYPE_LETTERS[code] ?? "?").join("");
}

function lengthOfU32(value: number): number {
  return value < 0x80 ? 1 : 2;
}
