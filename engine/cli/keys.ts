// Keys on disk, in wasmsign2's file form, so that either tool signs with the other's keys.

import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HaggleError } from "@haggle/abi";
import {
  encodePublicKey,
  encodeSecretKey,
  parsePublicKey,
  parseSecretKey,
  type Signer,
  signerFromSecretKey,
  signerFromSeed,
} from "@haggle/sdk/sign";
import { findFile, getFile } from "./files.ts";

const SEED_BYTES = 32;
const OWNER_ONLY = 0o600;
const OWNER_FOLDER = 0o700;

/**
 * Makes `author.sk` (mode 600) and `author.pk` in `folder`.
 *
 * @throws HaggleError CLI_KEY_EXISTS: a lost key cannot be made again, so none is ever overwritten
 */
export async function createAuthorKey(folder: string): Promise<{ secret: string; public: string }> {
  const paths = { secret: join(folder, "author.sk"), public: join(folder, "author.pk") };
  if ((await findFile(paths.public)) !== undefined) throw keyExists(paths.public);
  const publicKey = await createSecretKey(paths.secret);
  await writeFile(paths.public, encodePublicKey(publicKey), { flag: "wx" });
  return paths;
}

/** The signer of a secret key file. @throws HaggleError CLI_FILE, CLI_BAD_KEY */
export async function readSigner(path: string): Promise<Signer> {
  return signerFromSecretKey(await getFile(path));
}

/** The public key of a public or a secret key file. @throws HaggleError CLI_FILE, CLI_BAD_KEY */
export async function readPublicKey(path: string): Promise<Uint8Array> {
  const bytes = await getFile(path);
  return bytes.length > PUBLIC_FILE_BYTES ? parseSecretKey(bytes).publicKey : parsePublicKey(bytes);
}

const PUBLIC_FILE_BYTES = 33;

/** The key of this machine for `data`, made on first use. What it signs is for development only. */
export async function developmentSigner(data: string): Promise<Signer> {
  const path = join(data, "keys", "development.sk");
  if ((await findFile(path)) === undefined) {
    await createSecretKey(path).catch((error: unknown) => {
      // Another process was first; its key is as good.
      if (!(error instanceof HaggleError && error.code === "CLI_KEY_EXISTS")) throw error;
    });
  }
  return readSigner(path);
}

/** Appears under its name whole and never replaces a file: `link` fails where `rename` would overwrite. */
async function createSecretKey(path: string): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: OWNER_FOLDER });
  const seed = new Uint8Array(randomBytes(SEED_BYTES));
  const { publicKey } = await signerFromSeed(seed);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, encodeSecretKey({ seed, publicKey }), { flag: "wx", mode: OWNER_ONLY });
    await chmod(temporary, OWNER_ONLY); // also under an unusual umask
    await link(temporary, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw keyExists(path);
    throw cause;
  } finally {
    await rm(temporary, { force: true });
  }
  return publicKey;
}

function keyExists(path: string): HaggleError {
  return new HaggleError("CLI_KEY_EXISTS", "A key is there already and is not overwritten", { at: path });
}
