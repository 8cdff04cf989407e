import { HaggleError } from "@haggle/abi";

/** Whoever holds a secret key: a file, a key service, a person with a token. */
export type Signer = {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The 64 bytes of Ed25519 over `message`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
};

const SEED_BYTES = 32;

/** PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7); WebCrypto imports secret keys in no other binary form. */
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** A signer that keeps the key in WebCrypto. The seed is 32 secret random bytes. */
export async function signerFromSeed(seed: Uint8Array): Promise<Signer> {
  if (seed.length !== SEED_BYTES) {
    throw new HaggleError("CLI_BAD_KEY", "a seed has 32 bytes", { value: seed.length });
  }
  const pkcs8 = Uint8Array.of(...PKCS8_HEAD, ...seed);
  // Only an exported key tells its public half, in a text that holds the seed too and is nobody's to overwrite; the key
  // that signs cannot be exported.
  const [open, handle] = await Promise.all([
    crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]),
    crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
  ]).finally(() => pkcs8.fill(0));
  const { x } = await crypto.subtle.exportKey("jwk", open);
  return {
    publicKey: decodeBase64Url(x!),
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", handle, Uint8Array.from(message))),
  };
}

function decodeBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
