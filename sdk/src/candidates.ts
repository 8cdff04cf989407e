// Which promotions the engine looks at for a cart. A promotion may name symbols of which one must be in the cart; where
// many promotions do, an index from symbols to promotions leaves out those that cannot apply.

import {
  ATTRIBUTE_KIND,
  ATTRIBUTE_STRIDE,
  ATTRIBUTE_SYMBOL,
  ATTRIBUTE_VALUE,
  CANDIDATES,
  CART,
  CART_ATTRIBUTE_COUNT,
  CART_ATTRIBUTES,
  CART_CHANNEL,
  CART_COUPON_COUNT,
  CART_COUPONS,
  CART_LINE_COUNT,
  CART_LINES,
  CART_MARKET,
  CART_PAYMENT_METHOD,
  CART_SEGMENT_COUNT,
  CART_SEGMENTS,
  CART_SHIPPING,
  CART_SHIPPING_COUNT,
  CART_TIER,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  LINE_ATTRIBUTE_COUNT,
  LINE_ATTRIBUTES,
  LINE_CATEGORIES,
  LINE_CATEGORY_COUNT,
  LINE_PRODUCT,
  LINE_SKU,
  LINE_STRIDE,
  PROMOTION_KEYS,
  PROMOTION_STRIDE,
  refuse,
  SHIPPING_METHOD,
  SHIPPING_STRIDE,
  TABLE_COUNT,
  TABLE_PROMOTIONS,
  TABLE_SYMBOL_COUNT,
  TAGS_SYMBOLS,
} from "@haggle/abi";
import { wordsAt } from "./table.ts";

/**
 * Writes the candidates of the cart in `memory` and their number, and returns them: indices into the promotion table,
 * ascending. Those in `forced` are among them whatever the cart holds.
 */
export type SelectCandidates = (memory: Int32Array, forced: readonly number[]) => Int32Array;

/** Up to so many promotions the engine asks each of them faster than an index could. */
const FEW_PROMOTIONS = 64;

/**
 * `off` has a 1 for each promotion that is never a candidate. Throws PROMOTION_BAD_BYTES with the offset when the keys
 * of a promotion do not lie in the table.
 */
export function createCandidates(table: Int32Array, off: Uint8Array): SelectCandidates {
  const keys = readKeys(table);
  const isIndexed = keys.length > FEW_PROMOTIONS && keys.some((key) => key !== undefined);
  return isIndexed ? createIndex(keys, table[TABLE_SYMBOL_COUNT >> 2]!, off) : createList(off);
}

function createList(off: Uint8Array): SelectCandidates {
  const all = Int32Array.from(off.keys()).filter((promotion) => off[promotion] === 0);
  let written: Int32Array | undefined;
  return (memory) => {
    if (written !== memory) write(memory, all);
    written = memory;
    return all;
  };
}

function createIndex(
  keys: readonly (Int32Array | undefined)[],
  symbolCount: number,
  off: Uint8Array,
): SelectCandidates {
  // A bit for each promotion: they come out ascending and once, and 20,000 of them are 625 words.
  const always = new Int32Array((keys.length + 31) >> 5);
  // The promotions of symbol s are `promotions[starts[s]]` up to `promotions[starts[s + 1]]`.
  const starts = new Int32Array(symbolCount + 2);
  for (const [promotion, symbols] of keys.entries()) {
    if (off[promotion] !== 0) continue;
    if (symbols === undefined) setBit(always, promotion);
    else for (const symbol of symbols) starts[symbol + 1]! += 1;
  }
  for (let symbol = 1; symbol < starts.length; symbol++) starts[symbol]! += starts[symbol - 1]!;
  const promotions = new Int32Array(starts.at(-1)!);
  const ends = starts.slice();
  for (const [promotion, symbols] of keys.entries()) {
    if (off[promotion] !== 0 || symbols === undefined) continue;
    for (const symbol of symbols) promotions[ends[symbol]!++] = promotion;
  }

  const bits = new Int32Array(always.length);
  const found = new Int32Array(keys.length);
  // The run in which a symbol was last met: most categories and tags are met on many lines.
  const met = new Float64Array(symbolCount + 1);
  let run = 0;
  const meet = (symbol: number) => {
    if (met[symbol] === run) return;
    met[symbol] = run;
    for (let i = starts[symbol]!; i < starts[symbol + 1]!; i++) setBit(bits, promotions[i]!);
  };
  return (memory, forced) => {
    run++;
    bits.set(always);
    meetSymbols(memory, meet);
    for (const promotion of forced) if (off[promotion] === 0) setBit(bits, promotion);
    let count = 0;
    for (let i = 0; i < bits.length; i++) {
      for (let word = bits[i]!; word !== 0; word &= word - 1) {
        found[count++] = (i << 5) + 31 - Math.clz32(word & -word);
      }
    }
    const candidates = found.slice(0, count);
    write(memory, candidates);
    return candidates;
  };
}

