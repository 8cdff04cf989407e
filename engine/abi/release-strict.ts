import { encodeBase64 } from "./base64.ts";
import { parseReleaseWith, type Release } from "./documents.ts";
import { refuse } from "./errors.ts";
import type { BundleMetadata } from "./metadata.ts";
import { parsePolicy } from "./policy-parse.ts";
import { readBounds } from "./price-bounds.ts";
import { parsePromotions } from "./promotion-parse.ts";
import { compileTable } from "./table.ts";

/** Reads a release with all fields of its promotions, policy and bounds. Throws DOCUMENT_*, PROMOTION_DUPLICATE. */
export function parseReleaseFields(payload: Uint8Array): Release {
  const release = parseReleaseWith(payload, parsePromotions, parsePolicy);
  const { bounds } = release;
  return bounds === undefined ? release : { ...release, bounds: readBounds(bounds, "release.bounds") };
}

/**
 * Reads a release as those must who answer for it: all fields, and whether its table is what its promotions and its
 * policy give for the bundle with this metadata. A host that evaluates trusts the signature for that.
 *
 * Throws DOCUMENT_*, PROMOTION_*, ENGINE_TABLE_TOO_LARGE; DOCUMENT_TABLE_DIFFERS with the part that differs.
 */
export function parseReleaseStrictly(payload: Uint8Array, metadata: BundleMetadata): Release {
  const release = parseReleaseFields(payload);
  const { promotions, policy, table } = release;
  const fresh = compileTable(promotions, policy, metadata);
  const misplaced = fresh.promotions.findIndex(({ id }, i) => id !== promotions[i]!.id);
  if (misplaced >= 0) {
    throw refuse("DOCUMENT_TABLE_DIFFERS", `release.promotions[${misplaced}]`, promotions[misplaced]!.id);
  }
  const strange = table.symbols.findIndex((symbol, i) => symbol !== fresh.symbols[i]);
  if (strange >= 0 || table.symbols.length !== fresh.symbols.length) {
    throw refuse("DOCUMENT_TABLE_DIFFERS", "release.table.symbols", table.symbols[strange]);
  }
  if (table.bytes !== encodeBase64(fresh.bytes))
    throw refuse("DOCUMENT_TABLE_DIFFERS", "release.table.bytes");
  return release;
}
