import { equalBytes, HaggleError } from "@haggle/abi";
import { type Signer, signerFromSeed } from "./signer.ts";

// Key files have wasmsign2's form, so that either tool signs with the other's keys:
// public 01 | 32 bytes, secret 81 | seed of 32 bytes | public key of 32 bytes.

const SEED_BYTES = 32;
const KEY_BYTES = 32;
const PUBLIC_TAG = 0x01;
const SECRET_TAG = 0x81;

export type SecretKey = { seed: Uint8Array; publicKey: Uint8Array };

/**
 * The signer of a secret key file. The arrays into which it copies the seed are overwritten again. What cannot be is the
 * host's own key, in browsers also the text from which its public half is learnt; `bytes` is the caller's.
 *
 * @throws HaggleError CLI_BAD_KEY, also when its public half is another key's
 */
export async function signerFromSecretKey(bytes: Uint8Array): Promise<Signer> {
  const { seed, publicKey } = parseSecretKey(bytes);
  const signer = await signerFromSeed(seed).finally(() => seed.fill(0));
  if (!equalBytes(signer.publicKey, publicKey))
    throw badKey("the public half does not belong to the seed", undefined);
  return signer;
}

export function encodeSecretKey({ seed, publicKey }: SecretKey): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(SECRET_TAG, ...seed, ...publicKey);
}

/** @throws HaggleError CLI_BAD_KEY; the message never shows bytes of the key */
export function parseSecretKey(bytes: Uint8Array): SecretKey {
  checkForm("secret", bytes, SECRET_TAG, 1 + SEED_BYTES + KEY_BYTES);
  return { seed: bytes.slice(1, 1 + SEED_BYTES), publicKey: bytes.slice(1 + SEED_BYTES) };
}

export function encodePublicKey(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(PUBLIC_TAG, ...publicKey);
}

/** The 32 bytes of a public key file. @throws HaggleError CLI_BAD_KEY */
export function parsePublicKey(bytes: Uint8Array): Uint8Array {
  checkForm("public", bytes, PUBLIC_TAG, 1 + KEY_BYTES);
  return bytes.slice(1);
}

function checkForm(what: string, bytes: Uint8Array, tag: number, length: number): void {
  if (bytes.length !== length) throw badKey(`a ${what} key file has ${length} bytes`, bytes.length);
  if (bytes[0] !== tag) throw badKey(`a ${what} key file begins with byte ${tag}`, undefined);
}

function badKey(message: string, value: unknown): HaggleError {
  return new HaggleError("CLI_BAD_KEY", message, value === undefined ? {} : { value });
}
