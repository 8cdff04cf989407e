// Groups that choose: highest, lowest, best, for the order or line by line. A tree is an outermost group with all that is
// in it. Its promotions are gathered on the state at its start, options are compared by applying and undoing them, and
// at the end what was chosen is applied once. engine/cli/PRICING.md section 7.

import { addMask, choiceAt, clearMask, groupRecord, groupState, STATE_CHOICE, STATE_MEMBER, STATE_MEMBER_OF } from "./choices";
import * as L from "./layout";
import { marginHeld, restoreMargin } from "./margin";
import { fault } from "./money";
import { apply, candidateAt, clearOutcome, hasTurn, noteApplied, setRun, setStatus, takeGroups, takenBy } from "./promotion";
import { lineAddress } from "./records";
import { BEFORE, BEST_GAINS, goodsLeft, MAX_CHOICES, MEMBER, MEMBERS, shippingLeft, SMALL } from "./state";
import { addedDiscount, mark, undoTo } from "./take";

// A promotion of the tree, by its place in it.
const FIRST: usize = 0; // its effects
const STOP: usize = 4;
const STATE: usize = 8; // ALIVE, OUT, or the position of the promotion that it lost to
const IN_MEMBER: usize = 12; // its member in the group that chooses now, NONE outside of it
const PICKED: usize = 16; // greedy search: 1 when its member is in the set
const CHOSEN_AS: usize = 20; // i16 by choice: its member in a group that has chosen line by line

const GAIN: usize = 40; // i64, by member number: what a member gains alone

const ALIVE: i32 = -1;
const OUT: i32 = -2; // not eligible: its status is set

const MARK_OPTION: usize = SMALL + 0xc0;
const OUTSIDE_RUN: i32 = 1;

/** The tree at hand: positions among the candidates. */
let from: i32 = 0;
let to: i32 = 0;
let lastRun: i32 = OUTSIDE_RUN;
let choiceCount: i32 = 0;
/** Whether a group was too large to search all sets of its members. */
export let greedy: bool = false;

export function startGroups(): void {
  lastRun = OUTSIDE_RUN;
  greedy = false;
}

@inline
function memberAt(position: i32): usize {
  return MEMBERS + ((position - from) as usize) * MEMBER;
}

export function startTree(first: i32, end: i32): void {
  from = first;
  to = end;
  choiceCount = 0;
  for (let position = from; position < to; position++) store<i32>(memberAt(position), OUT, STATE);
}

/** A promotion of the tree has been gathered, and does something. */
export function addToTree(position: i32, first: usize, stop: usize): void {
  const member = memberAt(position);
  store<u32>(member, first as u32, FIRST);
  store<u32>(member, stop as u32, STOP);
  store<i32>(member, ALIVE, STATE);
}

/** Lets every choosing group of the tree choose, innermost first, then applies what is left. */
export function resolveTree(): void {
  const tree = load<u32>(candidateAt(from), L.PROMOTION_TREE);
  // Groups are numbered from the inside out.
  for (let group: u32 = 1; group <= tree; group++) {
    if (load<i32>(groupRecord(group), L.GROUP_MODE) >= L.GROUP_HIGHEST && outermost(group) == tree) choose(group);
  }
  setRun(++lastRun);
  for (let position = from; position < to; position++) finishMember(position);
  clearMask();
  setRun(OUTSIDE_RUN);
}

function outermost(group: u32): u32 {
  let parent = load<u32>(groupRecord(group), L.GROUP_PARENT);
  while (parent != 0) {
    group = parent;
    parent = load<u32>(groupRecord(group), L.GROUP_PARENT);
  }
  return group;
}

function finishMember(position: i32): void {
  const member = memberAt(position);
  const state = load<i32>(member, STATE);
  if (state == OUT) return;
  const promotion = candidateAt(position);
  const group = load<u32>(promotion, L.PROMOTION_GROUP);
  // What an option wanted and got while options were compared is no outcome.
  clearOutcome(position);
  if (state != ALIVE) setStatus(position, L.STATUS_LOST, state);
  if (state != ALIVE || !hasTurn(position, promotion)) return;
  setMask(member, group);
  if (!apply(position, promotion, load<u32>(member, FIRST), load<u32>(member, STOP))) return;
  takeGroups(position, group);
  noteApplied(position, promotion);
}

