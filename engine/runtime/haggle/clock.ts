// Local time: the release carries the offsets of the time zones that its promotions ask for, so no host's own
// time zone data has a say in a price.

import * as L from "./layout";

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1440;

/** Minutes since 1970 began in the cart's time zone; -1 when the release does not carry it, or not yet at this moment. */
export function localMinutes(): i64 {
  const name = load<u32>(L.CART + L.CART_TIME_ZONE);
  if (name == 0) return -1;
  let zone: usize = load<u32>(L.TABLE + L.TABLE_ZONES);
  for (let i = load<i32>(L.TABLE + L.TABLE_ZONE_COUNT); i > 0; i--) {
    if (load<u32>(zone, L.ZONE_NAME) == name) return localMinutesIn(zone);
    zone += L.ZONE_STRIDE;
  }
  return -1;
}

/** Minutes of the local day, 0 to 1439; -1 when the time zone is unknown. */
export function minuteOfDay(): i32 {
  const minutes = localMinutes();
  return minutes < 0 ? -1 : ((minutes % DAY_MINUTES) as i32);
}

/** The local day of the week, 1 (Monday) to 7; -1 when the time zone is unknown. */
export function weekday(): i32 {
  const minutes = localMinutes();
  return minutes < 0 ? -1 : (((minutes / DAY_MINUTES + 3) % 7) as i32) + 1; // 1970 began on a Thursday
}

function localMinutesIn(zone: usize): i64 {
  const now = load<i64>(L.CART + L.CART_NOW);
  const transitions: usize = load<u32>(zone, L.ZONE_TRANSITIONS);
  // Between `low` and `high` lies the first transition that is still to come.
  let low: i32 = 0;
  let high = load<i32>(zone, L.ZONE_COUNT);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<i64>(transitions + (middle as usize) * L.TRANSITION_STRIDE, L.TRANSITION_FROM) <= now) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return -1;
  const offset = load<i32>(transitions + ((low - 1) as usize) * L.TRANSITION_STRIDE, L.TRANSITION_OFFSET);
  return now / MINUTE_MS + (offset as i64);
}
