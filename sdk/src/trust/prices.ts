import { HaggleError, type PriceBound, type Prices, type Release, refuse } from "@haggle/abi";
import { type ChannelFloor, type TrustedRoot, verifyPrices } from "../verify.ts";

/** Prices that may be used, and the bytes that say so. */
export type AcceptedPrices = { prices: Prices; bytes: Uint8Array };

/** The release that prices must be of, and the root by which both are signed. */
export type PricedRelease = { channel: string; release: Release; sha256: string; trusted: TrustedRoot };

/**
 * Verifies a prices document that a source gave: the root's prices role, times, floor, release, bounds. Undefined for
 * the one that was accepted before, which `reusePrices` looks at.
 *
 * @throws HaggleError DOCUMENT_*
 */
export async function acceptPrices(
  bytes: Uint8Array,
  priced: PricedRelease,
  { now, floor }: { now: number; floor: ChannelFloor | undefined },
): Promise<AcceptedPrices | undefined> {
  const { prices, sha256 } = await verifyPrices(bytes, priced.trusted, { now, channel: priced.channel });
  if (sha256 === floor?.sha256) return undefined;
  if (floor && prices.version < floor.version) {
    throw refuse("DOCUMENT_ROLLBACK", "prices.version", prices.version);
  }
  if (prices.version === floor?.version) throw refuse("DOCUMENT_EQUIVOCATION", "prices", sha256);
  checkPrices(prices, priced.release, priced.sha256);
  return { prices, bytes };
}

/** Prices that were accepted before, as far as they are of this release; whether they have expired they say themselves. */
export async function reusePrices(
  bytes: Uint8Array | undefined,
  { channel, release, sha256, trusted }: PricedRelease,
): Promise<AcceptedPrices | undefined> {
  if (bytes === undefined) return undefined;
  try {
    const { prices } = await verifyPrices(bytes, trusted, { channel });
    checkPrices(prices, release, sha256);
    return { prices, bytes };
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}

/**
 * Checks that a prices document keeps what the authors of a release signed: it names that release, no sku twice for one
 * tier, and each price lies within the first of the release's bounds that has its sku. A bound has one sku, or all that
 * begin with what stands before a `*` at its end. A sku without a bound may not be priced. How fast prices change is for
 * their signer to keep: it takes the prices of the hour before.
 *
 * @throws HaggleError DOCUMENT_DIGEST_MISMATCH, DOCUMENT_BAD_FIELD, DOCUMENT_OUT_OF_BOUNDS
 */
export function checkPrices(prices: Prices, { bounds = [] }: Pick<Release, "bounds">, release: string): void {
  if (prices.release !== release && !prices.also?.includes(release)) {
    throw refuse("DOCUMENT_DIGEST_MISMATCH", "prices.release", prices.release);
  }
  const findBound = indexBounds(bounds);
  const seen = new Set<string>();
  prices.prices.forEach(({ sku, unitPrice, tier, by = -1 }, index) => {
    const at = `prices.prices[${index}]`;
    const place = tier === undefined ? sku : JSON.stringify([sku, tier]);
    if (seen.has(place)) throw refuse("DOCUMENT_BAD_FIELD", `${at}.sku`, sku);
    seen.add(place);
    if (by >= (prices.strategies?.length ?? 0)) throw refuse("DOCUMENT_BAD_FIELD", `${at}.by`, by);
    const bound = findBound(sku);
    if (bound === undefined) throw refuse("DOCUMENT_OUT_OF_BOUNDS", `${at}.sku`, sku);
    if (unitPrice < bound.minUnitPrice || unitPrice > bound.maxUnitPrice) {
      throw refuse("DOCUMENT_OUT_OF_BOUNDS", `${at}.unitPrice`, unitPrice);
    }
  });
}

/** Finds the first of some bounds that has a sku, however many of them there are. */
export function indexBounds(bounds: readonly PriceBound[]): (sku: string) => PriceBound | undefined {
  const places = new Map<string, number>();
  for (const [place, { sku }] of bounds.entries()) if (!places.has(sku)) places.set(sku, place);
  const lengths = new Set(bounds.flatMap(({ sku }) => (sku.endsWith("*") ? [sku.length - 1] : [])));
  return (sku) => {
    // A sku that ends with a star of its own has no bound but a pattern's.
    let first = sku.endsWith("*") ? bounds.length : (places.get(sku) ?? bounds.length);
    for (const length of lengths) {
      if (length <= sku.length)
        first = Math.min(first, places.get(`${sku.slice(0, length)}*`) ?? bounds.length);
    }
    return bounds[first];
  };
}
