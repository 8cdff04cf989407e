// One function body: read it, know what its regions cost, write it again with fuel code.

import {
  type ByteReader,
  FIRST_COSTING_SHAPE,
  type FuelCode,
  HaggleError,
  MAX_WEIGHT,
  OP_BLOCK,
  OP_BR,
  OP_END,
  OP_I32_CONST,
  OP_I32_SUB,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OPCODE_SHAPES,
  pushBytes,
  pushS32,
  pushU32,
  SHAPE_BLOCK,
  SHAPE_BRANCH,
  SHAPE_BRANCH_TABLE,
  SHAPE_CALL,
  SHAPE_CALL_INDIRECT,
  SHAPE_END,
  SHAPE_FLOAT,
  SHAPE_GLOBAL,
  SHAPE_I32_CONST,
  SHAPE_I64_CONST,
  SHAPE_LOCAL_GET,
  SHAPE_LOCAL_SET,
  SHAPE_LOOP,
  SHAPE_MEMORY_ACCESS,
  SHAPE_MEMORY_SIZE,
  SHAPE_REFUSED,
  SHAPE_RETURN,
} from "@haggle/abi";

export type Instruction = {
  /** Offsets in the file that was read. */
  at: number;
  end: number;
  shape: number;
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
    if (instruction.shape >= FIRST_COSTING_SHAPE) region.cost++;
    if (instruction.shape === SHAPE_BLOCK) open.push(region);
    if (instruction.shape === SHAPE_LOOP) {
      const loop: Region = { cost: 0, calls: [] };
      body.regions.push(loop);
      open.push(loop);
    }
    if (instruction.shape === SHAPE_END) open.pop();
    if (instruction.shape === SHAPE_CALL) region.calls.push(instruction.index);
    if (instruction.shape === SHAPE_CALL_INDIRECT) body.callsIndirectly = true;
  }
  if (reader.at !== end)
    throw new HaggleError("BUILD_METER", "a function body has a wrong length", { at: start });
  return body;
}

function readInstruction(reader: ByteReader): Instruction {
  const at = reader.at;
  const opcode = reader.byte();
  const shape = OPCODE_SHAPES[opcode]!;
  let index = 0;
  switch (shape) {
    case SHAPE_REFUSED:
    case SHAPE_FLOAT:
      throw new HaggleError("BUILD_METER", "an instruction outside the profile", { at, value: opcode });
    case SHAPE_MEMORY_ACCESS:
      reader.u32();
      reader.u32();
      break;
    case SHAPE_BLOCK:
    case SHAPE_LOOP:
    case SHAPE_MEMORY_SIZE:
      reader.byte();
      break;
    case SHAPE_BRANCH:
    case SHAPE_LOCAL_GET:
    case SHAPE_LOCAL_SET:
    case SHAPE_GLOBAL:
      reader.u32();
      break;
    case SHAPE_BRANCH_TABLE:
      for (let targets = reader.u32(); targets >= 0; targets--) reader.u32();
      break;
    case SHAPE_CALL:
      index = reader.u32();
      break;
    case SHAPE_CALL_INDIRECT:
      reader.u32();
      reader.u32();
      break;
    case SHAPE_I32_CONST:
      reader.s32();
      break;
    case SHAPE_I64_CONST:
      reader.skipS64();
  }
  return { at, end: reader.at, shape, index };
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
  const getLocal = localOp(OP_LOCAL_GET, local);
  const teeLocal = localOp(OP_LOCAL_TEE, local);
  const takeBack = [...code.refresh, ...localOp(OP_LOCAL_SET, local)];

  const bytes: number[] = [];
  const moves: number[] = [];
  pushU32(bytes, body.groupCount + 1);
  pushBytes(bytes, body.groups);
  bytes.push(1, 0x7f); // one more i32
  pushBytes(bytes, code.charge);
  pushWeight(bytes, plan.weights[0]!);
  bytes.push(...teeLocal, ...code.cachedCheck, OP_BLOCK, plan.result);

  let depth = 0;
  let region = 0;
  for (const { at, end, shape, index } of body.instructions) {
    const flushes = shape === SHAPE_CALL_INDIRECT || (shape === SHAPE_CALL && !plan.isFree(index));
    if (flushes) bytes.push(...getLocal, ...code.flush);
    moves.push(at, bytes.length);
    if (shape === SHAPE_RETURN) {
      bytes.push(OP_BR);
      pushU32(bytes, depth);
    } else {
      pushBytes(bytes, source.subarray(at, end));
    }
    if (flushes) bytes.push(...takeBack);
    if (shape === SHAPE_BLOCK || shape === SHAPE_LOOP) depth++;
    if (shape === SHAPE_END) depth--;
    if (shape === SHAPE_LOOP) {
      region++;
      bytes.push(...getLocal, OP_I32_CONST);
      pushWeight(bytes, plan.weights[region]!);
      bytes.push(...teeLocal, ...code.cachedCheck);
    }
  }
  bytes.push(...getLocal, ...code.flush, OP_END);
  return { bytes, moves };
}

/** The operand of `i32.const`, and the subtraction. */
function pushWeight(out: number[], weight: number): void {
  if (weight > MAX_WEIGHT) throw new HaggleError("BUILD_METER", "a function is too large", { value: weight });
  // A charge of nothing would let an empty loop run for ever.
  pushS32(out, Math.max(1, weight));
  out.push(OP_I32_SUB);
}

function localOp(opcode: number, local: number): number[] {
  const out = [opcode];
  pushU32(out, local);
  return out;
}
