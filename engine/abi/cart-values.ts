// The values of a cart as words of memory: texts as symbols, amounts and attributes, each checked as it is written.

import { refuseCart, refuseInteger, refuseString } from "./cart-refuse.ts";
import * as L from "./layout.ts";
import type { Symbols } from "./symbols.ts";

const TWO_32 = 4294967296;

/** Writes the known symbols of a list; returns the cursor behind them. */
export function writeSymbols(
  memory: Int32Array,
  start: number,
  list: readonly string[],
  at: string,
  symbols: Symbols,
): number {
  let end = start;
  for (let i = 0; i < list.length; i++) {
    const text = list[i]!;
    if (!isText(text)) throw refuseString(text, `${at}[${i}]`);
    const symbol = symbols.find(text);
    if (symbol !== 0) memory[end++] = symbol;
  }
  return end;
}

/** Writes the attributes whose key some rule names; returns the cursor behind them. */
export function writeAttributes(
  memory: Int32Array,
  start: number,
  attributes: unknown,
  at: string,
  symbols: Symbols,
): number {
  const entries = checkRecord(attributes, L.MAX_ATTRIBUTES, at);
  let end = start;
  for (const [key, value] of entries) {
    const symbol = symbols.find(key);
    if (symbol === 0) continue;
    memory[end + (L.ATTRIBUTE_KEY >> 2)] = symbol;
    if (typeof value === "string") {
      if (value.length > L.MAX_STRING) throw refuseString(value, `${at}.${key}`);
      memory[end + (L.ATTRIBUTE_KIND >> 2)] = L.ATTRIBUTE_SYMBOL;
      writeI64(memory, end + (L.ATTRIBUTE_VALUE >> 2), symbols.find(value));
    } else if (typeof value === "boolean") {
      memory[end + (L.ATTRIBUTE_KIND >> 2)] = L.ATTRIBUTE_BOOLEAN;
      writeI64(memory, end + (L.ATTRIBUTE_VALUE >> 2), value ? 1 : 0);
    } else if (Number.isSafeInteger(value)) {
      memory[end + (L.ATTRIBUTE_KIND >> 2)] = L.ATTRIBUTE_INTEGER;
      writeI64(memory, end + (L.ATTRIBUTE_VALUE >> 2), value as number);
    } else {
      throw refuseInteger(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, `${at}.${key}`);
    }
    end += L.ATTRIBUTE_STRIDE >> 2;
  }
  return end;
}

export function checkRecord(value: unknown, most: number, at: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuseCart("CART_WRONG_TYPE", "An object is needed", at, value);
  }
  const entries = Object.entries(value);
  if (entries.length > most)
    throw refuseCart("CART_TOO_LARGE", `At most ${most} entries`, at, entries.length);
  return entries;
}

export function checkArray(value: unknown, most: number, at: string): void {
  if (value === undefined) throw refuseCart("CART_MISSING_FIELD", "An array is needed", at, value);
  if (!Array.isArray(value)) throw refuseCart("CART_WRONG_TYPE", "An array is needed", at, value);
  if (value.length > most) throw refuseCart("CART_TOO_LARGE", `At most ${most} entries`, at, value.length);
}

export function findSymbol(text: unknown, at: string, symbols: Symbols): number {
  if (text === undefined) return 0;
  if (!isText(text)) throw refuseString(text, at);
  return symbols.find(text);
}

export function isText(text: unknown): text is string {
  return typeof text === "string" && text.length <= L.MAX_STRING && text.length > 0;
}

export function writeAmount(
  memory: Int32Array,
  at: number,
  amount: number,
  position: number,
  field: string,
): void {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw refuseInteger(amount, 0, Number.MAX_SAFE_INTEGER, `lines[${position}].${field}`);
  }
  writeI64(memory, at, amount);
}

/** Two halves: a typed array keeps a number modulo 2^32, which is its low half. */
export function writeI64(memory: Int32Array, at: number, value: number): void {
  memory[at] = value;
  memory[at + 1] = value >= 0 && value < TWO_32 ? 0 : Math.floor(value / TWO_32);
}

/** The next even word: records with i64 fields start at multiples of 8 bytes. */
export function align(word: number): number {
  return (word + 1) & ~1;
}
