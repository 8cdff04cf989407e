import { HaggleError, refuse } from "@haggle/abi";
import { type ChannelFloor, type TrustedRoot, verifyChannel, verifyPrices } from "../verify.ts";
import { type ChainedRoot, joinRoots } from "./roots.ts";
import type { TrustState } from "./state.ts";

/** What was accepted before: the chain of roots from the pinned one on, and the documents, if there are any. */
export type Memory = { roots: ChainedRoot[]; state?: TrustState };

/** Nothing below these versions, nothing else of the same, and no time before `issued` is believed. */
export type Floors = { channel?: ChannelFloor; prices?: ChannelFloor; issued: number };

/**
 * Reads a stored state from the pinned root on.
 *
 * @throws HaggleError CLIENT_STATE_DAMAGED where the pinned root does not lead to it, or it is of another channel
 */
export async function recall(pinned: ChainedRoot, state: TrustState, channel: string): Promise<Memory> {
  try {
    const roots = await joinRoots(pinned, state.roots);
    await verifyChannel(state.channel, roots.at(-1)!.trusted, { channel });
    return { roots, state };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw refuse("CLIENT_STATE_DAMAGED", cause.at, cause.value, cause);
  }
}

/**
 * The floors that remembered documents set under a root. One that the root's keys did not sign sets none: with a lost
 * online key the versions and times that it signed are gone too, however far in the future they lie.
 */
export async function floorsUnder(trusted: TrustedRoot, state: TrustState | undefined): Promise<Floors> {
  const [channel, prices] = await Promise.all([
    state && still(verifyChannel(state.channel, trusted)),
    state?.prices && still(verifyPrices(state.prices, trusted)),
  ]);
  return {
    ...(channel && { channel: { version: channel.channel.version, sha256: channel.sha256 } }),
    ...(prices && { prices: { version: prices.prices.version, sha256: prices.sha256 } }),
    issued: Math.max(trusted.root.issued, channel?.channel.issued ?? 0, prices?.prices.issued ?? 0),
  };
}

async function still<T>(verified: Promise<T>): Promise<T | undefined> {
  try {
    return await verified;
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}
