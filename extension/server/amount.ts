import { findMinorDigits } from "@haggle/abi";

/**
 * An amount in minor units as a person reads it; a currency that nobody knows is counted in hundredths.
 *
 * @example formatAmount(300_00, "CNY") // "¥300.00"
 */
export function formatAmount(minor: number | bigint, currency: string): string {
  const digits = findMinorDigits(currency);
  const known = digits === undefined ? "XXX" : currency;
  const format = new Intl.NumberFormat("en", {
    ...{ style: "currency", currency: known, currencyDisplay: "narrowSymbol" },
    ...{ minimumFractionDigits: digits ?? 2, maximumFractionDigits: digits ?? 2 },
  });
  // By the digits and not by a division: i64 has amounts that no float holds.
  const sign = minor < 0 ? "-" : "";
  const text = String(minor)
    .replace("-", "")
    .padStart((digits ?? 2) + 1, "0");
  const point = text.length - (digits ?? 2);
  const decimal = `${sign}${text.slice(0, point)}${point < text.length ? `.${text.slice(point)}` : ""}`;
  return format.format(decimal as `${number}`).replace("¤", "");
}
