// One function body: read it, know what its regions cost, write it again with fuel code.

import {
  type ByteReader,
  costOf,
  type FuelCode,
  HaggleError,
  MAX_WEIGHT,
  OP,
  OPCODE,
  OPCODE_KINDS,
  pushBytes,
  pushS32,
  pushU32,
} from "@haggle/abi";

export type Instruction = {
  /** Offsets in the file that was read. */
  at: number;
  end: number;
  kind: number;
  /** The callee of a call, else 0. */
  index: number;
};

/** Code that runs at most once per charge: a body or a loop's body, without the loops inside. */
export type Region = { cost: number; calls: number[] };

export type Body = {
  groups: Uint8Array;
  groupCount: number;
  /** Declared locals, without parameters. */
  locals: number;
  instructions: Instruction[];
  /** The body itself, then its loops in the order in which they begin. */
  regions: Region[];
  callsIndirectly: boolean;
  /** The bytes as they were, from the count of local groups on. */
  bytes: Uint8Array;
};

/** What a function's fuel code depends on. */
export type FuelPlan = {
  code: FuelCode;
  /** One weight per region of the body. */
  weights: number[];
  /** The index that the added local gets. */
  local: number;
  /** Block type of the function's result. */
  result: number;
  isFree: (callee: number) => boolean;
};

/** `bytes` from the count of local groups on; `moves` are pairs of an old file offset and an offset in `bytes`. */
export type NewBody = { bytes: number[]; moves: number[] };

export function readBody(reader: ByteReader, size: number): Body {
  const start = reader.at;
  const end = start + size;
  const groupCount = reader.u32();
  const groupsAt = reader.at;
  let locals = 0;
  for (let group = 0; group < groupCount; group++) {
    locals += reader.u32();
    reader.byte();
  }
  const body: Body = {
    groups: reader.bytes.subarray(groupsAt, reader.at),
    groupCount,
    locals,
    instructions: [],
    regions: [{ cost: 0, calls: [] }],
    callsIndirectly: false,
    bytes: reader.bytes.subarray(start, end),
  };
  const open: Region[] = [body.regions[0]!];
  while (open.length > 0) {
    const instruction = readInstruction(reader);
    const region = open.at(-1)!;
    body.instructions.push(instruction);
    region.cost += costOf(instruction.kind);
    if (instruction.kind === OPCODE.block) open.push(region);
    if (instruction.kind === OPCODE.loop) {
      const loop: Region = { cost: 0, calls: [] };
      body.regions.push(loop);
      open.push(loop);
    }
    if (instruction.kind === OPCODE.end) open.pop();
    if (instruction.kind === OPCODE.call) region.calls.push(instruction.index);
    if (instruction.kind === OPCODE.callIndirect) body.callsIndirectly = true;
  }
  if (reader.at !== end)
    throw new HaggleError("BUILD_METER", "a function body has a wrong length", { at: start });
  return body;
}

function readInstruction(reader: ByteReader): Instruction {
  const at = reader.at;
  const opcode = reader.byte();
  const kind = OPCODE_KINDS[opcode]!;
  let index = 0;
  switch (kind) {
    case OPCODE.refused:
    case OPCODE.float:
      throw new HaggleError("BUILD_METER", "an instruction outside the profile", { at, value: opcode });
    case OPCODE.memoryAccess:
      reader.u32();
      reader.u32();
      break;
    case OPCODE.block:
    case OPCODE.loop:
    case OPCODE.memorySize:
      reader.byte();
      break;
    case OPCODE.branch:
    case OPCODE.localGet:
    case OPCODE.localSet:
    case OPCODE.global:
      reader.u32();
      break;
    case OPCODE.branchTable:
      for (let targets = reader.u32(); targets >= 0; targets--) reader.u32();
      break;
    case OPCODE.call:
      index = reader.u32();
      break;
    case OPCODE.callIndirect:
      reader.u32();
      reader.u32();
      break;
    case OPCODE.i32Const:
      reader.s32();
      break;
    case OPCODE.i64Const:
      reader.skipS64();
  }
  return { at, end: reader.at, kind, index };
}

/** The same body, and where its instructions went. */
export function copyBody(body: Body): NewBody {
  return {
    bytes: Array.from(body.bytes),
    moves: [body.instructions[0]!.at, body.bytes.length - lengthOf(body)],
  };
}

function lengthOf(body: Body): number {
  return body.instructions.at(-1)!.end - body.instructions[0]!.at;
}

/** Charges the global once; calls need nothing, because the fuel is where callees look for it. */
export function writePlain(body: Body, plan: FuelPlan): NewBody {
  const bytes: number[] = [];
  pushU32(bytes, body.groupCount);
  pushBytes(bytes, body.groups);
  pushBytes(bytes, plan.code.charge);
  pushWeight(bytes, plan.weights[0]!);
  pushBytes(bytes, plan.code.plainCheck);
  const first = body.instructions[0]!.at;
  const moves = [first, bytes.length];
  pushBytes(bytes, body.bytes.subarray(body.bytes.length - lengthOf(body)));
  return { bytes, moves };
}

/** Keeps fuel in the added local; every way out leads through the end of one block around the old body. */
export function writeCached(body: Body, plan: FuelPlan, source: Uint8Array): NewBody {
  const { code, local } = plan;
  const getLocal = localOp(OP.localGet, local);
  const teeLocal = localOp(OP.localTee, local);
  const takeBack = [...code.refresh, ...localOp(OP.localSet, local)];

  const bytes: number[] = [];
  const moves: number[] = [];
  pushU32(bytes, body.groupCount + 1);
  pushBytes(bytes, body.groups);
  bytes.push(1, 0x7f); // one more i32
  pushBytes(bytes, code.charge);
  pushWeight(bytes, plan.weights[0]!);
  bytes.push(...teeLocal, ...code.cachedCheck, OP.block, plan.result);

  let depth = 0;
  let region = 0;
  for (const { at, end, kind, index } of body.instructions) {
    const flushes = kind === OPCODE.callIndirect || (kind === OPCODE.call && !plan.isFree(index));
    if (flushes) bytes.push(...getLocal, ...code.flush);
    moves.push(at, bytes.length);
    if (kind === OPCODE.return) {
      bytes.push(OP.br);
      pushU32(bytes, depth);
    } else {
      pushBytes(bytes, source.subarray(at, end));
    }
    if (flushes) bytes.push(...takeBack);
    if (kind === OPCODE.block || kind === OPCODE.loop) depth++;
    if (kind === OPCODE.end) depth--;
    if (kind === OPCODE.loop) {
      region++;
      bytes.push(...getLocal, OP.i32Const);
      pushWeight(bytes, plan.weights[region]!);
      bytes.push(...teeLocal, ...code.cachedCheck);
    }
  }
  bytes.push(...getLocal, ...code.flush, OP.end);
  return { bytes, moves };
}

/** The operand of `i32.const`, and the subtraction. */
function pushWeight(out: number[], weight: number): void {
  if (weight > MAX_WEIGHT) throw new HaggleError("BUILD_METER", "a function is too large", { value: weight });
  // A charge of nothing would let an empty loop run for ever.
  pushS32(out, Math.max(1, weight));
  out.push(OP.i32Subtract);
}

function localOp(opcode: number, local: number): number[] {
  const out = [opcode];
  pushU32(out, local);
  return out;
}
