import { findMinorDigits } from "@haggle/abi";

export type Money = (amount: number) => string;

/** Spells amounts of a currency: 123456 is "€1,234.56". */
export function createMoney(currency: string): Money {
  const digits = findMinorDigits(currency) ?? 2;
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return (amount) => format.format(amount / 10 ** digits);
}
