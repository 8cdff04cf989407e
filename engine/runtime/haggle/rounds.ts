// Buy some, get some: rounds that set free and bought units aside, none used twice. Many equal rounds are made at once,
// so the cost is in lines, not in units.

import { isDiscounted, matchesFilter } from "./filter";
import * as L from "./layout";
import { ADDRESSES, COUNT } from "./lines";
import { orderOf } from "./orders";
import { lineAddress } from "./records";
import { BOUGHT_UNITS, FREE_UNITS, GOT_UNITS, WEIGHTS } from "./state";
import { keyCount, keyOf, unitsOf } from "./units";

const UNLIMITED: i64 = 0x7fffffff;
const CANNOT_BUY: i32 = -1; // in BOUGHT_UNITS

// What the round at hand has taken, to be able to give it back: pairs of line address and units. No split is under way.
const LOG: usize = WEIGHTS;
let logEnd: usize = LOG;

// The effect at hand: its goods are told apart by `per`, and `key` is the product, sku or line whose turn it is.
let per: i32 = 0;
let key: i32 = 0;
let buy: i64 = 0;
let partial: bool = false;
let buyFirst: bool = false;
// Both orders, and how far all before is used up.
let getOrder: usize = 0;
let buyOrder: usize = 0;
let getPlace: i32 = 0;
let buyPlace: i32 = 0;

/** Leaves free units by line in GOT_UNITS and bought ones in BOUGHT_UNITS. LINE_CHOSEN tells which may be free. */
export function chooseBuyGet(more: usize, flags: u32, maxUnits: i32): void {
  per = load<i32>(more, L.MORE_PER);
  prepare(more, flags);
  for (let next = 1, keys = keyCount(per); next <= keys; next++) {
    key = next;
    makeRounds(more, maxUnits);
  }
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++) {
    const bought = BOUGHT_UNITS + ((i as usize) << 2);
    if (load<i32>(bought) == CANNOT_BUY) store<i32>(bought, 0);
  }
}

function prepare(more: usize, flags: u32): void {
  const listed = (load<u32>(more, L.MORE_FLAGS) & L.MORE_BUY_SELECTION) != 0;
  const filter: usize = per == L.PER_GROUP_ALL ? load<u32>(more, L.MORE_BUY_FILTER) : 0;
  const ownGoods = filter == 0;
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    const at = (i as usize) << 2;
    const discounted = (flags & L.PROMOTION_UNDISCOUNTED) != 0 && isDiscounted(line);
    const buys = !discounted && (ownGoods ? load<i32>(line, L.LINE_CHOSEN) > 0 : !listed && matchesFilter(line, filter));
    store<i32>(FREE_UNITS + at, unitsOf(line, flags));
    store<i32>(GOT_UNITS + at, 0);
    store<i32>(BOUGHT_UNITS + at, buys ? 0 : CANNOT_BUY);
  }
  if (ownGoods || !listed) return;
  let address: usize = load<u32>(filter, ADDRESSES);
  const end = address + ((load<u32>(filter, COUNT) as usize) << 2);
  for (; address < end; address += 4) {
    const bought: usize = load<u32>(address);
    const discounted = (flags & L.PROMOTION_UNDISCOUNTED) != 0 && isDiscounted(bought);
    if (!discounted) store<i32>(BOUGHT_UNITS + indexOf(bought), 0);
  }
}

@inline
function indexOf(line: usize): usize {
  return (load<u32>(line, L.LINE_INDEX) as usize) << 2;
}

@inline
function serves(line: usize, free: bool): bool {
  const at = indexOf(line);
  if (load<i32>(FREE_UNITS + at) <= 0 || keyOf(line, per) != key) return false;
  return free ? load<i32>(line, L.LINE_CHOSEN) > 0 : load<i32>(BOUGHT_UNITS + at) != CANNOT_BUY;
}

/** The first place from `from` on in an order whose line still has units for one side. */
function nextPlace(order: usize, from: i32, free: bool): i32 {
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  while (from < count && !serves(load<u32>(order + ((from as usize) << 2)), free)) from++;
  return from;
}

