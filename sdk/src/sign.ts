// What signs, for those who do: tools and servers. No part of what a storefront downloads.

export { cosign, type SignedDocument, signDocument } from "./sign/document.ts";
export {
  encodePublicKey,
  encodeSecretKey,
  parsePublicKey,
  parseSecretKey,
  type SecretKey,
  signerFromSecretKey,
} from "./sign/key-file.ts";
export { type Signer, signerFromSeed } from "./sign/signer.ts";
