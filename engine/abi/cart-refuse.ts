// The checks of a cart's values, and why one is refused. A place is given in parts, `list[index].field`, and put
// together only when it is needed.

import { type Code, type HaggleError, refuse } from "./errors.ts";
import { MAX_STRING } from "./layout.ts";

export function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_STRING && value.length > 0;
}

/** Refuses what is no string of 1 to MAX_STRING characters. */
export function checkText(value: unknown, list: string, index?: number, field?: string): void {
  if (!isText(value)) throw refuseValue(value, "string", placeOf(list, index, field));
}

/** Refuses what is no integer from 0 to `most`. */
export function checkInteger(
  value: unknown,
  most: number,
  list: string,
  index?: number,
  field?: string,
): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
    throw refuseValue(value, "number", placeOf(list, index, field));
  }
}

export function checkBoolean(value: unknown, list: string, index?: number, field?: string): void {
  if (typeof value !== "boolean") throw refuseValue(value, "boolean", placeOf(list, index, field));
}

/** Lists pass: they lack the fields that are looked at next. */
export function checkObject(value: unknown, list: string, index?: number, field?: string): void {
  if (typeof value !== "object" || value === null) {
    throw refuseValue(value, "object", placeOf(list, index, field));
  }
}

export function checkArray(value: unknown, most: number, list: string, index?: number, field?: string): void {
  if (!Array.isArray(value)) throw refuseValue(value, "object", placeOf(list, index, field));
  if (value.length > most) throw refuse("CART_TOO_LARGE", placeOf(list, index, field), value.length);
}

export function placeOf(list: string, index?: number, field?: string): string {
  return index === undefined ? list : `${list}[${index}]${field ? `.${field}` : ""}`;
}

/** Which of its rules a value breaks: missing, of another type, no integer, negative, out of range. */
export function refuseValue(value: unknown, wanted: string, at: string): HaggleError {
  return refuse(codeOf(value, wanted), at, value);
}

function codeOf(value: unknown, wanted: string): Code {
  if (value === undefined) return "CART_MISSING_FIELD";
  // Null and lists, which JavaScript calls objects too.
  if (typeof value !== wanted || wanted === "object") return "CART_WRONG_TYPE";
  if (wanted === "string") return "CART_OUT_OF_RANGE";
  if (!Number.isInteger(value)) return "CART_NOT_INTEGER";
  return (value as number) < 0 ? "CART_NEGATIVE" : "CART_OUT_OF_RANGE";
}
