import { findMinorDigits } from "@haggle/abi";
import { EN } from "./en.ts";
import type { Locale, Texts } from "./texts.ts";
import { ZH_CN } from "./zh-cn.ts";

/** How one language spells amounts, times and lists, in one currency. */
export type Spelling = {
  texts: Texts;
  money(minor: number): string;
  number(value: number): string;
  /** UTC: the moment at which something begins or ends is one, wherever it is read. */
  time(moment: number): string;
  /** 1 is Monday. */
  weekday(day: number): string;
  both(items: readonly string[]): string;
  either(items: readonly string[]): string;
};

const TEXTS: { readonly [Name in Locale]: Texts } = { en: EN, "zh-CN": ZH_CN };
const DAY_MS = 24 * 60 * 60 * 1000;
/** Monday, 1970-01-05, less a day: day 1 is a Monday. */
const SUNDAY_MS = 3 * DAY_MS;

export function createSpelling(locale: Locale, currency: string): Spelling {
  const digits = findMinorDigits(currency) ?? 0;
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const money = new Intl.NumberFormat(locale, { style: "currency", currency, ...fraction });
  const number = new Intl.NumberFormat(locale);
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  const both = new Intl.ListFormat(locale, { type: "conjunction" });
  const either = new Intl.ListFormat(locale, { type: "disjunction" });
  return {
    texts: TEXTS[locale],
    money: (minor) => money.format(minor / 10 ** digits),
    number: (value) => number.format(value),
    time: (moment) => `${time.format(moment)} UTC`,
    weekday: (day) => weekday.format(SUNDAY_MS + day * DAY_MS),
    both: (items) => both.format(items),
    either: (items) => either.format(items),
  };
}
