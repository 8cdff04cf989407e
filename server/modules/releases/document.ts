import { hash } from "node:crypto";

/** Signed bytes and the digest that is their ETag: of the payload for a release, of the whole file otherwise. */
export type Document = { bytes: Uint8Array; sha256: string };

export function toDocument(bytes: Uint8Array): Document {
  return { bytes, sha256: hash("sha256", bytes) };
}
