// Which lines a promotion may take from, when groups above it have chosen a winner line by line.

import * as L from "./layout";
import { CHOICES, GROUP_STATE, GROUP_STATES, ORDER_BYTES, SMALL } from "./state";

// What the run at hand knows of a group.
export const STATE_STAMP: usize = 0; // the run in which TAKEN_BY was written
export const STATE_TAKEN_BY: usize = 4; // mode first: the member that won (memberOf)
export const STATE_WINNER: usize = 8; // and the position of its promotion that took something first
export const STATE_CHOICE: usize = 12; // 1 + the place of its line by line choice in CHOICES, 0 none
export const STATE_MEMBER: usize = 16; // its own number as a member of the group above
export const STATE_MEMBER_OF: usize = 20; // the choosing group for which that number holds

@inline
export function groupRecord(group: u32): usize {
  return (load<u32>(L.TABLE + L.TABLE_GROUPS) as usize) + ((group - 1) as usize) * L.GROUP_STRIDE;
}

@inline
export function groupState(group: u32): usize {
  return GROUP_STATES + (group as usize) * GROUP_STATE;
}

/** Whether the promotion at hand has to ask `isAllowed` at all. */
export let masked: bool = false;

// The choices above the promotion at hand: place in CHOICES, its option there, and whether options are sets.
const LEVELS: usize = SMALL;
const LEVEL: usize = 16;
let levels: usize = 0;

@inline
export function clearMask(): void {
  levels = 0;
  masked = false;
}

/** Adds a choice: the promotion is in member number `member` of a group that chose line by line. */
export function addMask(choice: i32, member: i32, sets: bool): void {
  const at = LEVELS + levels * LEVEL;
  store<i32>(at, choice);
  store<i32>(at + 4, member);
  store<i32>(at + 8, i32(sets));
  levels++;
  masked = true;
}

/** Whether all choices above the promotion at hand leave the line to it. */
export function isAllowed(line: usize): bool {
  const index = load<u32>(line, L.LINE_INDEX) as usize;
  for (let at = LEVELS, end = LEVELS + levels * LEVEL; at < end; at += LEVEL) {
    const chosen = load<i32>(choiceAt(load<i32>(at), index));
    const member = load<i32>(at + 4);
    if (load<i32>(at + 8) != 0 ? ((chosen >> member) & 1) == 0 : chosen != member + 1) return false;
  }
  return true;
}

/** The option that a group chose for a line: 1 + its member, or a set of members; 0 none. */
@inline
export function choiceAt(choice: i32, lineIndex: usize): usize {
  return CHOICES + (choice as usize) * ORDER_BYTES + (lineIndex << 2);
}
