// Where documents come from. A source is not trusted: it may be a CDN that somebody else fills.

import { MAX_BUNDLE_BYTES, maxEnvelopeBytes } from "@haggle/abi";

/** What can be asked for. A root by its number is one of the chain behind the root that was pinned. */
export type Wanted =
  | { kind: "root"; version: number }
  | { kind: "channel"; channel: string }
  | { kind: "prices"; channel: string }
  | { kind: "release"; sha256: string }
  | { kind: "bundle"; sha256: string };

/**
 * Gets the bytes of something, undefined where there is no such thing. `isAnew`: something that was given before was refused,
 * so that nothing may come from what a cache has kept.
 *
 * @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS, CLIENT_TOO_LARGE, in Node CLI_FILE
 */
export type ReleaseSource = (
  wanted: Wanted,
  signal?: AbortSignal,
  isAnew?: boolean,
) => Promise<Uint8Array | undefined>;

/** More than this of it is not read. */
export function maxBytesOf({ kind }: Wanted): number {
  return kind === "bundle" ? MAX_BUNDLE_BYTES : maxEnvelopeBytes(kind);
}

/** Its place in a release folder, and in a CDN that has a copy of one. */
export function pathOf(wanted: Wanted): string {
  switch (wanted.kind) {
    case "root":
      return `roots/${wanted.version}.json`;
    case "channel":
      return `channels/${wanted.channel}.json`;
    case "prices":
      return `prices/${wanted.channel}.json`;
    case "release":
      return `releases/${wanted.sha256}.json`;
    case "bundle":
      return `bundles/${wanted.sha256}.wasm`;
  }
}