/** The choices, line by line, of the groups above a promotion. */
function setMask(member: usize, group: u32): void {
  clearMask();
  for (; group != 0; group = load<u32>(groupRecord(group), L.GROUP_PARENT)) {
    const choice = load<i32>(groupState(group), STATE_CHOICE) - 1;
    if (choice < 0) continue;
    addMask(choice, load<i16>(member + ((choice as usize) << 1), CHOSEN_AS) as i32, load<i32>(groupRecord(group), L.GROUP_MODE) == L.GROUP_BEST);
  }
}

// ---- The choice of one group

const SINGLE: i32 = 0; // an option is one member
const SET: i32 = 1; // an option is a set of members, a bit for each
const GREEDY: i32 = 2; // an option is what is picked, and one member more

let optionKind: i32 = 0;
let option: i32 = 0;
let gain: i64 = 0;
let perLine: bool = false;
let lowest: bool = false;
let lastOfEqual: bool = false;
let lineGained: bool = false;

function choose(group: u32): void {
  const members = numberMembers(group);
  if (members < 2) return;
  const record = groupRecord(group);
  const mode = load<i32>(record, L.GROUP_MODE);
  perLine = load<i32>(record, L.GROUP_PER) == L.PER_LINE;
  lowest = mode == L.GROUP_LOWEST;
  lastOfEqual = mode != L.GROUP_BEST && load<i32>(record, L.GROUP_TIES) == L.TIES_LAST;
  optionKind = mode == L.GROUP_BEST ? SET : SINGLE;
  if (optionKind == SET && !isSearchable(members)) {
    greedy = true;
    chooseGreedily(members);
    return;
  }
  if (perLine) startLines();
  const options = optionKind == SET ? (1 << members) - 1 : members;
  let best = 0;
  let bestGain: i64 = 0;
  lineGained = false;
  for (let next = 1; next <= options; next++) {
    option = next;
    measure();
    if (isBetter(gain, bestGain)) {
      bestGain = gain;
      best = next;
    }
  }
  if (perLine && lineGained) keepLines(group);
  else if (best != 0) keepOption(best);
}

/** Numbers the members of a group that have something to give, in the order in which they come. */
function numberMembers(group: u32): i32 {
  let members = 0;
  for (let position = from; position < to; position++) {
    const member = memberAt(position);
    store<i32>(member, L.NONE, IN_MEMBER);
    if (load<i32>(member, STATE) != ALIVE) continue;
    let inner: u32 = 0;
    let outer = load<u32>(candidateAt(position), L.PROMOTION_GROUP);
    while (outer != 0 && outer != group) {
      inner = outer;
      outer = load<u32>(groupRecord(outer), L.GROUP_PARENT);
    }
    if (outer == 0) continue;
    if (inner == 0) {
      store<i32>(member, members++, IN_MEMBER);
      continue;
    }
    const state = groupState(inner);
    if (load<u32>(state, STATE_MEMBER_OF) != (group + (lastRun as u32) * NUMBERED)) {
      store<u32>(state, group + (lastRun as u32) * NUMBERED, STATE_MEMBER_OF);
      store<i32>(state, members++, STATE_MEMBER);
    }
    store<i32>(member, load<i32>(state, STATE_MEMBER), IN_MEMBER);
  }
  return members;
}

/** Numbers of the last time a group was asked must not be taken for those of this time. */
const NUMBERED: u32 = 1024;

function isSearchable(members: i32): bool {
  if (members > L.MAX_OPTIONS) return false;
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT) + 16;
  return (1 << members) * members * lines <= L.MAX_SEARCH;
}

function isInOption(member: usize): bool {
  const number = load<i32>(member, IN_MEMBER);
  if (number == L.NONE) return false;
  if (optionKind == SINGLE) return number + 1 == option;
  if (optionKind == SET) return ((option >> number) & 1) != 0;
  return load<i32>(member, PICKED) != 0 || number + 1 == option;
}

/** Applies an option on the state at the start of the tree, notes what it takes, and undoes it. */
function measure(): void {
  const before = goodsLeft + shippingLeft - addedDiscount;
  const held = marginHeld;
  mark(MARK_OPTION);
  setRun(++lastRun);
  for (let position = from; position < to; position++) {
    const member = memberAt(position);
    if (load<i32>(member, STATE) != ALIVE || !isInOption(member)) continue;
    const promotion = candidateAt(position);
    const group = load<u32>(promotion, L.PROMOTION_GROUP);
    if (takenBy(position, group) != L.NONE) continue;
    setMask(member, group);
    if (apply(position, promotion, load<u32>(member, FIRST), load<u32>(member, STOP))) takeGroups(position, group);
  }
  gain = before - (goodsLeft + shippingLeft - addedDiscount);
  if (perLine) compareLines();
  undoTo(MARK_OPTION);
  restoreMargin(held);
}

