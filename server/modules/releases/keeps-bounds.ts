import { HaggleError, type PriceBound, type Prices, parsePercent, type Release } from "@haggle/abi";
import { checkPrices, indexBounds } from "@haggle/sdk/trust";

/** A release of an arm of a channel, as far as prices ask for it. */
export type PricedArm = { sha256: string; release: Pick<Release, "bounds"> };

/**
 * Whether prices that keep some bounds keep those of another arm as well: none of them moves faster than that arm's authors
 * let it. Where they do not, its shoppers pay list prices.
 */
export function keepsBounds(
  document: Pick<Prices, "prices" | "strategies">,
  bounds: readonly PriceBound[],
  { sha256, release }: PricedArm,
): boolean {
  try {
    checkPrices({ ...document, release: sha256 } as Prices, release, sha256);
  } catch (cause) {
    if (cause instanceof HaggleError) return false;
    throw cause;
  }
  const [findOwn, findOther] = [indexBounds(bounds), indexBounds(release.bounds ?? [])];
  return document.prices.every(({ sku }) => {
    const other = findOther(sku)?.maxChangePerHour;
    return other === undefined || speedOf(findOwn(sku)?.maxChangePerHour) <= speedOf(other);
  });
}

/** In millionths; without a percentage there is no limit. */
function speedOf(maxChangePerHour: string | undefined): number {
  if (maxChangePerHour === undefined) return Number.POSITIVE_INFINITY;
  return parsePercent(maxChangePerHour, "maxChangePerHour", "DOCUMENT_BAD_FIELD");
}
