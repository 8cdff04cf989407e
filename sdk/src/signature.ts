import { encodeUtf8, equalBytes, refuse } from "@haggle/abi";
import { hmacSha256, sha256 } from "./crypto.ts";
import type { PublicKey } from "./keys.ts";
import {
  parseSignedModule,
  type SectionSignature,
  SIGNATURE_PREAMBLE,
  type SignatureSet,
} from "./signature-section.ts";

// The format is wasmsign2's; the verdict is stricter than the reference's: the whole module or nothing.

const KEY_ID_BYTES = 12;

/**
 * Verifies that at least `threshold` different ones of `keys` signed this module from its first section to its last
 * byte. Signatures by other keys count nothing; a signature that names one of the keys and does not hold is refused
 * even if enough others hold. Returns the `keyid` of every signer.
 *
 * @throws HaggleError SIGNATURE_*, and PROFILE_TOO_LARGE for more bytes than a bundle may have
 */
export async function verifyBundleSignature(
  bytes: Uint8Array,
  keys: readonly PublicKey[],
  threshold: number,
): Promise<string[]> {
  const { sets, bodyAt, partEnds } = parseSignedModule(bytes);
  const [hashes, keyIds] = await Promise.all([
    Promise.all(partEnds.map((end) => sha256(bytes.subarray(bodyAt, end)))),
    Promise.all(keys.map(sectionKeyId)),
  ]);
  const { signatures } = findWholeSet(sets, hashes);
  const message = encodeSignedHashes(hashes);

  /** The key's own id when it signed, undefined when the signature is not by this key at all. */
  const findSigner = async ({ keyId, signature }: SectionSignature, key: PublicKey, index: number) => {
    const isNamed = keyId.length > 0;
    if (isNamed && !equalBytes(keyId, keyIds[index]!)) return undefined;
    if (await key.isSigner(signature, message)) return key.keyid;
    if (isNamed) throw refuse("SIGNATURE_INVALID", undefined, key.keyid);
    return undefined;
  };
  const found = await Promise.all(
    signatures.flatMap((signature) => keys.map((key, index) => findSigner(signature, key, index))),
  );
  const signers = [...new Set(found)].filter((keyid) => keyid !== undefined);
  if (signers.length === 0) throw refuse("SIGNATURE_UNKNOWN_KEY", undefined, signatures.length);
  // Written so that NaN refuses too.
  if (signers.length >= threshold) return signers;
  throw refuse("SIGNATURE_THRESHOLD", undefined, signers.length);
}

/** wasmsign2's short name of a key: the first 12 bytes of an HMAC whose secret is the public key. */
export async function sectionKeyId(key: Pick<PublicKey, "bytes">): Promise<Uint8Array> {
  return (await hmacSha256(key.bytes, encodeUtf8("key_id"))).slice(0, KEY_ID_BYTES);
}

/** The bytes that a signer of these hashes signs. */
export function encodeSignedHashes(hashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([encodeUtf8("wasmsig"), SIGNATURE_PREAMBLE, ...hashes].flatMap((part) => [...part]));
}

/** The one set whose list is complete. Lists of a signed beginning are legal, but say nothing about the whole. */
function findWholeSet(sets: readonly SignatureSet[], hashes: readonly Uint8Array[]): SignatureSet {
  const whole = sets.filter(
    (set) =>
      set.hashes.length === hashes.length &&
      set.hashes.every((hash, index) => equalBytes(hash, hashes[index]!)),
  );
  if (whole.length > 1) throw refuse("SIGNATURE_DUPLICATE", undefined, whole.length);
  if (!whole[0]) throw refuse("SIGNATURE_HASH_MISMATCH", undefined, sets.length);
  return whole[0];
}
