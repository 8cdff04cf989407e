// What is left of the order while promotions take from it, and the map of the engine's scratch area. Everything here
// belongs to the running evaluation.

import { lineAddress, shippingAddress } from "./records";
import * as L from "./layout";
import { LINES_END } from "./lines";
import { MAX_MONEY } from "./money";

// ---- The scratch area behind the selections of lines: arrays over the lines of the cart, then what promotions leave.
const LINE_ARRAY: usize = L.MAX_LINES * 8;
/** Addresses of the lines that the effect at hand may take from, u32. */
export const SELECTED: usize = LINES_END;
/** i64 weights, room and shares of a split, by position in the split. */
export const WEIGHTS: usize = SELECTED + LINE_ARRAY;
export const ROOMS: usize = WEIGHTS + LINE_ARRAY;
export const SHARES: usize = ROOMS + LINE_ARRAY;
export const RESTS: usize = SHARES + LINE_ARRAY;
export const NEW_SHARES: usize = RESTS + LINE_ARRAY;
/** Line addresses by price ascending, descending, and by quantity, u32; one more for merging. */
export const ORDERS: usize = NEW_SHARES + LINE_ARRAY;
export const ORDER_BYTES: usize = L.MAX_LINES * 4;
/** i32 by line: units that are free to take, chosen as free, set aside as bought. */
export const FREE_UNITS: usize = ORDERS + 4 * ORDER_BYTES;
export const GOT_UNITS: usize = FREE_UNITS + ORDER_BYTES;
export const BOUGHT_UNITS: usize = GOT_UNITS + ORDER_BYTES;
/** Choice among options by line: what the best option takes, and which options each group of the tree chose. */
export const BEST_GAINS: usize = BOUGHT_UNITS + ORDER_BYTES;
export const BEFORE: usize = BEST_GAINS + LINE_ARRAY;
export const CHOICES: usize = BEFORE + LINE_ARRAY;
export const MAX_CHOICES: i32 = 8; // groups of one tree that choose line by line
/** By group: what the run at hand knows of it (groups.ts). */
export const GROUP_STATES: usize = CHOICES + (MAX_CHOICES as usize) * ORDER_BYTES;
export const GROUP_STATE: usize = 24;
/** By place in the tree at hand: its promotions (groups.ts). */
export const MEMBERS: usize = GROUP_STATES + (L.MAX_GROUPS as usize + 1) * GROUP_STATE;
export const MEMBER: usize = 48;
export const OFFERS: usize = MEMBERS + (L.MAX_PROMOTIONS as usize) * MEMBER;
export const MAX_OFFERS: i32 = 40_000;
export const CLAIMS: usize = OFFERS + (MAX_OFFERS as usize) * L.OFFER_STRIDE;
export const MAX_CLAIMS: i32 = 20_000;
export const ADDED: usize = CLAIMS + (MAX_CLAIMS as usize) * L.CLAIM_STRIDE;
export const MAX_ADDED: i32 = 1000;
/** Units that promotions used up: line address and number, to be able to give them back. */
export const USES: usize = ADDED + (MAX_ADDED as usize) * L.ADDED_STRIDE;
export const MAX_USES: i32 = 10_000;
export const SCRATCH_END: usize = USES + (MAX_USES as usize) * 8;

/** Small records behind the control block: marks to go back to, the choices above a promotion. */
export const SMALL: usize = L.CONTROL + L.CONTROL_BYTES;

/** Address of the policy record. */
export let policy: usize = 0;
/** What is left of goods and shipping, and how much of the goods lies above floors. */
export let goodsLeft: i64 = 0;
export let goodsRoom: i64 = 0;
export let shippingLeft: i64 = 0;
/** What is left on the policy's threshold base is kept in the cart's header, where rules read it. */
let thresholdCurrent: bool = false;
/** In the catalog phase, whose discounts become prices, every base is what is left. */
export let inCatalog: bool = false;
export let asGiven: bool = false;
/** Whether units, floors, or taxes have to be looked after at all. */
export let marginPpm: i32 = L.NONE;

