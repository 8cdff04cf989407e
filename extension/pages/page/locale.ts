// The language of the page is that of its document, which VS Code's half has chosen.

import type { ViewLocale } from "../../shared/price.ts";

export function locale(): ViewLocale {
  return document.documentElement.lang === "zh-CN" ? "zh-CN" : "en";
}

export function spellNumber(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** "0.21 ms". */
export function spellDuration(ms: number): string {
  const digits = ms < 10 ? 2 : 0;
  return `${new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(ms)} ms`;
}
