// The exact code that the meter puts into a module and that the profile check demands, written once for both.
//
// Two i32 globals, the last of the module: `fuel` is what may still be spent, `reserve` is what the running slice
// must leave alone. Their sum never grows inside the module. `fuel` is -1 after code ran dry, and never below.
//
// A function is of one of three kinds, told by how its body begins:
//   free    no loop, no call_indirect, calls free functions only, costs at most FREE_COST with all that it calls:
//           carries no fuel code, every caller pays for it as if it were inlined;
//   plain   no loop: charges the global once, at entry;
//   cached  any: keeps fuel in a local while it runs, charges at entry and at each loop head, and hands the local
//           over to the global before, and takes it back after, every call of a function that is not free.
// A charge is paid for a region: a function's body or a loop's body, without the loops inside it.

import { pushBytes, pushU32 } from "./leb.ts";
import {
  OP_END,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_I32_ADD,
  OP_I32_CONST,
  OP_I32_LT_S,
  OP_I32_OR,
  OP_I32_SUB,
  OP_IF,
  OP_LOCAL_GET,
  OP_UNREACHABLE,
} from "./opcodes.ts";
import { NO_RESULT } from "./wasm.ts";

/**
 * The most that a free function may cost. A caller pays for a call even where a branch skips it, so a large value
 * would blow up the fuel of loops with rare calls; accessors and small sums are below 40.
 */
export const FREE_COST = 64;

/** No region costs more: 64 KiB of body with a free call in every two bytes is 2^21. Keeps `fuel - weight` from wrapping. */
export const MAX_WEIGHT = 16_777_216;

export type FuelCode = {
  /** Whole bodies, from the count of locals to the last `end`. */
  sliceEnter: Uint8Array;
  sliceLeave: Uint8Array;
  forfeit: Uint8Array;
  /** Begins a plain or cached function; the weight as a signed LEB and `i32.sub` follow. */
  charge: Uint8Array;
  /** Ends the charge of a plain function. */
  plainCheck: Uint8Array;
  /** Ends the charge of a cached function or loop, behind `local.tee`. */
  cachedCheck: Uint8Array;
  /** `global.set fuel`: behind `local.get`, it hands the cached fuel over. */
  flush: Uint8Array;
  /** `global.get fuel`: before `local.set`, it takes the fuel back. */
  refresh: Uint8Array;
};

/** The byte patterns for a module whose fuel globals have these indices. */
export function fuelCode(fuel: number, reserve: number): FuelCode {
  const getFuel = globalOp(OP_GLOBAL_GET, fuel);
  const setFuel = globalOp(OP_GLOBAL_SET, fuel);
  const getReserve = globalOp(OP_GLOBAL_GET, reserve);
  const setReserve = globalOp(OP_GLOBAL_SET, reserve);
  const zero = [OP_I32_CONST, 0];
  const slice = [OP_LOCAL_GET, 0];
  const dry = [
    ...zero,
    OP_I32_LT_S,
    OP_IF,
    NO_RESULT,
    OP_I32_CONST,
    0x7f,
    ...setFuel,
    OP_UNREACHABLE,
    OP_END,
  ];
  return {
    // Refuses a negative slice, one that is more than there is, and one inside another.
    sliceEnter: bodyOf(
      [
        ...slice,
        ...zero,
        OP_I32_LT_S,
        ...getFuel,
        ...slice,
        OP_I32_LT_S,
        OP_I32_OR,
        ...getReserve,
        OP_I32_OR,
      ],
      [OP_IF, NO_RESULT, OP_UNREACHABLE, OP_END],
      [...getFuel, ...slice, OP_I32_SUB, ...setReserve, ...slice, ...setFuel],
    ),
    sliceLeave: bodyOf([...getFuel, ...getReserve, OP_I32_ADD, ...setFuel, ...zero, ...setReserve]),
    // For the host, after a trap: what is left of the slice is gone.
    forfeit: bodyOf([...getReserve, ...setFuel, ...zero, ...setReserve]),
    charge: Uint8Array.from([...getFuel, OP_I32_CONST]),
    plainCheck: Uint8Array.from([...setFuel, ...getFuel, ...dry]),
    cachedCheck: Uint8Array.from(dry),
    flush: Uint8Array.from(setFuel),
    refresh: Uint8Array.from(getFuel),
  };
}

function globalOp(opcode: number, index: number): number[] {
  const out = [opcode];
  pushU32(out, index);
  return out;
}

function bodyOf(...parts: number[][]): Uint8Array {
  const out = [0];
  for (const part of parts) pushBytes(out, part);
  out.push(OP_END);
  return Uint8Array.from(out);
}
