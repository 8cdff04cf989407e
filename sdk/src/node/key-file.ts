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
    if (!isEncryptedKey(bytes)) return await placed(path, openPlain(bytes));
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
 * The public key of a public, secret or encrypted key file, or of a PEM file as key services and OpenSSL write them.
 *
 * @throws HaggleError CLI_FILE, CLI_BAD_KEY
 */
export async function readPublicKey(path: string): Promise<Uint8Array> {
  const bytes = await readKeyFile(path);
  return placed(path, publicHalf(bytes)).finally(() => bytes.fill(0));
}

async function openPlain(bytes: Uint8Array): Promise<Signer> {
  const pem = pemLabelOf(bytes);
  if (pem !== undefined) throw pemError(pem);
  if (bytes.length === PUBLIC_FILE_BYTES)
    throw new HaggleError("CLI_BAD_KEY", "A public key file, which signs nothing");
  return signerFromSecretKey(bytes);
}

async function publicHalf(bytes: Uint8Array): Promise<Uint8Array> {
  if (isEncryptedKey(bytes)) return publicKeyOfEncrypted(bytes);
  const pem = pemLabelOf(bytes);
  if (pem === PUBLIC_PEM || pem === PRIVATE_PEM) return publicKeyOfPem(bytes);
  if (pem !== undefined) throw pemError(pem);
  if (bytes.length <= PUBLIC_FILE_BYTES) return parsePublicKey(bytes);
  const { seed, publicKey } = parseSecretKey(bytes);
  seed.fill(0);
  return publicKey;
}

const PUBLIC_PEM = "PUBLIC KEY";
const PRIVATE_PEM = "PRIVATE KEY";
const MAX_PEM_LABEL = 64;

/** What the first line of a PEM file says that it is, such as `PRIVATE KEY`; undefined for other files. */
export function pemLabelOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, "-----BEGIN -----".length + MAX_PEM_LABEL)).toString("latin1");
  return /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(head)?.[1];
}

/** Says what a PEM file is, and what makes a signer of it. */
function pemError(label: string): HaggleError {
  return new HaggleError("CLI_BAD_KEY", PEM_TEXTS[label] ?? `A PEM file of another kind (${label})`);
}

const PEM_TEXTS: Readonly<Record<string, string>> = {
  [PUBLIC_PEM]: "A public key in PEM, which signs nothing",
  [PRIVATE_PEM]:
    "A private key in PEM; `haggle keys import` makes a key file of it, or a command signs with it where it is",
  "ENCRYPTED PRIVATE KEY":
    "An encrypted private key in PEM; `openssl pkey` opens it and `haggle keys import --encrypt` makes a key file of it, or a command signs with it",
  "OPENSSH PRIVATE KEY":
    "A private key of OpenSSH, which cannot be taken over; make one with `haggle keys new`",
};

function publicKeyOfPem(bytes: Uint8Array): Uint8Array {
  try {
    const { crv, x } = createPublicKey({ key: Buffer.from(bytes), format: "pem" }).export({ format: "jwk" });
    if (crv === "Ed25519" && x !== undefined) return new Uint8Array(Buffer.from(x, "base64url"));
  } catch (cause) {
    throw new HaggleError("CLI_BAD_KEY", "Not a key in PEM", { cause });
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
