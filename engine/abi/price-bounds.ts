import { MAX_BOUNDS, type PriceBound } from "./documents.ts";
import { bad, integer, list, name, object, optional, percentage } from "./shape.ts";

/**
 * Reads the bounds of a release as authors write them: none that no price could keep, and none that an equal one before
 * it makes idle. Throws DOCUMENT_BAD_FIELD, DOCUMENT_UNKNOWN_FIELD.
 */
export function parseBounds(value: unknown, at: string): PriceBound[] {
  const bounds = readBounds(value, at);
  const seen = new Set<string>();
  for (const [index, { sku, minUnitPrice, maxUnitPrice }] of bounds.entries()) {
    if (maxUnitPrice < minUnitPrice) throw bad(`${at}[${index}].maxUnitPrice`, maxUnitPrice);
    if (seen.has(sku)) throw bad(`${at}[${index}].sku`, sku);
    seen.add(sku);
  }
  return bounds;
}

/** Reads all fields of the bounds of a release. Throws DOCUMENT_BAD_FIELD, DOCUMENT_UNKNOWN_FIELD. */
export function readBounds(value: unknown, at: string): PriceBound[] {
  const amount = integer(0);
  const bound = object<PriceBound>({
    sku: name,
    minUnitPrice: amount,
    maxUnitPrice: amount,
    maxChangePerHour: optional(percentage),
  });
  return list(bound, MAX_BOUNDS)(value, at);
}
