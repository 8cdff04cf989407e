import { findMinorDigits } from "@haggle/abi";

/** A function that shows minor units of a currency, such as 30000 as "¥300.00". */
export function moneyFormat(currency: string, locale: string): (minor: number) => string {
  const digits = findMinorDigits(currency) ?? 0;
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return (minor) => format.format(minor / 10 ** digits);
}

/** A reason code as a shopper reads it: "FULL_300_OFF_50" is "Full 300 off 50". */
export function spellReason(code: string): string {
  const text = code.replaceAll(/[_-]+/g, " ").trim().toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The beginning of a digest, enough to compare by eye. */
export function shorten(digest: string): string {
  return digest.slice(0, SHOWN_DIGITS);
}

const SHOWN_DIGITS = 12;
