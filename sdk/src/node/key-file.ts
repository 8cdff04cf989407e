// Keys on disk: public, secret, and secret under a passphrase.

import { createPublicKey } from "node:crypto";
import { HaggleError } from "@haggle/abi";
import { encodeSecretKey, parsePublicKey, parseSecretKey, signerFromSecretKey } from "../sign/key-file.ts";
import type { Signer } from "../sign/signer.ts";
import {
  decryptSecretKey,
  isEncryptedKey,
  MAX_PASSPHRASE_BYTES,
  publicKeyOfEncrypted,
} from "./encrypted-key.ts";
import { readCapped } from "./read-capped.ts";

/**
 * Gets the passphrase of the key file at `path`; asked only when that is encrypted. The bytes are the asker's: they
 * are overwritten after use.
 */
export type Passphrase = (path: string) => Promise<Uint8Array>;

/** Far more than any of the three forms takes. */
const MAX_KEY_FILE_BYTES = 4096;
const PUBLIC_FILE_BYTES = 33;

/**
 * The signer of a secret key file, plain or encrypted.
 *
 * @throws HaggleError CLI_FILE, CLI_BAD_KEY, CLI_KEY_LOCKED; no message shows bytes of the key
 */
export async function readSigner(
  path: string,
  { passphrase }: { passphrase?: Passphrase | undefined } = {},
): Promise<Signer> {
  const bytes = await readKeyFile(path);
  try {
    if (!isEncryptedKey(bytes)) return await placed(path, signerFromSecretKey(bytes));
    await placed(path, publicHalf(bytes)); // nobody is asked for the passphrase of a damaged file
    if (passphrase === undefined) {
      throw new HaggleError("CLI_KEY_LOCKED", "The key is encrypted, and there is no passphrase", {
        at: path,
      });
    }
    return await placed(path, openEncrypted(bytes, await passphrase(path)));
  } finally {
    bytes.fill(0);
  }
}

/**
 * The public key of a public, secret or encrypted key file, or of a PEM file as key services and OpenSSL give them out.
 *
 * @throws HaggleError CLI_FILE, CLI_BAD_KEY
 */
export async function readPublicKey(path: string): Promise<Uint8Array> {
  const bytes = await readKeyFile(path);
  return placed(path, publicHalf(bytes)).finally(() => bytes.fill(0));
}

async function publicHalf(bytes: Uint8Array): Promise<Uint8Array> {
  if (isEncryptedKey(bytes)) return publicKeyOfEncrypted(bytes);
  if (isPem(bytes)) return publicKeyOfPem(bytes);
  if (bytes.length <= PUBLIC_FILE_BYTES) return parsePublicKey(bytes);
  const { seed, publicKey } = parseSecretKey(bytes);
  seed.fill(0);
  return publicKey;
}

const PEM_HEAD = "-----BEGIN PUBLIC KEY-----";

function isPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, PEM_HEAD.length)).toString("latin1") === PEM_HEAD;
}

function publicKeyOfPem(bytes: Uint8Array): Uint8Array {
  try {
    const { crv, x } = createPublicKey({ key: Buffer.from(bytes), format: "pem" }).export({ format: "jwk" });
    if (crv === "Ed25519" && x !== undefined) return new Uint8Array(Buffer.from(x, "base64url"));
  } catch (cause) {
    throw new HaggleError("CLI_BAD_KEY", "Not a public key in PEM", { cause });
  }
  throw new HaggleError("CLI_BAD_KEY", "A key of another algorithm than Ed25519");
}

/**
 * The passphrase that a file holds: its first line, which may end in a line break.
 *
 * @throws HaggleError CLI_FILE
 */
export async function readPassphrase(path: string): Promise<Uint8Array> {
  const bytes = await readCapped(path, MAX_PASSPHRASE_BYTES + 2);
  if (bytes === undefined) throw noFile(path);
  return parsePassphrase(bytes);
}

/** The first line, copied; the bytes that were given are overwritten. */
export function parsePassphrase(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex((byte) => byte === 10 || byte === 13);
  // Not `slice`: of a Buffer that is a view.
  const line = Uint8Array.from(bytes.subarray(0, end === -1 ? bytes.length : end));
  bytes.fill(0);
  return line;
}

async function openEncrypted(bytes: Uint8Array, passphrase: Uint8Array): Promise<Signer> {
  try {
    const secret = await decryptSecretKey(bytes, passphrase);
    const plain = encodeSecretKey(secret);
    secret.seed.fill(0);
    return await signerFromSecretKey(plain).finally(() => plain.fill(0));
  } finally {
    passphrase.fill(0);
  }
}

async function readKeyFile(path: string): Promise<Uint8Array> {
  const bytes = await readCapped(path, MAX_KEY_FILE_BYTES);
  if (bytes === undefined) throw noFile(path);
  return bytes;
}

function noFile(path: string): HaggleError {
  return new HaggleError("CLI_FILE", "No such file", { at: path });
}

/** What parses bytes knows no path. */
async function placed<T>(path: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (!(cause instanceof HaggleError)) throw cause;
    throw new HaggleError(cause.code, cause.message, { at: path, cause });
  });
}
