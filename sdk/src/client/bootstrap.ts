import { decodeBase64, encodeBase64, encodeUtf8 } from "@haggle/abi";
import type { Live } from "../trust/live.ts";
import { damaged, readState, type TrustState } from "../trust/state.ts";

/** A release as a server writes it into a page: the signed documents as they are, and the bundle in base64. */
export type Bootstrap = {
  /** From the pinned one to the newest. */
  readonly roots: readonly string[];
  readonly channel: string;
  readonly release: string;
  readonly bundle: string;
  readonly prices?: string;
};

export function encodeBootstrap({ roots, files }: Live): Bootstrap {
  const { channel, release, bundle, prices } = files;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    roots: roots.map(text),
    channel: text(channel),
    release: text(release),
    bundle: encodeBase64(bundle),
    ...(prices && { prices: text(prices) }),
  };
}

/**
 * Nothing of it is believed: it is verified like what a store gives.
 *
 * @throws HaggleError CLIENT_STATE_DAMAGED for what is none
 */
export function parseBootstrap(bootstrap: Bootstrap | string): TrustState {
  try {
    const value: unknown = typeof bootstrap === "string" ? JSON.parse(bootstrap) : bootstrap;
    return readState(value, (text, at) => {
      if (typeof text !== "string") return undefined;
      return at === "state.bundle" ? decodeBase64(text, at) : encodeUtf8(text);
    });
  } catch (cause) {
    throw damaged("bootstrap", undefined, cause);
  }
}
