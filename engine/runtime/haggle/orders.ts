// The orders in which an effect takes units: by price up or down, by quantity, or as the lines stand. Each is made when
// it is first asked for, and again once the catalog phase has changed prices.

import * as L from "./layout";
import { ADDRESSES, selectAll } from "./lines";
import { lineAddress } from "./records";
import { asGiven, ORDER_BYTES, ORDERS } from "./state";

let made: i32 = 0; // a bit per PICK_*
let sorted: bool = true; // lines still stand by price

/** Forgets the orders. `priced`: unit prices are no longer those by which the host has sorted the lines. */
export function resetOrders(priced: bool): void {
  made = 0;
  sorted = !priced && !asGiven;
}

/** Addresses of all lines in the order of a PICK_*. */
export function orderOf(pick: i32): usize {
  if (pick == L.PICK_GIVEN || (pick == L.PICK_CHEAPEST && sorted)) return load<u32>(selectAll(), ADDRESSES);
  const order = ORDERS + (pick as usize) * ORDER_BYTES;
  if (((made >> pick) & 1) == 0) {
    sortLines(order, pick);
    made |= 1 << pick;
  }
  return order;
}

/** Less is earlier; equal lines keep their order. */
@inline
function keyOf(line: usize, pick: i32): i64 {
  if (pick == L.PICK_LARGEST) return -(load<i32>(line, L.LINE_QUANTITY) as i64);
  const price = load<i64>(line, L.LINE_UNIT_PRICE);
  return pick == L.PICK_CHEAPEST ? price : -price;
}

// The given order is never made.
const SPARE: usize = ORDERS + (L.PICK_GIVEN as usize) * ORDER_BYTES;

/** Merge sort from the bottom up: stable, and without recursion. */
function sortLines(order: usize, pick: i32): void {
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  let from = order;
  let to = SPARE;
  for (let i = 0; i < count; i++) store<u32>(from + ((i as usize) << 2), lineAddress(i) as u32);
  for (let width = 1; width < count; width <<= 1) {
    for (let start = 0; start < count; start += width << 1) merge(from, to, start, min(start + width, count), min(start + (width << 1), count), pick);
    const swap = from;
    from = to;
    to = swap;
  }
  if (from == order) return;
  for (let i = 0; i < count; i++) store<u32>(order + ((i as usize) << 2), load<u32>(from + ((i as usize) << 2)));
}

function merge(from: usize, to: usize, start: i32, middle: i32, end: i32, pick: i32): void {
  let left = start;
  let right = middle;
  for (let k = start; k < end; k++) {
    const a: usize = left < middle ? load<u32>(from + ((left as usize) << 2)) : 0;
    const b: usize = right < end ? load<u32>(from + ((right as usize) << 2)) : 0;
    const takeLeft = b == 0 || (a != 0 && keyOf(a, pick) <= keyOf(b, pick));
    store<u32>(to + ((k as usize) << 2), (takeLeft ? a : b) as u32);
    if (takeLeft) left++;
    else right++;
  }
}
