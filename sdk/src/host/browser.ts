// Cryptography in browsers, and wherever else there is WebCrypto. Nothing here falls back to a slower implementation:
// where Ed25519 is missing (plain http, old web views) the shop shows the server's prices. Same interface as ./node.ts.

import { HaggleError, refuse } from "@haggle/abi";

export { sha256Text } from "../sha256.ts";
export { importSigner } from "./browser-signer.ts";

/** The browser's cache asks again by ETags. */
export const createEtags: typeof import("./etags.ts").createEtags = () => (read) => read(fetch);

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle().digest("SHA-256", asSource(bytes)));
}

export async function hmacSha256(secret: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle().importKey("raw", asSource(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", key, asSource(message)));
}

/** A function that tells whether a signature is this key's (RFC 8032, pure Ed25519). */
export async function importVerifier(
  key: Uint8Array,
): Promise<(signature: Uint8Array, message: Uint8Array) => Promise<boolean>> {
  try {
    const handle = await subtle().importKey("raw", asSource(key), "Ed25519", false, ["verify"]);
    return (signature, message) => subtle().verify("Ed25519", handle, asSource(signature), asSource(message));
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    throw refuse("SIGNATURE_UNSUPPORTED", "Ed25519", undefined, cause);
  }
}

function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle;
  if (!found) throw refuse("SIGNATURE_UNSUPPORTED", "crypto.subtle");
  return found;
}

/** WebCrypto is typed to refuse shared memory, and refuses it when called, so a view that gets through is private. */
function asSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
