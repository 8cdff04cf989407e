// The instructions of the profile: what follows each opcode, for those that read code without an engine.
// Integer instructions of the first WebAssembly version plus sign extension; all else is refused.
// Source: https://webassembly.github.io/spec/core/binary/instructions.html

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LessSigned: 0x48,
  i32Add: 0x6a,
  i32Subtract: 0x6b,
  i32Or: 0x72,
} as const;

/** What a reader of code must do at an opcode. Zero stands for every opcode outside the profile. */
export const OPCODE = {
  refused: 0,
  plain: 1,
  float: 2,
  memoryAccess: 3,
  block: 4,
  loop: 5,
  else: 6,
  end: 7,
  branch: 8,
  branchTable: 9,
  return: 10,
  call: 11,
  callIndirect: 12,
  localGet: 13,
  localSet: 14,
  global: 15,
  memorySize: 16,
  i32Const: 17,
  i64Const: 18,
} as const;

// First opcode, last opcode, kind.
const RUNS = [
  [0x00, 0x01, OPCODE.plain], // unreachable, nop
  [0x02, 0x02, OPCODE.block],
  [0x03, 0x03, OPCODE.loop],
  [0x04, 0x04, OPCODE.block], // if
  [0x05, 0x05, OPCODE.else],
  [0x0b, 0x0b, OPCODE.end],
  [0x0c, 0x0d, OPCODE.branch], // br, br_if
  [0x0e, 0x0e, OPCODE.branchTable],
  [0x0f, 0x0f, OPCODE.return],
  [0x10, 0x10, OPCODE.call],
  [0x11, 0x11, OPCODE.callIndirect],
  [0x1a, 0x1b, OPCODE.plain], // drop, select
  [0x20, 0x20, OPCODE.localGet],
  [0x21, 0x22, OPCODE.localSet], // local.set, local.tee
  [0x23, 0x24, OPCODE.global], // global.get, global.set
  [0x28, 0x29, OPCODE.memoryAccess],
  [0x2a, 0x2b, OPCODE.float], // loads
  [0x2c, 0x37, OPCODE.memoryAccess],
  [0x38, 0x39, OPCODE.float], // stores
  [0x3a, 0x3e, OPCODE.memoryAccess],
  [0x3f, 0x3f, OPCODE.memorySize],
  [0x41, 0x41, OPCODE.i32Const],
  [0x42, 0x42, OPCODE.i64Const],
  [0x43, 0x44, OPCODE.float], // constants
  [0x45, 0x5a, OPCODE.plain], // integer comparisons
  [0x5b, 0x66, OPCODE.float], // comparisons
  [0x67, 0x8a, OPCODE.plain], // integer arithmetic
  [0x8b, 0xa6, OPCODE.float], // arithmetic
  [0xa7, 0xa7, OPCODE.plain], // i32.wrap_i64
  [0xa8, 0xab, OPCODE.float], // truncations
  [0xac, 0xad, OPCODE.plain], // i64.extend_i32
  [0xae, 0xbf, OPCODE.float], // conversions
  [0xc0, 0xc4, OPCODE.plain], // sign extension
] as const;

/** The kind of each of the 256 opcodes. */
export const OPCODE_KINDS: Uint8Array = /* @__PURE__ */ kindsOf(RUNS);

function kindsOf(runs: typeof RUNS): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const [first, last, kind] of runs) kinds.fill(kind, first, last + 1);
  return kinds;
}

/** Fuel that one instruction costs. `end` and `else` are marks and run nothing. */
export function costOf(kind: number): 0 | 1 {
  return kind === OPCODE.end || kind === OPCODE.else ? 0 : 1;
}
