// Moments in promotion files may be dates; releases have epoch ms only.

import { parseMoment } from "@haggle/abi";

/** The same promotion with epoch ms in its window and its conditions; what is no date stays what it is. */
export function withoutDates(promotion: unknown): unknown {
  if (!isObject(promotion)) return promotion;
  const { window, conditions } = promotion;
  return {
    ...promotion,
    ...(isObject(window) && { window: inMs(window) }),
    ...(Array.isArray(conditions) && {
      conditions: conditions.map((each: unknown) =>
        isObject(each) && each.kind === "period" ? inMs(each) : each,
      ),
    }),
  };
}

function inMs(bounds: Record<string, unknown>): Record<string, unknown> {
  const { from, until } = bounds;
  return {
    ...bounds,
    ...(typeof from === "string" && { from: parseMoment(from) }),
    ...(typeof until === "string" && { until: parseMoment(until) }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
