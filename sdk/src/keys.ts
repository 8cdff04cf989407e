import { refuse, toHex } from "@haggle/abi";
import { importVerifier, sha256Hex } from "./crypto.ts";

const PUBLIC_KEY_BYTES = 32;

/** An Ed25519 public key that may be trusted to be one: checked, named and ready to verify. */
export type PublicKey = {
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of the bytes. */
  readonly keyid: string;
  /** Whether `signature` is this key's signature of `message` (RFC 8032, pure Ed25519). */
  readonly isSigner: (signature: Uint8Array, message: Uint8Array) => Promise<boolean>;
};

/**
 * Checks and imports a raw public key of 32 bytes. Hosts verify with any 32 bytes: with a key of small order one
 * signature passes for every message, and a non-canonical spelling gives one key two names. Both are refused here.
 *
 * @throws HaggleError SIGNATURE_BAD_KEY, SIGNATURE_UNSUPPORTED
 */
export async function importPublicKey(bytes: Uint8Array): Promise<PublicKey> {
  if (bytes.length !== PUBLIC_KEY_BYTES || !isSoundKey(bytes)) {
    throw refuse("SIGNATURE_BAD_KEY", undefined, toHex(bytes.subarray(0, PUBLIC_KEY_BYTES)));
  }
  const [keyid, isSigner] = await Promise.all([sha256Hex(bytes), importVerifier(bytes)]);
  return { bytes, keyid, isSigner };
}

/** 2^255 - 19, the prime of the field. */
const FIELD = 2n ** 255n - 19n;

/**
 * The y coordinates of the points whose order divides 8, up to sign: y and -y have the same order. 0 has order 4,
 * 1 order 1 (and -1 order 2), the long one order 8. Source: the list in libsodium's `ge25519_has_small_order`.
 */
const SMALL_ORDER_Y = [0n, 1n, 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n];

function isSoundKey(bytes: Uint8Array): boolean {
  // Little endian; the top bit is the sign of x, which matters to neither check.
  const y = BigInt.asUintN(255, BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`));
  return y < FIELD && !SMALL_ORDER_Y.some((small) => y === small || y === FIELD - small);
}
