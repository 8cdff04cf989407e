// Why a cart is refused. Apart from the encoder, so that its hot path stays small.

import { type Code, HaggleError } from "./errors.ts";
import { MAX_STRING } from "./layout.ts";

export function refuseCart(code: Code, message: string, at: string, value: unknown): HaggleError {
  return new HaggleError(code, message, { at: at === "" ? "cart" : at, value });
}

/** Which of its rules a number breaks: missing, no number, no integer, negative, out of range. */
export function refuseInteger(value: unknown, least: number, most: number, at: string): HaggleError {
  if (value === undefined) return refuseCart("CART_MISSING_FIELD", "An integer is needed", at, value);
  if (typeof value !== "number") return refuseCart("CART_WRONG_TYPE", "An integer is needed", at, value);
  if (!Number.isFinite(value) || !Number.isInteger(value)) {
    return refuseCart("CART_NOT_INTEGER", "An integer is needed", at, value);
  }
  if (value < 0 && least >= 0)
    return refuseCart("CART_NEGATIVE", "A negative number makes no sense", at, value);
  return refuseCart("CART_OUT_OF_RANGE", `An integer from ${least} to ${most} is needed`, at, value);
}

export function refuseString(value: unknown, at: string): HaggleError {
  if (value === undefined) return refuseCart("CART_MISSING_FIELD", "A string is needed", at, value);
  if (typeof value !== "string") return refuseCart("CART_WRONG_TYPE", "A string is needed", at, value);
  return refuseCart("CART_OUT_OF_RANGE", `A string of 1 to ${MAX_STRING} characters is needed`, at, value);
}
