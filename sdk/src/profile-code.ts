// The code section of the profile: where instructions begin and end, that fuel is charged everywhere, and that calls
// are acyclic. The patterns are in engine/abi/fuel.ts.
//
// Why every run of accepted code stops. Let `weight` be the operand of a charge, and call a region a body or a
// loop's body without the loops inside.
// 1. Control enters code only at a function's start and goes back only to the head of a loop. Both begin with a
//    charge, or the function is free. Between two charges of a region each of its instructions runs at most once,
//    dead code or not, because within a region all branches lead forward.
// 2. A free function has no loop, calls free functions only and costs at most FREE_COST with all of them; every call
//    of it is part of the cost of the calling region. Host and table cannot reach it. So instructions run <= fuel
//    charged, but for injected ones: a constant number per charge and per call.
// 3. A charge subtracts 1 <= weight <= MAX_WEIGHT and traps below zero, leaving -1. Fuel starts at -1 or more, so the
//    subtraction cannot wrap.
// 4. Nothing else writes fuel. The globals and the caching local appear only inside the patterns, and patterns have
//    no labels inside, so they run as a whole or trap. A cached function hands fuel over right before each call of
//    a function that is not free, takes it back right after, and leaves only through the end of its wrapper:
//    no `return`, no branch to the function's own label. So the global is exact whenever other code can see it,
//    and is never set above what it was. A trap inside may leave it too high by what was charged since the last
//    call; the host then forfeits the slice.
// 5. The slice functions keep `fuel + reserve` or trap; `forfeit` may only be called by the host.
// 6. Calls are acyclic, with call_indirect counted as a call of every function of that type in the table, so the
//    stack is bounded too.
// Hence one call from the host ends after at most c x (fuel + reserve + MAX_WEIGHT) instructions.

import {
  type ByteReader,
  FIRST_COSTING_SHAPE,
  FIRST_NUMBERED_SHAPE,
  FREE_COST,
  I64,
  MAX_BODY_BYTES,
  MAX_BRANCH_TARGETS,
  MAX_LOCALS,
  MAX_NESTING,
  MAX_WEIGHT,
  NO_RESULT,
  OP_BLOCK,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_END,
  OP_I32_CONST,
  OP_I32_SUB,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OPCODE_SHAPES,
  refuse,
  SHAPE_BLOCK,
  SHAPE_BRANCH,
  SHAPE_BRANCH_TABLE,
  SHAPE_CALL,
  SHAPE_CALL_INDIRECT,
  SHAPE_ELSE,
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
  SHAPE_PLAIN,
  SHAPE_RETURN,
} from "@haggle/abi";
import { CACHED, FREE, PLAIN, type Scan, SLICE, verifyCalls } from "./profile-calls.ts";
import { follows, type Module, readValueType } from "./profile-read.ts";

/** Reads all bodies; returns the number of frames on the longest path of calls. */
export function verifyCode(module: Module): number {
  const mostCalls = (module.reader.end - module.reader.at) >> 1;
  const scan: Scan = {
    bodyAt: [],
    kinds: [],
    firstRegion: [],
    firstCall: [],
    regionAt: [],
    slack: [],
    callRegion: new Uint16Array(mostCalls),
    callTarget: new Int16Array(mostCalls),
    calls: 0,
  };
  /** By depth: the region around the block. */
  const open = new Int32Array(MAX_NESTING + 1);
  for (let index = 0; index < module.functions.length; index++) scanBody(module, scan, index, open);
  scan.firstRegion.push(scan.slack.length);
  scan.firstCall.push(scan.calls);
  return verifyCalls(module, scan);
}

