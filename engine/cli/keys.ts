// Keys on disk, in wasmsign2's file form, so that either tool signs with the other's keys, or under a passphrase.

import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HaggleError } from "@haggle/abi";
import { encryptSecretKey, readSigner } from "@haggle/sdk/node";
import { encodePublicKey, encodeSecretKey, type Signer, signerFromSeed } from "@haggle/sdk/sign";
import { findFile } from "./files.ts";

const SEED_BYTES = 32;
const OWNER_ONLY = 0o600;
const OWNER_FOLDER = 0o700;

/**
 * Makes `NAME.sk` (mode 600) and `NAME.pk` in `folder`. With a passphrase the secret one is encrypted. The key is a new
 * one, or that of `seed`.
 *
 * @throws HaggleError CLI_KEY_EXISTS: a lost key cannot be made again, so none is ever overwritten
 */
export async function createKeyPair(
  folder: string,
  name: string,
  options: { passphrase?: Uint8Array | undefined; seed?: Uint8Array | undefined } = {},
): Promise<{ secret: string; public: string; publicKey: Uint8Array }> {
  const paths = { secret: join(folder, `${name}.sk`), public: join(folder, `${name}.pk`) };
  if ((await findFile(paths.public)) !== undefined) throw keyExists(paths.public);
  const publicKey = await createSecretKey(paths.secret, options);
  await writeFile(paths.public, encodePublicKey(publicKey), { flag: "wx" });
  return { ...paths, publicKey };
}

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
async function createSecretKey(
  path: string,
  { passphrase, seed: given }: { passphrase?: Uint8Array | undefined; seed?: Uint8Array | undefined } = {},
): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: OWNER_FOLDER });
  const seed = given?.slice() ?? new Uint8Array(randomBytes(SEED_BYTES));
  const { publicKey } = await signerFromSeed(seed);
  const secret = { seed, publicKey };
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const bytes = passphrase ? await encryptSecretKey(secret, passphrase) : encodeSecretKey(secret);
    await writeFile(temporary, bytes, { flag: "wx", mode: OWNER_ONLY });
    bytes.fill(0);
    await chmod(temporary, OWNER_ONLY); // also under an unusual umask
    await link(temporary, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") throw keyExists(path);
    throw cause;
  } finally {
    seed.fill(0);
    await rm(temporary, { force: true });
  }
  return publicKey;
}

function keyExists(path: string): HaggleError {
  return new HaggleError("CLI_KEY_EXISTS", "A key is there already and is not overwritten", { at: path });
}
