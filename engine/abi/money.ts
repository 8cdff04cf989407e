// Exact numbers on the host side: decimal strings to parts per million, money within the integers that doubles hold.

import { type Code, refuse } from "./errors.ts";
import { PPM } from "./layout.ts";

/** Amounts in minor units: an integer within +-(2^53 - 1). */
export type Money = number;

/**
 * Parses a percentage such as "19", "7.7" or "0.0001" into parts per million (19 % is 190000). At most four
 * decimals, no sign, no exponent, at most 100 %. Throws `code` with the place and the value.
 *
 * @example parsePercent("7.7", "lines[0].taxRate") // 77000
 */
export function parsePercent(text: unknown, at: string, code: Code = "CART_BAD_DECIMAL"): number {
  const match = typeof text === "string" ? /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(text) : null;
  const ppm = match ? Number(match[1]) * 10_000 + Number((match[2] ?? "").padEnd(4, "0")) : PPM + 1;
  if (ppm > PPM) throw refuse(code, at, text);
  return ppm;
}

/** The decimal string of a percentage in ppm: 77000 is "7.7". */
export function formatPercent(ppm: number): string {
  const whole = Math.trunc(ppm / 10_000);
  const decimals = String(ppm % 10_000)
    .padStart(4, "0")
    .replace(/0+$/, "");
  return decimals === "" ? String(whole) : `${whole}.${decimals}`;
}
