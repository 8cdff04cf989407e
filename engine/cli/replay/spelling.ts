// Figures in words: what the report and the terminal have in common.

import { findMinorDigits } from "@haggle/abi";

export type Spelling = {
  money(amount: number): string;
  /** In few characters: "€1.2M". */
  round(amount: number): string;
  /** With its sign, also when it is more. */
  change(amount: number): string;
  count(number: number): string;
};

const MINUS = "−";

export function createSpelling(currency: string): Spelling {
  const digits = findMinorDigits(currency) ?? 2;
  const format = new Intl.NumberFormat("en", {
    ...{ style: "currency", currency, currencyDisplay: "narrowSymbol" },
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
  });
  const money = (amount: number) => {
    const text = format.format(Math.abs(amount) / 10 ** digits);
    return amount < 0 ? MINUS + text : text;
  };
  const compact = new Intl.NumberFormat("en", {
    ...{ style: "currency", currency, currencyDisplay: "narrowSymbol" },
    ...{ notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 },
  });
  return {
    money,
    round: (amount) => compact.format(amount / 10 ** digits),
    change: (amount) => (amount > 0 ? `+${money(amount)}` : money(amount)),
    count: formatCount,
  };
}

export function formatCount(number: number): string {
  return number < 0 ? MINUS + formatCount(-number) : number.toLocaleString("en");
}

/** "12.3 %" of a part; "0 %" of nothing. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${part < 0 ? MINUS : ""}${((Math.abs(part) / whole) * 100).toFixed(1)} %`;
}

/** Basis points as "28.00 %". */
export function formatBasisPoints(basisPoints: number): string {
  return `${basisPoints < 0 ? MINUS : ""}${(Math.abs(basisPoints) / 100).toFixed(2)} %`;
}