/** Calls `meet` with every symbol of the cart that a key may name, some of them several times, and with 0. */
function meetSymbols(memory: Int32Array, meet: (symbol: number) => void): void {
  const word = (offset: number) => memory[(CART + offset) >> 2]!;
  for (const field of [CART_CHANNEL, CART_MARKET, CART_TIER, CART_PAYMENT_METHOD]) meet(word(field));
  meetList(memory, word(CART_COUPONS), word(CART_COUPON_COUNT), 4, meet);
  meetList(memory, word(CART_SEGMENTS), word(CART_SEGMENT_COUNT), 4, meet);
  meetList(memory, word(CART_SHIPPING) + SHIPPING_METHOD, word(CART_SHIPPING_COUNT), SHIPPING_STRIDE, meet);
  meetAttributes(memory, word(CART_ATTRIBUTES), word(CART_ATTRIBUTE_COUNT), meet);
  let line = word(CART_LINES) >> 2;
  for (let i = word(CART_LINE_COUNT); i > 0; i--, line += LINE_STRIDE >> 2) {
    meet(memory[line + (LINE_SKU >> 2)]!);
    meet(memory[line + (LINE_PRODUCT >> 2)]!);
    const categories = memory[line + (LINE_CATEGORIES >> 2)]!;
    meetList(memory, categories, memory[line + (LINE_CATEGORY_COUNT >> 2)]!, 4, meet);
    const attributes = memory[line + (LINE_ATTRIBUTES >> 2)]!;
    meetAttributes(memory, attributes, memory[line + (LINE_ATTRIBUTE_COUNT >> 2)]!, meet);
  }
}

function meetList(
  memory: Int32Array,
  address: number,
  count: number,
  stride: number,
  meet: (symbol: number) => void,
): void {
  let at = address >> 2;
  for (let i = count; i > 0; i--, at += stride >> 2) meet(memory[at]!);
}

function meetAttributes(
  memory: Int32Array,
  address: number,
  count: number,
  meet: (symbol: number) => void,
): void {
  let at = address >> 2;
  for (let i = count; i > 0; i--, at += ATTRIBUTE_STRIDE >> 2) {
    if (memory[at + (ATTRIBUTE_KIND >> 2)] === ATTRIBUTE_SYMBOL) meet(memory[at + (ATTRIBUTE_VALUE >> 2)]!);
  }
}

function write(memory: Int32Array, candidates: Int32Array): void {
  memory.set(candidates, CANDIDATES >> 2);
  memory[(CONTROL + CONTROL_CANDIDATE_COUNT) >> 2] = candidates.length;
}

function setBit(bits: Int32Array, index: number): void {
  bits[index >> 5]! |= 1 << (index & 31);
}

/** The symbols of which each promotion needs one, undefined where it needs none. */
function readKeys(table: Int32Array): (Int32Array | undefined)[] {
  const count = table[TABLE_COUNT >> 2]!;
  const symbolCount = table[TABLE_SYMBOL_COUNT >> 2]!;
  const records = wordsAt(table, TABLE_PROMOTIONS, count * PROMOTION_STRIDE);
  return Array.from({ length: count }, (_, promotion) => {
    const field = (records << 2) + promotion * PROMOTION_STRIDE + PROMOTION_KEYS;
    if (table[field >> 2] === 0) return undefined;
    const block = wordsAt(table, field, TAGS_SYMBOLS);
    const start = block + (TAGS_SYMBOLS >> 2);
    wordsAt(table, field, TAGS_SYMBOLS + table[block]! * 4);
    const symbols = table.subarray(start, start + table[block]!);
    if (symbols.some((symbol) => symbol < 1 || symbol > symbolCount)) {
      throw refuse("PROMOTION_BAD_BYTES", field, block << 2);
    }
    return symbols;
  });
}
