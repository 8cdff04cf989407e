import { locale, region } from "./i18n/locale.ts";

export type Money = (minor: number) => string;

/** A function that shows minor units of a currency in the page's language, such as 30000 as "¥300.00". */
export function moneyFormat(currency: string): Money {
  const formats = new Map<string, { show: Intl.NumberFormat; scale: number }>();
  return (minor) => {
    let format = formats.get(locale());
    if (format === undefined) {
      const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
      const show = new Intl.NumberFormat(locale(), options);
      format = { show, scale: 10 ** (show.resolvedOptions().maximumFractionDigits ?? 0) };
      formats.set(locale(), format);
    }
    return format.show.format(minor / format.scale);
  };
}

/** A moment of today by its time, any other with its day. */
export function spellTime(at: number, now = Date.now()): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const options = isToday
    ? ({ timeStyle: "medium" } as const)
    : ({ dateStyle: "medium", timeStyle: "short" } as const);
  return new Intl.DateTimeFormat(region(), options).format(at);
}

export function spellNumber(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

/** The beginning of a digest, enough to compare by eye. */
export function shorten(digest: string): string {
  return digest.slice(0, SHOWN_DIGITS);
}

const SHOWN_DIGITS = 12;
