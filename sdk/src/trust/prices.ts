import { type PriceBound, type Prices, type Release, refuse } from "@haggle/abi";

/**
 * Checks that a prices document keeps what the authors of a release signed: it names that release, no sku twice, and
 * each price lies within the first of the release's bounds that has its sku. A bound has one sku, or all that begin
 * with what stands before a `*` at its end. A sku without a bound may not be priced.
 *
 * @throws HaggleError DOCUMENT_DIGEST_MISMATCH, DOCUMENT_BAD_FIELD, DOCUMENT_OUT_OF_BOUNDS
 */
export function checkPrices(prices: Prices, { bounds = [] }: Pick<Release, "bounds">, release: string): void {
  if (prices.release !== release) throw refuse("DOCUMENT_DIGEST_MISMATCH", "prices.release", prices.release);
  const seen = new Set<string>();
  prices.prices.forEach(({ sku, unitPrice }, index) => {
    const at = `prices.prices[${index}]`;
    if (seen.has(sku)) throw refuse("DOCUMENT_BAD_FIELD", `${at}.sku`, sku);
    seen.add(sku);
    const bound = bounds.find((candidate) => isBoundOf(candidate, sku));
    if (bound === undefined) throw refuse("DOCUMENT_OUT_OF_BOUNDS", `${at}.sku`, sku);
    if (unitPrice < bound.minUnitPrice || unitPrice > bound.maxUnitPrice) {
      throw refuse("DOCUMENT_OUT_OF_BOUNDS", `${at}.unitPrice`, unitPrice);
    }
  });
}

function isBoundOf({ sku: pattern }: PriceBound, sku: string): boolean {
  return pattern.endsWith("*") ? sku.startsWith(pattern.slice(0, -1)) : sku === pattern;
}
