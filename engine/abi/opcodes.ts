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

/** The kind of each of the 256 opcodes, from rows of a kind and its runs: first opcode, last opcode. */
export const OPCODE_KINDS: Uint8Array = /* @__PURE__ */ kindsOf([
  // unreachable, nop; drop, select; comparisons; arithmetic; i32.wrap_i64; i64.extend_i32; sign extension
  [OPCODE.plain, 0x00, 0x01, 0x1a, 0x1b, 0x45, 0x5a, 0x67, 0x8a, 0xa7, 0xa7, 0xac, 0xad, 0xc0, 0xc4],
  // loads, stores; constants; comparisons; arithmetic; truncations; conversions
  [OPCODE.float, 0x2a, 0x2b, 0x38, 0x39, 0x43, 0x44, 0x5b, 0x66, 0x8b, 0xa6, 0xa8, 0xab, 0xae, 0xbf],
  [OPCODE.memoryAccess, 0x28, 0x29, 0x2c, 0x37, 0x3a, 0x3e],
  [OPCODE.block, 0x02, 0x02, 0x04, 0x04], // if too
  [OPCODE.loop, 0x03, 0x03],
  [OPCODE.else, 0x05, 0x05],
  [OPCODE.end, 0x0b, 0x0b],
  [OPCODE.branch, 0x0c, 0x0d], // br, br_if
  [OPCODE.branchTable, 0x0e, 0x0e],
  [OPCODE.return, 0x0f, 0x0f],
  [OPCODE.call, 0x10, 0x10],
  [OPCODE.callIndirect, 0x11, 0x11],
  [OPCODE.localGet, 0x20, 0x20],
  [OPCODE.localSet, 0x21, 0x22], // local.tee too
  [OPCODE.global, 0x23, 0x24],
  [OPCODE.memorySize, 0x3f, 0x3f],
  [OPCODE.i32Const, 0x41, 0x41],
  [OPCODE.i64Const, 0x42, 0x42],
]);

function kindsOf(rows: number[][]): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const [kind, ...runs] of rows) {
    for (let run = 0; run < runs.length; run += 2) kinds.fill(kind!, runs[run], runs[run + 1]! + 1);
  }
  return kinds;
}

/** Fuel that one instruction costs. `end` and `else` are marks and run nothing. */
export function costOf(kind: number): 0 | 1 {
  return kind === OPCODE.end || kind === OPCODE.else ? 0 : 1;
}
