import type { Logger } from "pino";

/** The names of the day, week (ISO 8601) and month that a moment is in. */
export type Periods = { day: string; week: string; month: string };

const DAY_MS = 86_400_000;

/**
 * By the operator's time zone, so that a day is over when the shop's day is. Releases bring their zones with them, so it may be one
 * that this machine does not know: then days are those of UTC, and the log says so.
 */
export function createPeriods(timeZone: string | undefined, log: Logger): (now: number) => Periods {
  const format = formatIn(timeZone ?? "UTC", log);
  let last: { minute: number; periods: Periods } | undefined;
  // Zones change at whole minutes, and formatting costs more than all else here.
  return (now) => {
    const minute = Math.floor(now / 60_000);
    if (last?.minute !== minute) last = { minute, periods: nameAll(format.format(now)) };
    return last.periods;
  };
}

function formatIn(timeZone: string, log: Logger): Intl.DateTimeFormat {
  const digits = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  try {
    return new Intl.DateTimeFormat("en-CA", { ...digits, timeZone });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    log.warn({ timeZone }, "this machine does not know the time zone; periods of budgets are those of UTC");
    return new Intl.DateTimeFormat("en-CA", { ...digits, timeZone: "UTC" });
  }
}

function nameAll(day: string): Periods {
  return { day, week: weekOf(day), month: day.slice(0, 7) };
}

/** The week of a date is that of its Thursday. @example weekOf("2027-01-01") // "2026-W53" */
export function weekOf(day: string): string {
  const date = Date.parse(`${day}T00:00:00Z`);
  const weekday = (new Date(date).getUTCDay() + 6) % 7;
  const thursday = new Date(date + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(number).padStart(2, "0")}`;
}
