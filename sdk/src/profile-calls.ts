// The calls of the profile: every call is allowed, paid for, and leads to no caller of its own.

import { FREE_COST, MAX_CALL_DEPTH, refuse } from "@haggle/abi";
import type { Module } from "./profile-read.ts";

// Kinds of functions, in an order: from plain on they charge for themselves, so that anyone may call them.
export const FREE = 0;
export const SLICE = 1; // sliceEnter, sliceLeave, forfeit
export const PLAIN = 2;
export const CACHED = 3;

/** What the scan of the bodies leaves for the check of the calls, in parallel arrays: no object per call. */
export type Scan = {
  /** By function: where its body begins, its kind, and its first region and call. One more entry closes the last. */
  bodyAt: number[];
  kinds: number[];
  firstRegion: number[];
  firstCall: number[];
  /** By region: where it begins, and its weight without the cost of its instructions. */
  regionAt: number[];
  slack: number[];
  /**
   * By call: the region it is in, and the function; for call_indirect, the number of functions plus the type. Its
   * complement where fuel was not handed over, so that only a free function may be called. A call takes two bytes and
   * a region of its own more than twenty, so both numbers have 16 bits; lists that grow were most of the time of a
   * module of calls.
   */
  callRegion: Uint16Array;
  callTarget: Int16Array;
  calls: number;
};

const NOTHING = -1;
const BUSY = -2; // on the path that is being walked

/** Returns the number of frames on the longest path of calls. */
export function verifyCalls({ functions, elements, sameType, exports }: Module, scan: Scan): number {
  const { bodyAt, kinds, firstRegion, firstCall, regionAt, slack, callRegion, callTarget } = scan;
  const requireMetered = (index: number) => {
    if (kinds[index]! < PLAIN) throw refuse("PROFILE_UNMETERED", bodyAt[index]!, index);
  };
  for (const [name, index] of exports) {
    if (name !== "memory" && name !== "fuel" && name !== "forfeit") requireMetered(index);
  }
  // Types stand behind the functions as nodes of their own: a call_indirect leads to its type, and the type to the
  // functions in the table, which are chained by type. An edge from each call to each of them could be millions.
  const first = new Int32Array(sameType.length).fill(NOTHING);
  const next = elements.map((index, entry) => {
    requireMetered(index);
    const type = sameType[functions[index]!]!;
    const before = first[type]!;
    first[type] = entry;
    return before;
  });

  const heights = new Int32Array(functions.length + sameType.length).fill(NOTHING);
  /** `caller` is the function that leads here. */
  const visit = (node: number, depth: number, caller: number): number => {
    if (heights[node] === BUSY) throw refuse("PROFILE_RECURSION", bodyAt[caller]!, caller);
    if (heights[node] !== NOTHING) return heights[node]!;
    if (depth > MAX_CALL_DEPTH) throw refuse("PROFILE_NESTING", bodyAt[caller]!);
    heights[node] = BUSY;
    let height = 0;
    if (node >= functions.length) {
      for (let entry = first[node - functions.length]!; entry >= 0; entry = next[entry]!) {
        height = Math.max(height, visit(elements[entry]!, depth, caller));
      }
    } else {
      for (let call = firstCall[node]!; call < firstCall[node + 1]!; call++) {
        const given = callTarget[call]!;
        const target = given < 0 ? ~given : given;
        const region = callRegion[call]!;
        height = Math.max(height, visit(target, depth + 1, node));
        if (kinds[target] === FREE) slack[region]! -= FREE_COST - slack[firstRegion[target]!]!;
        else if (given < 0) throw refuse("PROFILE_UNMETERED", regionAt[region]!, target);
      }
      for (let region = firstRegion[node]!; region < firstRegion[node + 1]!; region++) {
        if (slack[region]! >= 0) continue;
        if (kinds[node] === FREE) throw refuse("PROFILE_UNMETERED", regionAt[region]!);
        throw refuse("PROFILE_WEIGHT", regionAt[region]!, -slack[region]!);
      }
      height++;
      if (height > MAX_CALL_DEPTH) throw refuse("PROFILE_NESTING", bodyAt[node]!);
    }
    heights[node] = height;
    return height;
  };
  let longest = 0;
  for (let index = 0; index < functions.length; index++) longest = Math.max(longest, visit(index, 1, index));
  return longest;
}
