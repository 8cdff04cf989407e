import { parseEnvelope, parseMetadata, parseReleaseStrictly } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import type { Candidate } from "@haggle/sdk/trust";

/**
 * Storefronts take the table as it is signed; whoever serves it makes sure that it says what its promotions say.
 *
 * @throws HaggleError PROFILE_*, DOCUMENT_*, PROMOTION_*
 */
export function checkTable({
  releaseBytes,
  bundle,
  metadata = parseMetadata(verifyProfile(bundle).metadata),
}: Pick<Candidate, "releaseBytes" | "bundle"> & Partial<Pick<Candidate, "metadata">>): void {
  parseReleaseStrictly(parseEnvelope(releaseBytes, "release").payload, metadata);
}
