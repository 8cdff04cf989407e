// Secret keys at rest: a JSON file that names its own parameters, so that stronger ones can come without a new form.

import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { decodeBase64, encodeBase64, encodeUtf8, HaggleError } from "@haggle/abi";
import type { SecretKey } from "../sign/key-file.ts";

/** In the order in which the fields are written. All of it but the last two is authenticated with the seed. */
type EncryptedKey = {
  haggle: "secret-key";
  version: 1;
  /** The 32 bytes of the public key, base64 like everything below. */
  public: string;
  kdf: { name: "scrypt"; N: number; r: number; p: number; salt: string };
  cipher: { name: "aes-256-gcm"; iv: string };
  ciphertext: string;
  tag: string;
};

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** 128 MiB for each guess (OWASP names these first for scrypt). */
const COST = { N: 131_072, r: 8, p: 1 } as const;

// What a file may ask of the machine that opens it, and the least that is worth the name.
const MIN_N = 16_384;
const MAX_N = 1_048_576;
const MAX_R = 32;
const MAX_P = 4;
const MAX_MEMORY_BYTES = 1024 ** 3;

const MIN_PASSPHRASE_BYTES = 8;
export const MAX_PASSPHRASE_BYTES = 1024;

/** Whether these are the bytes of an encrypted key file; plain ones begin with a byte that no JSON has. */
export function isEncryptedKey(bytes: Uint8Array): boolean {
  return bytes[0] === "{".charCodeAt(0);
}

/**
 * Encrypts a secret key with a passphrase (scrypt, AES-256-GCM).
 *
 * @throws HaggleError CLI_USAGE for a passphrase below 8 bytes or above 1024
 */
export async function encryptSecretKey(
  { seed, publicKey }: SecretKey,
  passphrase: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase.length < MIN_PASSPHRASE_BYTES || passphrase.length > MAX_PASSPHRASE_BYTES) {
    const message = `A passphrase has ${MIN_PASSPHRASE_BYTES} to ${MAX_PASSPHRASE_BYTES} bytes`;
    throw new HaggleError("CLI_USAGE", message);
  }
  const iv = randomBytes(IV_BYTES);
  const header = {
    haggle: "secret-key",
    version: 1,
    public: encodeBase64(publicKey),
    kdf: { name: "scrypt", ...COST, salt: encodeBase64(randomBytes(SALT_BYTES)) },
    cipher: { name: "aes-256-gcm", iv: encodeBase64(iv) },
  } as const;
  const key = await deriveKey(header.kdf, passphrase);
  try {
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(encodeUtf8(JSON.stringify(header)));
    const ciphertext = encodeBase64(Buffer.concat([cipher.update(seed), cipher.final()]));
    const file: EncryptedKey = { ...header, ciphertext, tag: encodeBase64(cipher.getAuthTag()) };
    return encodeUtf8(`${JSON.stringify(file, null, 2)}\n`);
  } finally {
    key.fill(0);
  }
}

/**
 * Opens an encrypted key file.
 *
 * @throws HaggleError CLI_BAD_KEY for what is no such file; CLI_KEY_LOCKED for another passphrase, or for a file of
 * which a byte was changed: there is no telling one from the other
 */
export async function decryptSecretKey(bytes: Uint8Array, passphrase: Uint8Array): Promise<SecretKey> {
  const { ciphertext, tag, ...header } = parseEncryptedKey(bytes);
  const key = await deriveKey(header.kdf, passphrase);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, decodeBase64(header.cipher.iv, "cipher.iv"), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(encodeUtf8(JSON.stringify(header)))
      .setAuthTag(decodeBase64(tag, "tag"));
    const seed = decipher.update(decodeBase64(ciphertext, "ciphertext"));
    decipher.final();
    return { seed, publicKey: decodeBase64(header.public, "public") };
  } catch (cause) {
    throw new HaggleError("CLI_KEY_LOCKED", "The passphrase is wrong, or the file was changed", { cause });
  } finally {
    key.fill(0);
  }
}

/** The public key that an encrypted file says it has; opening it proves that. @throws HaggleError CLI_BAD_KEY */
export function publicKeyOfEncrypted(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return decodeBase64(parseEncryptedKey(bytes).public, "public");
}

function deriveKey({ N, r, p, salt }: EncryptedKey["kdf"], passphrase: Uint8Array): Promise<Buffer> {
  // Twice what the algorithm holds: Node counts its own needs in.
  const maxmem = 2 * memoryOf(N, r);
  return new Promise((resolve, reject) =>
    scrypt(passphrase, decodeBase64(salt, "kdf.salt"), KEY_BYTES, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

function memoryOf(N: number, r: number): number {
  return 128 * N * r;
}

function parseEncryptedKey(bytes: Uint8Array): EncryptedKey {
  const file = asObject(parseText(bytes), "", [
    "haggle",
    "version",
    "public",
    "kdf",
    "cipher",
    "ciphertext",
    "tag",
  ]);
  if (file.haggle !== "secret-key") throw badKey("haggle");
  if (file.version !== 1) throw badKey("version");
  const kdf = asObject(file.kdf, "kdf", ["name", "N", "r", "p", "salt"]);
  const cipher = asObject(file.cipher, "cipher", ["name", "iv"]);
  if (kdf.name !== "scrypt") throw badKey("kdf.name");
  if (cipher.name !== "aes-256-gcm") throw badKey("cipher.name");
  const N = readCost(kdf.N, "kdf.N", MIN_N, MAX_N);
  const r = readCost(kdf.r, "kdf.r", 1, MAX_R);
  const p = readCost(kdf.p, "kdf.p", 1, MAX_P);
  if ((N & (N - 1)) !== 0 || memoryOf(N, r) > MAX_MEMORY_BYTES) throw badKey("kdf.N");
  return {
    haggle: "secret-key",
    version: 1,
    public: readBytes(file.public, "public", KEY_BYTES),
    kdf: { name: "scrypt", N, r, p, salt: readBytes(kdf.salt, "kdf.salt", SALT_BYTES) },
    cipher: { name: "aes-256-gcm", iv: readBytes(cipher.iv, "cipher.iv", IV_BYTES) },
    ciphertext: readBytes(file.ciphertext, "ciphertext", KEY_BYTES),
    tag: readBytes(file.tag, "tag", TAG_BYTES),
  };
}

function parseText(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the file.
    throw badKey("");
  }
}

function asObject(value: unknown, at: string, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badKey(at);
  const odd = Object.keys(value).find((key) => !fields.includes(key));
  if (odd !== undefined) throw badKey(at);
  return value as Record<string, unknown>;
}

function readCost(value: unknown, at: string, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) throw badKey(at);
  return value as number;
}

/** Base64 of exactly so many bytes, as text. */
function readBytes(value: unknown, at: string, length: number): string {
  const text = typeof value === "string" && value.length <= 64 ? value : "";
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== length || bytes.toString("base64") !== text) throw badKey(at);
  return text;
}

/** Shows the place and never the value. */
function badKey(at: string): HaggleError {
  return new HaggleError("CLI_BAD_KEY", "Not an encrypted key file that can be read here", {
    at: at === "" ? undefined : at,
  });
}