/** Reads the policy and sums the cart, whose lines have been indexed. */
export function startState(): void {
  policy = load<u32>(L.TABLE + L.TABLE_POLICY);
  thresholdCurrent = load<i32>(policy, L.POLICY_THRESHOLD_BASE) == L.BASE_CURRENT;
  asGiven = (load<u32>(policy, L.POLICY_FLAGS) & L.POLICY_AS_GIVEN) != 0;
  marginPpm = load<i32>(L.CONTROL + L.CONTROL_SERVER) != 0 ? load<i32>(policy, L.POLICY_MARGIN) : L.NONE;
  shippingLeft = 0;
  for (let i = 0, n = load<i32>(L.CART + L.CART_SHIPPING_COUNT); i < n; i++) shippingLeft += load<i64>(shippingAddress(i), L.SHIPPING_PRICE);
  store<i64>(L.CART + L.CART_SHIPPING_TOTAL, shippingLeft);
  setGoods(load<i64>(L.CART + L.CART_SUBTOTAL));
  sumRoom();
}

@inline
export function setCatalog(open: bool): void {
  inCatalog = open;
}

/** Goods total when no more has been taken off than what the catalog phase made of the prices. */
export function setGoods(total: i64): void {
  goodsLeft = total;
  store<i64>(L.CART + L.CART_GOODS, total);
  store<i64>(L.CART + L.CART_LEFT, total);
}

/** Floors: a line that costs less than its floor already has no room, and its floor is what it costs. */
export function sumRoom(): void {
  let room: i64 = 0;
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    const left = load<i64>(line, L.LINE_TOTAL) - load<i64>(line, L.LINE_DISCOUNT);
    let floor: i64 = 0;
    if ((load<u32>(line, L.LINE_FLAGS) & L.LINE_HAS_MIN) != 0) {
      floor = load<i64>(line, L.LINE_MIN_UNIT_PRICE);
      // Compared before it is multiplied: a floor above the price may be as large as an amount can be.
      floor = floor > load<i64>(line, L.LINE_UNIT_PRICE) ? left : floor * (load<i32>(line, L.LINE_QUANTITY) as i64);
      if (floor > left) floor = left;
    }
    store<i64>(line, floor, L.LINE_FLOOR);
    room += left - floor;
  }
  goodsRoom = room;
}

@inline
export function leftOf(line: usize): i64 {
  return load<i64>(line, L.LINE_TOTAL) - load<i64>(line, L.LINE_DISCOUNT);
}

@inline
export function roomOf(line: usize): i64 {
  return load<i64>(line, L.LINE_TOTAL) - load<i64>(line, L.LINE_DISCOUNT) - load<i64>(line, L.LINE_FLOOR);
}

/** Takes an amount, at most its room, off a line; a negative one gives it back. */
@inline
export function moveLine(line: usize, amount: i64): void {
  store<i64>(line, load<i64>(line, L.LINE_DISCOUNT) + amount, L.LINE_DISCOUNT);
  moveGoods(amount);
}

@inline
export function moveGoods(amount: i64): void {
  goodsLeft -= amount;
  goodsRoom -= amount;
  store<i64>(L.CART + L.CART_LEFT, goodsLeft);
  if (thresholdCurrent || inCatalog) store<i64>(L.CART + L.CART_GOODS, goodsLeft);
}

@inline
export function moveShipping(entry: usize, amount: i64): void {
  store<i64>(entry, load<i64>(entry, L.SHIPPING_DISCOUNT) + amount, L.SHIPPING_DISCOUNT);
  shippingLeft -= amount;
}

/** The base that an effect or a condition means, when it leaves it to the policy. */
@inline
export function baseOr(stated: i32, field: usize): i32 {
  return stated != L.BASE_POLICY ? stated : load<i32>(policy + field);
}

/** Adds amounts that a rule may want many times over: the sum stays a number that hosts can hold. */
@inline
export function addWanted(sum: i64, wanted: i64): i64 {
  return sum + wanted < MAX_MONEY ? sum + wanted : MAX_MONEY;
}