function scanBody(module: Module, scan: Scan, index: number, open: Int32Array): void {
  const { reader, fuel } = module;
  const { bytes } = reader;
  const { slack, regionAt } = scan;
  const start = reader.at;
  const size = reader.u32();
  const end = reader.at + size;
  if (size > MAX_BODY_BYTES || end > reader.end) throw refuse("PROFILE_BODY", start, size);
  scan.bodyAt.push(start);
  scan.firstRegion.push(slack.length);
  scan.firstCall.push(scan.calls);

  const forfeit = module.exports.get("forfeit")!;
  const isForfeit = index === forfeit;
  if (
    isForfeit
      ? follows(reader, fuel.forfeit)
      : follows(reader, fuel.sliceEnter) || follows(reader, fuel.sliceLeave)
  ) {
    if (reader.at !== end) throw refuse("PROFILE_BODY", start);
    scan.kinds.push(SLICE);
    return;
  }
  if (isForfeit) throw refuse("PROFILE_UNMETERED", start);

  const locals = module.typeKeys[module.functions[index]!]!.indexOf(">") + readLocals(reader);
  let kind = FREE;
  let weight = FREE_COST;
  let cache = -1;
  if (follows(reader, fuel.charge)) {
    weight = readWeight(reader);
    kind = follows(reader, fuel.plainCheck) ? PLAIN : CACHED;
    if (kind === CACHED) {
      if (reader.byte() !== OP_LOCAL_TEE) throw refuse("PROFILE_UNMETERED", start);
      cache = reader.u32();
      if (cache >= locals) throw refuse("PROFILE_INDEX", start, cache);
      if (!follows(reader, fuel.cachedCheck) || reader.byte() !== OP_BLOCK) {
        throw refuse("PROFILE_UNMETERED", start);
      }
      readBlockType(reader);
    }
  }
  scan.kinds.push(kind);

  // Labels that are open but may not be left through: a cached function has its own label around the wrapper.
  const outer = kind === CACHED ? 1 : 0;
  let depth = outer;
  let region = slack.length;
  let left = weight;
  let flushed = false;
  slack.push(weight);
  regionAt.push(start);

  // Steps over instructions that are in order at a glance, nine of ten; the first other one is judged below.
  // This loop decides how long a cold start takes. It runs before any compiler of the engine has seen it, so it calls
  // nothing. Then they see it, for it is hot: so it is small, and a function of its own, which leaves the one around
  // cold. Compiling that took longer than the scan.
  const skipEasy = () => {
    for (let at = reader.at; at < end; reader.at = at) {
      const shape = OPCODE_SHAPES[bytes[at++]!]!;
      const next = bytes[at]!;
      if (shape < SHAPE_ELSE) return;
      if (shape === SHAPE_END) {
        if (depth === outer || open[depth] !== region) return;
        depth--;
      } else if (shape > SHAPE_PLAIN) {
        at++;
        if (!(next < 0x80)) return;
        if (shape === SHAPE_BLOCK) {
          if ((next !== NO_RESULT && next < I64) || depth === MAX_NESTING) return;
          open[++depth] = region;
        } else if (shape === SHAPE_MEMORY_ACCESS) {
          if (next > 3 || !(bytes[at++]! < 0x80)) return;
        } else if (shape === SHAPE_LOCAL_GET || shape === SHAPE_LOCAL_SET) {
          if (next >= locals || next === cache) return;
        } else if (shape === SHAPE_GLOBAL) {
          if (next >= module.globals - 2) return;
        } else if (shape === SHAPE_BRANCH) {
          if (next > depth - outer) return;
        } else if (shape !== SHAPE_I32_CONST && shape !== SHAPE_I64_CONST) return;
      }
      if (shape >= FIRST_COSTING_SHAPE) left--;
    }
  };
  for (;;) {
    skipEasy();
    const here = reader.at;
    if (here >= end) throw refuse("PROFILE_BODY", here);
    const opcode = bytes[reader.at++]!;
    const shape = OPCODE_SHAPES[opcode]!;
    if (shape >= FIRST_COSTING_SHAPE) left--;
    let number = 0;
    if (shape >= FIRST_NUMBERED_SHAPE) number = bytes[reader.at]! > 0x7f ? reader.u32() : bytes[reader.at++]!;
    switch (shape) {
      case SHAPE_FLOAT:
        throw refuse("PROFILE_FLOAT", here, opcode);
      case SHAPE_END:
        slack[region] = left;
        if (depth === outer) {
          if (
            kind === CACHED &&
            !(readsLocal(reader, cache) && follows(reader, fuel.flush) && reader.byte() === OP_END)
          ) {
            throw refuse("PROFILE_UNMETERED", here);
          }
          if (reader.at !== end) throw refuse("PROFILE_BODY", reader.at);
          return;
        }
        // The end of a loop: those of other blocks were easy.
        region = open[depth--]!;
        left = slack[region]!;
        break;
      case SHAPE_BLOCK:
      case SHAPE_LOOP:
        readBlockType(reader);
        if (++depth > MAX_NESTING) throw refuse("PROFILE_NESTING", here);
        open[depth] = region;
        if (shape === SHAPE_LOOP) {
          slack[region] = left;
          region = slack.length;
          left = readLoopCharge(module, cache, here);
          slack.push(left);
          regionAt.push(here);
        }
        break;
      case SHAPE_RETURN:
        if (kind === CACHED) throw refuse("PROFILE_UNMETERED", here);
        break;
      case SHAPE_MEMORY_SIZE:
        if (bytes[reader.at++] !== 0) throw refuse("PROFILE_INDEX", here);
        break;
      case SHAPE_I32_CONST:
        reader.s32();
        break;
      case SHAPE_I64_CONST:
        reader.skipS64();
        break;
      case SHAPE_LOCAL_GET:
      case SHAPE_LOCAL_SET:
        if (number >= locals) throw refuse("PROFILE_INDEX", here, number);
        if (number === cache) {
          const isFlush = shape === SHAPE_LOCAL_GET && follows(reader, fuel.flush);
          const next = bytes[reader.at];
          if (!isFlush || (next !== OP_CALL && next !== OP_CALL_INDIRECT)) {
            throw refuse("PROFILE_FUEL_WRITE", here);
          }
          flushed = true;
          left++; // injected code is free of charge
        }
        break;
      case SHAPE_GLOBAL:
        if (number >= module.globals) throw refuse("PROFILE_INDEX", here, number);
        if (number >= module.globals - 2) throw refuse("PROFILE_FUEL_WRITE", here);
        break;
      case SHAPE_MEMORY_ACCESS:
        // From 64 on the alignment would be a set of flags with a memory index behind.
        if (number > 3) throw refuse("PROFILE_OPCODE", here, opcode);
        if (bytes[reader.at]! < 0x80) reader.at++;
        else reader.u32();
        break;
      case SHAPE_BRANCH:
        checkLabel(number, depth, outer, here);
        break;
      case SHAPE_BRANCH_TABLE:
        if (number > MAX_BRANCH_TARGETS) throw refuse("PROFILE_TOO_MANY", here, number);
        for (; number >= 0; number--) checkLabel(reader.u32(), depth, outer, here);
        break;
      case SHAPE_CALL:
      case SHAPE_CALL_INDIRECT:
        if (shape === SHAPE_CALL) {
          if (number >= module.functions.length) throw refuse("PROFILE_INDEX", here, number);
          if (number === forfeit) throw refuse("PROFILE_FUEL_WRITE", here);
        } else {
          if (number >= module.typeKeys.length) throw refuse("PROFILE_INDEX", here, number);
          if (bytes[reader.at++] !== 0 || module.tableSize < 0) throw refuse("PROFILE_INDEX", here);
          number = module.functions.length + module.sameType[number]!;
        }
        scan.callRegion[scan.calls] = region;
        scan.callTarget[scan.calls++] = kind === PLAIN || flushed ? number : ~number;
        if (flushed) {
          if (!follows(reader, fuel.refresh) || reader.byte() !== OP_LOCAL_SET || reader.u32() !== cache) {
            throw refuse("PROFILE_UNMETERED", here);
          }
          flushed = false;
        }
        break;
      default:
        throw refuse("PROFILE_OPCODE", here, opcode);
    }
  }
}