@inline
function isBetter(value: i64, best: i64): bool {
  if (value <= 0) return false;
  if (value == best) return lastOfEqual;
  return best == 0 || (lowest ? value < best : value > best);
}

function startLines(): void {
  if (choiceCount == MAX_CHOICES) fault(L.FAULT_CAPACITY);
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    const at = (i as usize) << 3;
    store<i64>(BEST_GAINS + at, 0);
    store<i64>(BEFORE + at, load<i64>(line, L.LINE_DISCOUNT));
    store<i32>(choiceAt(choiceCount, i), 0);
  }
}

/** Notes for every line whether the option takes more off it than those before. */
function compareLines(): void {
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    const at = (i as usize) << 3;
    const taken = load<i64>(line, L.LINE_DISCOUNT) - load<i64>(BEFORE + at);
    if (!isBetter(taken, load<i64>(BEST_GAINS + at))) continue;
    store<i64>(BEST_GAINS + at, taken);
    store<i32>(choiceAt(choiceCount, i), option);
    lineGained = true;
  }
}

/** What is not in the best option has lost to its first promotion. */
function keepOption(best: i32): void {
  option = best;
  let winner = 0;
  for (let position = to - 1; position >= from; position--) {
    const member = memberAt(position);
    if (load<i32>(member, STATE) == ALIVE && isInOption(member)) winner = position;
  }
  for (let position = from; position < to; position++) {
    const member = memberAt(position);
    if (load<i32>(member, STATE) == ALIVE && load<i32>(member, IN_MEMBER) != L.NONE && !isInOption(member)) store<i32>(member, winner, STATE);
  }
}

/** Members keep the lines that an option with them has won; those without a line have lost. */
function keepLines(group: u32): void {
  const choice = choiceCount++;
  store<i32>(groupState(group), choice + 1, STATE_CHOICE);
  let winner: i32 = L.NONE;
  for (let position = from; position < to; position++) {
    const member = memberAt(position);
    if (load<i32>(member, STATE) != ALIVE || load<i32>(member, IN_MEMBER) == L.NONE) continue;
    store<i16>(member + ((choice as usize) << 1), load<i32>(member, IN_MEMBER) as i16, CHOSEN_AS);
    if (winsLine(choice, member) && winner == L.NONE) winner = position;
  }
  for (let position = from; position < to; position++) {
    const member = memberAt(position);
    if (load<i32>(member, STATE) != ALIVE || load<i32>(member, IN_MEMBER) == L.NONE) continue;
    if (!winsLine(choice, member)) store<i32>(member, winner, STATE);
  }
}

function winsLine(choice: i32, member: usize): bool {
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++) {
    option = load<i32>(choiceAt(choice, i));
    if (option != 0 && isInOption(member)) return true;
  }
  return false;
}

/**
 * Too many sets: members are tried from the highest gain of their own down, and stay when the gain of the set rises.
 * The order decides, also where the group chooses line by line.
 */
function chooseGreedily(members: i32): void {
  perLine = false;
  optionKind = SINGLE;
  for (let position = from; position < to; position++) store<i32>(memberAt(position), 0, PICKED);
  for (let next = 1; next <= members; next++) {
    option = next;
    measure();
    store<i64>(gainOf(next), gain);
  }
  optionKind = GREEDY;
  let reached: i64 = 0;
  let best = bestLeft(members);
  while (best != 0) {
    option = best;
    measure();
    if (gain > reached) {
      reached = gain;
      for (let position = from; position < to; position++) {
        if (load<i32>(memberAt(position), IN_MEMBER) + 1 == best) store<i32>(memberAt(position), 1, PICKED);
      }
    }
    store<i64>(gainOf(best), 0);
    best = bestLeft(members);
  }
  if (reached > 0) keepOption(0);
}

/** The untried member of the highest gain, the first of equal ones; 0 when none has any. */
function bestLeft(members: i32): i32 {
  let best = 0;
  let most: i64 = 0;
  for (let next = 1; next <= members; next++) {
    const own = load<i64>(gainOf(next));
    if (own <= most) continue;
    most = own;
    best = next;
  }
  return best;
}

/** There are no more members than promotions in the tree. */
@inline
function gainOf(member: i32): usize {
  return MEMBERS + ((member - 1) as usize) * MEMBER + GAIN;
}
