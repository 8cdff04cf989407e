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
  costOf,
  FREE_COST,
  MAX_BODY_BYTES,
  MAX_BRANCH_TARGETS,
  MAX_LOCALS,
  MAX_NESTING,
  MAX_WEIGHT,
  NO_RESULT,
  OP,
  OPCODE,
  OPCODE_KINDS,
} from "@haggle/abi";
import { CACHED, FREE, PLAIN, type Scan, SLICE, verifyCalls } from "./profile-calls.ts";
import { follows, type Module, readValueType, refuse } from "./profile-read.ts";

/** Reads all bodies; returns the number of frames on the longest path of calls. */
export function verifyCode(module: Module): number {
  const scan: Scan = {
    kinds: [],
    firstRegion: [],
    firstCall: [],
    regionAt: [],
    slack: [],
    callRegion: [],
    callTarget: [],
    callBare: [],
  };
  const open = new Int32Array(MAX_NESTING + 1);
  for (let index = 0; index < module.functions.length; index++) scanBody(module, scan, index, open);
  scan.firstRegion.push(scan.slack.length);
  scan.firstCall.push(scan.callTarget.length);
  return verifyCalls(module, scan);
}

function scanBody(module: Module, scan: Scan, index: number, open: Int32Array): void {
  const { reader, fuel } = module;
  const { bytes } = reader;
  const start = reader.at;
  const size = reader.u32();
  const end = reader.at + size;
  if (size > MAX_BODY_BYTES || end > reader.end) refuse("PROFILE_BODY", start, size);
  scan.firstRegion.push(scan.slack.length);
  scan.firstCall.push(scan.callTarget.length);

  const forfeit = module.exports.get("forfeit")!;
  const isForfeit = index === forfeit;
  if (
    isForfeit
      ? follows(reader, fuel.forfeit)
      : follows(reader, fuel.sliceEnter) || follows(reader, fuel.sliceLeave)
  ) {
    if (reader.at !== end) refuse("PROFILE_BODY", start);
    scan.kinds.push(SLICE);
    return;
  }
  if (isForfeit) refuse("PROFILE_UNMETERED", start);

  const locals = module.typeKeys[module.functions[index]!]!.indexOf(">") + readLocals(reader);
  let kind = FREE;
  let weight = FREE_COST;
  let cache = -1;
  if (follows(reader, fuel.charge)) {
    weight = readWeight(reader);
    kind = follows(reader, fuel.plainCheck) ? PLAIN : CACHED;
    if (kind === CACHED) {
      if (reader.byte() !== OP.localTee) refuse("PROFILE_UNMETERED", start);
      cache = reader.u32();
      if (cache >= locals) refuse("PROFILE_INDEX", start, cache);
      if (!follows(reader, fuel.cachedCheck) || reader.byte() !== OP.block) {
        refuse("PROFILE_UNMETERED", start);
      }
      readBlockType(reader);
    }
  }
  scan.kinds.push(kind);

  // Blocks open inside the label that `return` would leave, and the one where this function ends.
  const outer = kind === CACHED ? 1 : 0;
  let depth = outer;
  let region = scan.slack.length;
  let left = weight;
  let flushed = false;
  scan.slack.push(weight);
  scan.regionAt.push(start);

  for (;;) {
    const at = reader.at;
    if (at >= end) refuse("PROFILE_BODY", at);
    const opcode = bytes[at]!;
    const what = OPCODE_KINDS[opcode]!;
    reader.at = at + 1;
    left -= costOf(what);
    switch (what) {
      case OPCODE.plain:
        break;
      case OPCODE.memoryAccess:
        // From 64 on it would be a set of flags with a memory index behind.
        if (reader.u32() > 3) refuse("PROFILE_OPCODE", at, opcode);
        reader.u32();
        break;
      case OPCODE.block:
      case OPCODE.loop:
        readBlockType(reader);
        if (++depth > MAX_NESTING) refuse("PROFILE_NESTING", at);
        open[depth] = region;
        if (what === OPCODE.block) break;
        scan.slack[region] = left;
        region = scan.slack.length;
        left = readLoopCharge(module, cache, at);
        scan.slack.push(left);
        scan.regionAt.push(at);
        break;
      case OPCODE.else:
        break;
      case OPCODE.end:
        if (depth === outer) {
          scan.slack[region] = left;
          if (
            kind === CACHED &&
            !(readsLocal(reader, cache) && follows(reader, fuel.flush) && reader.byte() === OP.end)
          ) {
            refuse("PROFILE_UNMETERED", at);
          }
          if (reader.at !== end) refuse("PROFILE_BODY", reader.at);
          return;
        }
        if (open[depth] !== region) {
          scan.slack[region] = left;
          region = open[depth]!;
          left = scan.slack[region]!;
        }
        depth--;
        break;
      case OPCODE.branch:
        readLabel(reader, depth, outer);
        break;
      case OPCODE.branchTable: {
        const count = reader.u32();
        if (count > MAX_BRANCH_TARGETS) refuse("PROFILE_TOO_MANY", at, count);
        for (let target = 0; target <= count; target++) readLabel(reader, depth, outer);
        break;
      }
      case OPCODE.return:
        if (kind === CACHED) refuse("PROFILE_UNMETERED", at);
        break;
      case OPCODE.call:
      case OPCODE.callIndirect: {
        let target = reader.u32();
        if (what === OPCODE.call) {
          if (target >= module.functions.length) refuse("PROFILE_INDEX", at, target);
          if (target === forfeit) refuse("PROFILE_FUEL_WRITE", at);
        } else {
          if (target >= module.typeKeys.length) refuse("PROFILE_INDEX", at, target);
          if (reader.byte() !== 0 || module.tableSize < 0) refuse("PROFILE_INDEX", at);
          target = module.functions.length + module.sameType[target]!;
        }
        scan.callRegion.push(region);
        scan.callTarget.push(target);
        scan.callBare.push(kind === PLAIN || flushed ? 0 : 1);
        if (
          flushed &&
          !(follows(reader, fuel.refresh) && reader.byte() === OP.localSet && reader.u32() === cache)
        ) {
          refuse("PROFILE_UNMETERED", at);
        }
        flushed = false;
        break;
      }
      case OPCODE.localGet:
      case OPCODE.localSet: {
        const local = reader.u32();
        if (local >= locals) refuse("PROFILE_INDEX", at, local);
        if (local !== cache) break;
        const isFlush = what === OPCODE.localGet && follows(reader, fuel.flush);
        const next = bytes[reader.at];
        if (!isFlush || (next !== OP.call && next !== OP.callIndirect)) {
          refuse("PROFILE_FUEL_WRITE", at);
        }
        flushed = true;
        left++; // injected code is free of charge
        break;
      }
      case OPCODE.global: {
        const global = reader.u32();
        if (global >= module.globals) refuse("PROFILE_INDEX", at, global);
        if (global >= module.globals - 2) refuse("PROFILE_FUEL_WRITE", at);
        break;
      }
      case OPCODE.memorySize:
        if (reader.byte() !== 0) refuse("PROFILE_INDEX", at);
        break;
      case OPCODE.i32Const:
        reader.s32();
        break;
      case OPCODE.i64Const:
        reader.skipS64();
        break;
      case OPCODE.float:
        refuse("PROFILE_FLOAT", at, opcode);
        break;
      default:
        refuse("PROFILE_OPCODE", at, opcode);
    }
  }
}

