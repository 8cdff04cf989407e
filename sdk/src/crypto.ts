import { refuse, toHex } from "@haggle/abi";

// The only place that touches WebCrypto. Nothing here falls back to a slower implementation: where Ed25519 is missing
// (plain http, old web views) the shop shows the server's prices.

export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await subtle().digest("SHA-256", asSource(bytes)));
}

/** The lower-case hex SHA-256 that names keys, payloads and bundles. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(await sha256(bytes));
}

export async function hmacSha256(secret: Uint8Array, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await subtle().importKey("raw", asSource(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await subtle().sign("HMAC", key, asSource(message)));
}

/** WebCrypto's own interface. @throws HaggleError SIGNATURE_UNSUPPORTED outside a secure context */
export function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle;
  if (!found) throw refuse("SIGNATURE_UNSUPPORTED", "crypto.subtle");
  return found;
}

/** WebCrypto is typed to refuse shared memory, and refuses it when called, so a view that gets through is private. */
export function asSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
