/** What signs with a secret Ed25519 key in PKCS #8, and its public half. No storefront has one. */
export async function importSigner(pkcs8: Uint8Array<ArrayBuffer>) {
  // Only an exported key tells its public half, in a text that holds the seed too and is nobody's to overwrite; the key
  // that signs cannot be exported.
  const [open, handle] = await Promise.all([
    crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]),
    crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
  ]);
  const { x } = await crypto.subtle.exportKey("jwk", open);
  return {
    publicKey: decodeBase64Url(x!),
    sign: async (message: Uint8Array) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", handle, Uint8Array.from(message))),
  };
}

function decodeBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}
