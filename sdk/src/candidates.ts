// Which promotions the engine looks at for a cart. A promotion may name symbols of which one must be in the cart; where
// many promotions do, an index from symbols to promotions leaves out those that cannot apply.

import {
  CANDIDATES,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  PROMOTION_KEYS,
  PROMOTION_STRIDE,
  refuse,
  type Symbols,
  TABLE_COUNT,
  TABLE_PROMOTIONS,
  TABLE_SYMBOL_COUNT,
  TAGS_SYMBOLS,
} from "@haggle/abi";
import { wordsAt } from "./table.ts";

export type Candidates = {
  /** To encode a cart with, between `begin` and `select`: what is found is what the cart holds. */
  readonly symbols: Symbols;
  begin(): void;
  /**
   * Writes the candidates of the cart and their number, and returns them: indices into the promotion table, ascending.
   * Those in `forced` are among them whatever the cart holds.
   */
  select(memory: Int32Array, forced: readonly number[]): readonly number[];
};

/** Up to so many promotions the engine asks each of them faster than an index could. */
const FEW_PROMOTIONS = 64;

/**
 * `off` has a 1 for each promotion that is never a candidate. Throws PROMOTION_BAD_BYTES with the offset when the keys
 * of a promotion do not lie in the table.
 */
export function createCandidates(table: Int32Array, symbols: Symbols, off: Uint8Array): Candidates {
  const keys = readKeys(table);
  const isIndexed = keys.length > FEW_PROMOTIONS && keys.some((key) => key !== undefined);
  return isIndexed ? createIndex(keys, symbols, off) : createList(symbols, off);
}

function createList(symbols: Symbols, off: Uint8Array): Candidates {
  const all = [...off.keys()].filter((promotion) => off[promotion] === 0);
  let written: Int32Array | undefined;
  return {
    symbols,
    begin() {},
    select(memory) {
      if (written !== memory) writeCandidates(memory, all);
      written = memory;
      return all;
    },
  };
}

function createIndex(
  keys: readonly (Int32Array | undefined)[],
  symbols: Symbols,
  off: Uint8Array,
): Candidates {
  // A bit for each promotion: they come out ascending and once, and 20,000 of them are 625 words.
  const always = new Int32Array((keys.length + 31) >> 5);
  // The promotions of symbol s are `promotions[starts[s]]` up to `promotions[starts[s + 1]]`.
  const starts = new Int32Array(symbols.size + 2);
  for (const [promotion, key] of keys.entries()) {
    if (off[promotion] !== 0) continue;
    if (key === undefined) setBit(always, promotion);
    else for (const symbol of key) starts[symbol + 1]! += 1;
  }
  for (let symbol = 1; symbol < starts.length; symbol++) starts[symbol]! += starts[symbol - 1]!;
  const promotions = new Int32Array(starts.at(-1)!);
  const ends = starts.slice();
  for (const [promotion, key = NO_KEY] of keys.entries()) {
    if (off[promotion] === 0) for (const symbol of key) promotions[ends[symbol]!++] = promotion;
  }

  const bits = new Int32Array(always.length);
  // The run in which a symbol was last met: most categories and tags are met on many lines.
  const met = new Float64Array(symbols.size + 1);
  let run = 0;
  const meet = (symbol: number) => {
    if (met[symbol] === run) return;
    met[symbol] = run;
    for (let i = starts[symbol]!; i < starts[symbol + 1]!; i++) setBit(bits, promotions[i]!);
  };
  return {
    symbols: {
      ...symbols,
      meet,
      find(text) {
        const symbol = symbols.find(text);
        meet(symbol);
        return symbol;
      },
    },
    begin() {
      run++;
      bits.set(always);
    },
    select(memory, forced) {
      for (const promotion of forced) if (off[promotion] === 0) setBit(bits, promotion);
      // A list: a typed array of so few words takes several times as long to make.
      const candidates: number[] = [];
      for (let i = 0; i < bits.length; i++) {
        for (let word = bits[i]!; word !== 0; word &= word - 1) {
          candidates.push((i << 5) + 31 - Math.clz32(word & -word));
        }
      }
      writeCandidates(memory, candidates);
      return candidates;
    },
  };
}

const NO_KEY: readonly number[] = [];

/** Where the engine looks for them. */
export function writeCandidates(memory: Int32Array, candidates: readonly number[]): void {
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