function makeRounds(more: usize, maxUnits: i32): void {
  getOrder = orderOf(load<i32>(more, L.MORE_PICK));
  buyOrder = orderOf(load<i32>(more, L.MORE_BUY_PICK));
  const flags = load<u32>(more, L.MORE_FLAGS);
  partial = (flags & L.MORE_PARTIAL) != 0;
  buyFirst = (flags & L.MORE_BUY_FIRST) != 0;
  buy = load<i32>(more, L.MORE_BUY_QUANTITY) as i64;
  const get = load<i32>(more, L.MORE_GET_QUANTITY) as i64;
  let timesLeft = orUnlimited(load<i32>(more, L.MORE_MAX_TIMES));
  let unitsLeft = min(orUnlimited(load<i32>(more, L.MORE_MAX_UNITS)), orUnlimited(maxUnits));
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  getPlace = 0;
  buyPlace = 0;
  while (timesLeft > 0 && unitsLeft > 0) {
    if (unitsLeft < get && !partial) return;
    const want = min(get, unitsLeft);
    getPlace = nextPlace(getOrder, getPlace, true);
    buyPlace = nextPlace(buyOrder, buyPlace, false);
    if (getPlace >= count || buyPlace >= count) return;
    const got: usize = load<u32>(getOrder + ((getPlace as usize) << 2));
    const bought: usize = load<u32>(buyOrder + ((buyPlace as usize) << 2));
    const rounds = min(min(equalRounds(got, bought, want, buy), timesLeft), unitsLeft / want);
    if (rounds > 0) {
      move(got, GOT_UNITS, rounds * want);
      move(bought, BOUGHT_UNITS, rounds * buy);
      timesLeft -= rounds;
      unitsLeft -= rounds * want;
      continue;
    }
    const found = makeRound(want);
    if (found == 0) return;
    timesLeft--;
    unitsLeft -= found;
  }
}

/** One round over as many lines as it takes. Returns how many free units it found: with `partial` the most that leave enough to be bought. */
function makeRound(want: i64): i64 {
  if (tryRound(want)) return want;
  if (!partial) return 0;
  // Fewer free units leave more to be bought, so bisection finds the most.
  let low: i64 = 0;
  let high = want - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tryRound(middle)) {
      giveBack();
      low = middle;
    } else high = middle - 1;
  }
  return low > 0 && tryRound(low) ? low : 0;
}

/** Sets a round's units aside; gives all back when it does not find them. */
function tryRound(want: i64): bool {
  logEnd = LOG;
  let paid: i64 = 0;
  if (buyFirst) paid = take(buyOrder, buyPlace, buy, false);
  const found = take(getOrder, getPlace, want, true);
  if (!buyFirst) paid = take(buyOrder, buyPlace, buy, false);
  if (found == want && paid == buy) return true;
  giveBack();
  return false;
}

@inline
function orUnlimited(limit: i32): i64 {
  return limit == L.NONE ? UNLIMITED : (limit as i64);
}

/** How many rounds can be made with units of these two lines alone. */
function equalRounds(got: usize, bought: usize, get: i64, buy: i64): i64 {
  const free = load<i32>(FREE_UNITS + indexOf(got)) as i64;
  if (got == bought) return free / (get + buy);
  return min(free / get, (load<i32>(FREE_UNITS + indexOf(bought)) as i64) / buy);
}

@inline
function move(line: usize, side: usize, units: i64): void {
  const at = indexOf(line);
  store<i32>(FREE_UNITS + at, load<i32>(FREE_UNITS + at) - (units as i32));
  store<i32>(side + at, load<i32>(side + at) + (units as i32));
}

/** Sets up to `need` units aside in an order, over as many lines as it takes. Returns how many there were. */
function take(order: usize, from: i32, need: i64, free: bool): i64 {
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  let open = need;
  for (let place = from; place < count && open > 0; place++) {
    const line: usize = load<u32>(order + ((place as usize) << 2));
    if (!serves(line, free)) continue;
    const units = min(load<i32>(FREE_UNITS + indexOf(line)) as i64, open);
    move(line, free ? GOT_UNITS : BOUGHT_UNITS, units);
    // A round touches a line at most once on each side, so the log has room.
    store<u32>(logEnd, (line | (free ? 1 : 0)) as u32);
    store<i32>(logEnd + 4, units as i32);
    logEnd += 8;
    open -= units;
  }
  return need - open;
}

/** Lines lie at multiples of 8, so the lowest bit tells the side. */
function giveBack(): void {
  for (let at = LOG; at < logEnd; at += 8) {
    const entry: usize = load<u32>(at);
    move(entry & ~1, (entry & 1) != 0 ? GOT_UNITS : BOUGHT_UNITS, -(load<i32>(at + 4) as i64));
  }
}
