import { usageError } from "../terminal.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const UNITS: Record<string, number> = { h: DAY_MS / 24, d: DAY_MS };

/** The end of a life: a date (ISO 8601, such as `2027-03-31`), or so long from now (`90d`, `12h`). Epoch ms. */
export function parseExpiry(text: string, now: number): number {
  const span = /^(\d{1,5})([hd])$/.exec(text);
  const moment = span ? now + Number(span[1]) * UNITS[span[2]!]! : parseMoment("--expires", text);
  if (moment <= now) throw usageError("--expires lies in the past", text);
  return moment;
}

/** A moment: an ISO 8601 date or time, UTC unless it says otherwise, or epoch ms. */
export function parseMoment(flag: string, text: string): number {
  const isIso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = /^\d{10,15}$/.test(text) ? Number(text) : isIso ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) throw usageError(`${flag} is a date like 2027-03-31`, text);
  return moment;
}

/** As people read a moment. */
export function showMoment(moment: number): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? String(moment) : date.toISOString().replace(/\.000Z$/, "Z");
}
