import { toHex } from "@haggle/abi";
import { sha256 } from "#host";

export { hmacSha256, importVerifier, sha256 } from "#host";

/** The lower-case hex SHA-256 that names keys, payloads and bundles. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(await sha256(bytes));
}
