import { HaggleError } from "@haggle/abi";
import { importSigner } from "#host";

/** Whoever holds a secret key: a file, a key service, a person with a token. */
export type Signer = {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64 bytes of Ed25519 over `message`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
};

const SEED_BYTES = 32;

/** PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7): every host imports secret keys in this form. */
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** A signer that leaves the key to its host's cryptography. The seed is 32 secret random bytes. */
export async function signerFromSeed(seed: Uint8Array): Promise<Signer> {
  if (seed.length !== SEED_BYTES) {
    throw new HaggleError("CLI_BAD_KEY", "a seed has 32 bytes", { value: seed.length });
  }
  const pkcs8 = Uint8Array.of(...PKCS8_HEAD, ...seed);
  return importSigner(pkcs8).finally(() => pkcs8.fill(0));
}
