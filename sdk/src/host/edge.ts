// Runtimes at the edge that say of themselves that they are one: WebCrypto as in browsers, and no cache between them and a
// server. Same interface as ./node.ts.

export { hmacSha256, importSigner, importVerifier, sha256, sha256Text } from "./browser.ts";
export { createEtags } from "./etags.ts";
