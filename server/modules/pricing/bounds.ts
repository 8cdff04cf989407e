// What the authors of a release let strategies do to a price.

import { type PriceBound, parsePercent } from "@haggle/abi";

/**
 * Why a price is not what its strategy said: below or above the release's bounds, as low as the sku goes, further than
 * prices may move in an hour; `unbound` skus and `faulty` rules leave the list price.
 */
export type Cut = "min" | "max" | "floor" | "change" | "unbound" | "faulty";

/** The prices of a sku that were in force in the last hour, the present one among them. */
export type Recent = { lowest: number; highest: number };

/** How long a price counts for `maxChangePerHour` after another took its place. */
export const HOUR_MS = 60 * 60 * 1000;

const PPM = 1_000_000n;

/**
 * The price nearest to what a strategy wanted that keeps a bound, and what it was cut by. Undefined where no price does:
 * then there is none. From prices outside of the bounds, such as a list price, nothing leads in faster than the hour allows.
 */
export function keepBound(
  wanted: number,
  { minUnitPrice, maxUnitPrice, maxChangePerHour }: PriceBound,
  recent: Recent,
): { unitPrice: number | undefined; cut?: Cut } {
  const inside = Math.min(Math.max(wanted, minUnitPrice), maxUnitPrice);
  const cut: { cut?: Cut } = inside === wanted ? {} : { cut: inside > wanted ? "min" : "max" };
  if (maxChangePerHour === undefined) return { unitPrice: inside, ...cut };
  const [low, high] = reach(recent, maxChangePerHour);
  const moved = Math.min(Math.max(inside, low), high);
  if (low > high || moved < minUnitPrice || moved > maxUnitPrice)
    return { unitPrice: undefined, cut: "change" };
  return moved === inside ? { unitPrice: inside, ...cut } : { unitPrice: moved, cut: "change" };
}

/** Within so many percent of the lowest and of the highest alike, rounded inwards. */
function reach({ lowest, highest }: Recent, maxChangePerHour: string): [low: number, high: number] {
  const ppm = BigInt(parsePercent(maxChangePerHour, "maxChangePerHour", "DOCUMENT_BAD_FIELD"));
  const least = BigInt(highest) * (PPM - ppm);
  const low = (least + PPM - 1n) / PPM;
  const high = (BigInt(lowest) * (PPM + ppm)) / PPM;
  return [Number(low), Math.min(Number(high), Number.MAX_SAFE_INTEGER)];
}
