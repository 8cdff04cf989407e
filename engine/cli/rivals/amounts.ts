// Decimals of exports as the engine writes them, exactly or not at all.

import { findMinorDigits } from "@haggle/abi";
import { usageError } from "../terminal.ts";
import { malformed, NotCarried, type Read, text } from "./reading.ts";

/** The one currency that a set of promotions is for: amounts of the engine are minor units of the cart's. */
export type Currency = string | undefined;

const DECIMAL = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

/** An amount in major units, as number or text, in minor units of the import's currency. */
export function minorUnits(currency: Currency): Read<number> {
  return (value, at) => {
    if (currency === undefined)
      throw usageError("The file states amounts but no currency; --currency says it");
    return scaled(decimal(value, at), findMinorDigits(currency)!, at);
  };
}

/** @throws NotCarried for amounts of another currency */
export function checkCurrency(currency: Currency): Read<void> {
  return (value, at) => {
    const stated = text(value, at).toUpperCase();
    if (stated !== currency)
      throw new NotCarried(`${stated}, and this import is for carts in ${currency ?? "no currency"}`, at);
  };
}

/** Minor units as Vendure keeps them, two digits whatever the currency. */
export function hundredths(currency: Currency): Read<number> {
  return (value, at) => {
    const digits = currency === undefined ? 2 : findMinorDigits(currency)!;
    return scaled(decimal(value, at), digits - 2, at);
  };
}

/** A percentage such as 12.5, as number or text. */
export const percent: Read<string> = (value, at) => percentage(value, 0, at);

/** A fraction of 1, such as 0.125. */
export const fraction: Read<string> = (value, at) => percentage(value, 2, at);

function percentage(value: unknown, digits: number, at: string): string {
  const ppm = scaled(decimal(value, at), digits + 4, at);
  if (ppm > 1_000_000) throw new NotCarried("more than 100 %", at);
  return String(ppm / 10_000);
}

function decimal(value: unknown, at: string): string {
  const written = typeof value === "number" ? String(value) : value;
  if (typeof written !== "string" || !DECIMAL.test(written)) throw malformed("a decimal number", value, at);
  return written;
}

/** The decimal times ten to the power of `digits`, when that is a whole number. */
function scaled(written: string, digits: number, at: string): number {
  const [, whole = "", part = ""] = DECIMAL.exec(written)!;
  const all = whole + part.padEnd(Math.max(digits, 0), "0");
  const cut = all.length - (whole.length + digits);
  const number = Number(all.slice(0, all.length - cut) || "0");
  if (/[1-9]/.test(all.slice(all.length - cut)) || !Number.isSafeInteger(number))
    throw new NotCarried(`${written} has more digits than can be kept`, at);
  return number;
}

const CURRENCY_FIELDS = new Set(["currencyCode", "currency_code", "currency"]);

/** The currencies that an export names, in upper case. Without recursion: a file may be nested as deep as it likes. */
export function statedCurrencies(file: unknown): Set<string> {
  const found = new Set<string>();
  const left: unknown[] = [file];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const [key, field] of Object.entries(value)) {
      if (typeof field === "string" && CURRENCY_FIELDS.has(key)) found.add(field.toUpperCase());
      else left.push(field);
    }
  }
  return found;
}
