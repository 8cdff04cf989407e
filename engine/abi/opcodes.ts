// The instructions of the profile: what follows each opcode, for those that read code without an engine.
// Integer instructions of the first WebAssembly version plus sign extension; all else is refused.
// Source: https://webassembly.github.io/spec/core/binary/instructions.html
// Constants stand before everything else, so that esbuild puts their values where they are used.

export const OP_UNREACHABLE = 0x00;
export const OP_BLOCK = 0x02;
export const OP_IF = 0x04;
export const OP_END = 0x0b;
export const OP_BR = 0x0c;
export const OP_CALL = 0x10;
export const OP_CALL_INDIRECT = 0x11;
export const OP_LOCAL_GET = 0x20;
export const OP_LOCAL_SET = 0x21;
export const OP_LOCAL_TEE = 0x22;
export const OP_GLOBAL_GET = 0x23;
export const OP_GLOBAL_SET = 0x24;
export const OP_I32_CONST = 0x41;
export const OP_I64_CONST = 0x42;
export const OP_I32_LT_S = 0x48;
export const OP_I32_ADD = 0x6a;
export const OP_I32_SUB = 0x6b;
export const OP_I32_OR = 0x72;

// The shape of an opcode says what follows it. They are in an order: first those that cost no fuel, last those
// with an unsigned number behind the opcode.

export const SHAPE_REFUSED = 0;
export const SHAPE_FLOAT = 1;
export const SHAPE_ELSE = 2;
export const SHAPE_END = 3;
export const SHAPE_PLAIN = 4;
export const SHAPE_BLOCK = 5; // block, if
export const SHAPE_LOOP = 6;
export const SHAPE_RETURN = 7;
export const SHAPE_MEMORY_SIZE = 8;
export const SHAPE_I32_CONST = 9;
export const SHAPE_I64_CONST = 10;
export const SHAPE_LOCAL_GET = 11;
export const SHAPE_LOCAL_SET = 12; // local.set, local.tee
export const SHAPE_GLOBAL = 13; // global.get, global.set
export const SHAPE_MEMORY_ACCESS = 14;
export const SHAPE_BRANCH = 15; // br, br_if
export const SHAPE_BRANCH_TABLE = 16;
export const SHAPE_CALL = 17;
export const SHAPE_CALL_INDIRECT = 18;

/** The first shape that costs fuel: `else` and `end` are marks and run nothing. */
export const FIRST_COSTING_SHAPE = SHAPE_PLAIN;
/** The first shape whose opcode an unsigned number follows: an index, an alignment or a count. */
export const FIRST_NUMBERED_SHAPE = SHAPE_LOCAL_GET;

/** The shape of each of the 256 opcodes, from runs in their order: last opcode, shape. */
export const OPCODE_SHAPES: Uint8Array = /* @__PURE__ */ shapesOf([
  // unreachable, nop; block, loop, if, else; end
  ...[0x01, SHAPE_PLAIN, 0x02, SHAPE_BLOCK, 0x03, SHAPE_LOOP, 0x04, SHAPE_BLOCK, 0x05, SHAPE_ELSE],
  ...[0x0a, SHAPE_REFUSED, 0x0b, SHAPE_END, 0x0d, SHAPE_BRANCH, 0x0e, SHAPE_BRANCH_TABLE, 0x0f, SHAPE_RETURN],
  ...[0x10, SHAPE_CALL, 0x11, SHAPE_CALL_INDIRECT, 0x19, SHAPE_REFUSED],
  // drop, select; variables
  ...[0x1b, SHAPE_PLAIN, 0x1f, SHAPE_REFUSED],
  ...[0x20, SHAPE_LOCAL_GET, 0x22, SHAPE_LOCAL_SET, 0x24, SHAPE_GLOBAL, 0x27, SHAPE_REFUSED],
  // loads and stores, those of floats between; memory.size, memory.grow
  ...[0x29, SHAPE_MEMORY_ACCESS, 0x2b, SHAPE_FLOAT, 0x37, SHAPE_MEMORY_ACCESS, 0x39, SHAPE_FLOAT],
  ...[0x3e, SHAPE_MEMORY_ACCESS, 0x3f, SHAPE_MEMORY_SIZE, 0x40, SHAPE_REFUSED],
  // constants; comparisons; arithmetic
  ...[0x41, SHAPE_I32_CONST, 0x42, SHAPE_I64_CONST, 0x44, SHAPE_FLOAT],
  ...[0x5a, SHAPE_PLAIN, 0x66, SHAPE_FLOAT, 0x8a, SHAPE_PLAIN, 0xa6, SHAPE_FLOAT],
  // i32.wrap_i64; truncations; i64.extend_i32; conversions; sign extension
  ...[0xa7, SHAPE_PLAIN, 0xab, SHAPE_FLOAT, 0xad, SHAPE_PLAIN, 0xbf, SHAPE_FLOAT, 0xc4, SHAPE_PLAIN],
]);

function shapesOf(runs: number[]): Uint8Array {
  const shapes = new Uint8Array(256);
  for (let run = 0, first = 0; run < runs.length; run += 2) {
    const end = runs[run]! + 1;
    shapes.fill(runs[run + 1]!, first, end);
    first = end;
  }
  return shapes;
}