function readLocals(reader: ByteReader): number {
  let total = 0;
  for (let groups = reader.u32(); groups > 0; groups--) {
    const at = reader.at;
    total += reader.u32();
    if (total > MAX_LOCALS) throw refuse("PROFILE_LOCALS", at, total);
    readValueType(reader);
  }
  return total;
}

function readWeight(reader: ByteReader): number {
  const at = reader.at;
  const weight = reader.s32();
  if (weight < 1 || weight > MAX_WEIGHT) throw refuse("PROFILE_WEIGHT", at, weight);
  if (reader.byte() !== OP_I32_SUB) throw refuse("PROFILE_UNMETERED", at);
  return weight;
}

function readLoopCharge({ reader, fuel }: Module, cache: number, at: number): number {
  if (cache < 0 || !readsLocal(reader, cache) || reader.byte() !== OP_I32_CONST) {
    throw refuse("PROFILE_UNMETERED", at);
  }
  const weight = readWeight(reader);
  if (reader.byte() !== OP_LOCAL_TEE || reader.u32() !== cache || !follows(reader, fuel.cachedCheck)) {
    throw refuse("PROFILE_UNMETERED", at);
  }
  return weight;
}

function readsLocal(reader: ByteReader, local: number): boolean {
  return reader.byte() === OP_LOCAL_GET && reader.u32() === local;
}

function readBlockType(reader: ByteReader): void {
  if (reader.bytes[reader.at] === NO_RESULT) reader.at++;
  else readValueType(reader);
}

/** The label of a cached function itself is as good as `return`. */
function checkLabel(label: number, depth: number, outer: number, at: number): void {
  if (label > depth) throw refuse("PROFILE_INDEX", at, label);
  if (label > depth - outer) throw refuse("PROFILE_UNMETERED", at, label);
}
