import { hash } from "node:crypto";

/** Signed bytes and the digest that is their ETag: of the payload for a release, of the whole file otherwise. */
export type Document = { bytes: Uint8Array; sha256: string };

/** A signed document of a channel that another module makes, and whose news go by the channel's stream. */
export type SideDocument = { channel: string; version: number; document: Document };

/** `name` is that of its events. */
export type Side = {
  name: string;
  find: (channel: string) => SideDocument | undefined;
  subscribe: (listener: (news: SideDocument) => void) => () => void;
};

export function toDocument(bytes: Uint8Array): Document {
  return { bytes, sha256: hash("sha256", bytes) };
}