function readLocals(reader: ByteReader): number {
  let total = 0;
  for (let groups = reader.u32(); groups > 0; groups--) {
    const at = reader.at;
    total += reader.u32();
    if (total > MAX_LOCALS) refuse("PROFILE_LOCALS", at, total);
    readValueType(reader);
  }
  return total;
}

function readWeight(reader: ByteReader): number {
  const at = reader.at;
  const weight = reader.s32();
  if (weight < 1 || weight > MAX_WEIGHT) refuse("PROFILE_WEIGHT", at, weight);
  if (reader.byte() !== OP.i32Subtract) refuse("PROFILE_UNMETERED", at);
  return weight;
}

function readLoopCharge({ reader, fuel }: Module, cache: number, at: number): number {
  if (cache < 0 || !readsLocal(reader, cache) || reader.byte() !== OP.i32Const) {
    refuse("PROFILE_UNMETERED", at);
  }
  const weight = readWeight(reader);
  if (reader.byte() !== OP.localTee || reader.u32() !== cache || !follows(reader, fuel.cachedCheck)) {
    refuse("PROFILE_UNMETERED", at);
  }
  return weight;
}

function readsLocal(reader: ByteReader, local: number): boolean {
  return reader.byte() === OP.localGet && reader.u32() === local;
}

function readBlockType(reader: ByteReader): void {
  if (reader.bytes[reader.at] === NO_RESULT) reader.at++;
  else readValueType(reader);
}

/** The label of the function itself is as good as `return`. */
function readLabel(reader: ByteReader, depth: number, outer: number): void {
  const at = reader.at;
  const label = reader.u32();
  if (label > depth) refuse("PROFILE_INDEX", at, label);
  if (label > depth - outer) refuse("PROFILE_UNMETERED", at, label);
}
