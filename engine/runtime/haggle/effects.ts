// The effects of a result, one after another: a list of cells in the arena.

import { BOTH } from "./effect";
import { FAULT_CAPACITY, MAX_EFFECTS } from "./layout";
import { fault } from "./money";
import { Result } from "./result";

@unmanaged
export class Effects {
  effect: u32;
  next: u32;
}

/**
 * Lists the effects of what a rule returned. Runs on the rule's fuel, and faults when there are more than
 * MAX_EFFECTS: what the resolver does for one promotion must stay in proportion to the cart.
 */
@inline
export function listEffects(result: Result): Effects {
  if (changetype<usize>(result) == 0) return changetype<Effects>(0);
  if (result.target != BOTH) return newCell(changetype<usize>(result) as u32, changetype<Effects>(0));
  return flatten(result);
}

function flatten(result: Result): Effects {
  let list = changetype<Effects>(0);
  let count = 0;
  let open = newCell(changetype<usize>(result) as u32, changetype<Effects>(0));
  while (changetype<usize>(open) != 0) {
    const node = changetype<Result>(open.effect as usize);
    open = changetype<Effects>(open.next as usize);
    if (node.target == BOTH) {
      // The right one is listed first, since the list grows at its front.
      open = newCell(node.more, newCell(node.selection, open));
    } else {
      if (++count > MAX_EFFECTS) fault(FAULT_CAPACITY);
      list = newCell(changetype<usize>(node) as u32, list);
    }
  }
  return list;
}

function newCell(effect: u32, next: Effects): Effects {
  const cell = changetype<Effects>(__arena(offsetof<Effects>()));
  cell.effect = effect;
  cell.next = changetype<usize>(next) as u32;
  return cell;
}
