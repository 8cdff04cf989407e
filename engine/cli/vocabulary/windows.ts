import type { PromotionWindow } from "@haggle/abi";
import { NotExpressible, object, oneOf, type Read, stated } from "./read.ts";

/** A day is its first moment in UTC; a time of day needs its zone. */
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Epoch ms of an ISO date or moment. */
export const moment: Read<number> = (value, at) => {
  const parsed = typeof value === "string" && MOMENT.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed) || !isDayOfCalendar(String(value)))
    throw new NotExpressible(`no mechanism for the time ${JSON.stringify(value)}`, at);
  return parsed;
};

/** `Date.parse` takes the thirtieth of February for a day in March. */
function isDayOfCalendar(value: string): boolean {
  const day = value.slice(0, 10);
  return new Date(Date.parse(day)).toISOString().startsWith(day);
}

/** When a promotion or a coupon is valid: dates, or how that looks from `now`. */
export function windowAt(now: number): Read<PromotionWindow> {
  const word = oneOf<PromotionWindow>({ active: {}, expired: { until: now }, notStarted: { from: now + 1 } });
  return (value, at) => (typeof value === "string" ? word(value, at) : dates(value, at));
}

const dates = object((fields) =>
  stated({ from: fields.take("from", moment), until: fields.take("until", moment) }),
);

/** When both hold; undefined when neither says anything. */
export function sharedWindow(a: PromotionWindow = {}, b: PromotionWindow = {}): PromotionWindow | undefined {
  const from = Math.max(a.from ?? 0, b.from ?? 0);
  const until = Math.min(a.until ?? Number.MAX_SAFE_INTEGER, b.until ?? Number.MAX_SAFE_INTEGER);
  const window = { ...(from > 0 ? { from } : {}), ...(until < Number.MAX_SAFE_INTEGER ? { until } : {}) };
  return Object.keys(window).length === 0 ? undefined : window;
}
