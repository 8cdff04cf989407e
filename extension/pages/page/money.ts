// Amounts between minor units, which carts have, and what people type and read.

import { findMinorDigits } from "@haggle/abi";
import { locale } from "./locale.ts";

/** "€12.50"; with a currency that nobody knows, the number and its code. */
export function spellMoney(minor: number, currency: string): string {
  const digits = findMinorDigits(currency);
  if (digits === undefined) return `${minor} ${currency}`.trim();
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), { ...options, ...fraction }).format(minor / 10 ** digits);
}

/** 1250 is "12.50": what a field shows, and takes. */
export function writeMoney(minor: number, currency: string): string {
  const digits = findMinorDigits(currency) ?? 0;
  const sign = minor < 0 ? "-" : "";
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** "12.5" is 1250, by its digits: no fraction is ever rounded. Undefined for what is no such amount. */
export function readMoney(text: string, currency: string): number | undefined {
  const digits = findMinorDigits(currency) ?? 0;
  const [, whole, fraction = ""] = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || fraction.length > digits) return undefined;
  const minor = Number(whole + fraction.padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? minor : undefined;
}
