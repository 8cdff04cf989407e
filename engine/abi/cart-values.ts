// The values of a cart as words of memory: texts as symbols, amounts and attributes, each checked as it is written.

import { checkInteger, isText, placeOf, refuseValue } from "./cart-refuse.ts";
import { refuse } from "./errors.ts";
import * as L from "./layout.ts";
import type { Symbols } from "./symbols.ts";

/** Writes the known symbols of a list, each once; returns the cursor behind them. */
export function writeSymbols(
  memory: Int32Array,
  start: number,
  texts: readonly string[],
  symbols: Symbols,
  list: string,
  index?: number,
  field?: string,
): number {
  let end = start;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (!isText(text)) throw refuseValue(text, "string", `${placeOf(list, index, field)}[${i}]`);
    const symbol = symbols.find(text);
    if (symbol !== 0 && !includes(memory, start, end, symbol)) memory[end++] = symbol;
  }
  return end;
}

/** A text named twice counts once, so that the index never sees a line twice. */
function includes(memory: Int32Array, from: number, to: number, symbol: number): boolean {
  for (let i = from; i < to; i++) if (memory[i] === symbol) return true;
  return false;
}

/** Writes the attributes whose key some rule names; returns the cursor behind them. */
export function writeAttributes(
  memory: Int32Array,
  start: number,
  attributes: unknown,
  symbols: Symbols,
  at: string,
): number {
  let end = start;
  for (const [key, value] of entriesOf(attributes, L.MAX_ATTRIBUTES, at)) {
    const symbol = symbols.find(key);
    if (symbol === 0) continue;
    let kind = L.ATTRIBUTE_INTEGER;
    let number = value as number;
    if (typeof value === "string" && value.length <= L.MAX_STRING) {
      kind = L.ATTRIBUTE_SYMBOL;
      number = symbols.find(value);
    } else if (typeof value === "boolean") {
      kind = L.ATTRIBUTE_BOOLEAN;
      number = value ? 1 : 0;
    } else if (!Number.isSafeInteger(value)) {
      const isTooMuch = typeof value === "string" || Number.isInteger(value);
      throw isTooMuch
        ? refuse("CART_OUT_OF_RANGE", `${at}.${key}`, value)
        : refuseValue(value, "number", `${at}.${key}`);
    }
    memory[end + (L.ATTRIBUTE_KEY >> 2)] = symbol;
    memory[end + (L.ATTRIBUTE_KIND >> 2)] = kind;
    writeI64(memory, end + (L.ATTRIBUTE_VALUE >> 2), number);
    end += L.ATTRIBUTE_STRIDE >> 2;
  }
  return end;
}

/** The entries of an object that is used as a map. */
export function entriesOf(value: unknown, most: number, at: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuseValue(value, "object", at);
  }
  const entries = Object.entries(value);
  if (entries.length > most) throw refuse("CART_TOO_LARGE", at, entries.length);
  return entries;
}

/** The symbol of a text that may be absent. */
export function findSymbol(text: unknown, symbols: Symbols, at: string): number {
  if (text === undefined) return 0;
  if (!isText(text)) throw refuseValue(text, "string", at);
  return symbols.find(text);
}

export function writeAmount(
  memory: Int32Array,
  at: number,
  amount: number,
  list: string,
  index: number,
  field: string,
): void {
  checkInteger(amount, Number.MAX_SAFE_INTEGER, list, index, field);
  writeI64(memory, at, amount);
}

/** Two halves: a typed array keeps a number modulo 2^32, which is its low half. */
export function writeI64(memory: Int32Array, at: number, value: number): void {
  memory[at] = value;
  memory[at + 1] = value >= 0 && value < L.TWO_32 ? 0 : Math.floor(value / L.TWO_32);
}

/** The next even word: records with i64 fields start at multiples of 8 bytes. */
export function align(word: number): number {
  return (word + 1) & ~1;
}
