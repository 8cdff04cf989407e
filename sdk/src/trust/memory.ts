import { equalBytes, HaggleError, refuse } from "@haggle/abi";
import {
  type ChannelFloor,
  checkDevelopment,
  type TrustedRoot,
  verifyChannel,
  verifyPrices,
  verifyRoot,
} from "../verify.ts";
import type { UpdaterOptions } from "./live.ts";
import { type ChainedRoot, joinRoots } from "./roots.ts";
import { damaged, memoryStore, type TrustState, type TrustStore } from "./state.ts";

/** What was accepted before: the chain of roots from the pinned one on, and the documents, if there are any. */
export type Known = {
  roots: ChainedRoot[];
  state?: TrustState;
  /** What the update that accepted the state found out about it, under the newest of the roots. */
  floors?: Floors;
  /** Of the page that came along with it; no store has it yet. */
  isNew?: boolean;
};

type Kept = Known & { state: TrustState };

/** Nothing below these versions, nothing else of the same, and no time before `issued` is believed. */
export type Floors = { channel?: Floor; prices?: Floor; issued: number };

type Floor = Required<ChannelFloor> & { issued: number };

type MemoryOptions = Pick<UpdaterOptions, "root" | "channel" | "store" | "bootstrap" | "development"> & {
  /** Told of a stored state that is left aside. */
  onDamage: (error: HaggleError) => void;
};

/** What an updater knows from before, in the store and in the program. */
export function createMemory(options: MemoryOptions) {
  const { root, channel, store = memoryStore(), bootstrap, development, onDamage } = options;
  let pinned: ChainedRoot | undefined;
  let known: Known | undefined;

  /**
   * The pinned root and what is stored from it on.
   *
   * @throws HaggleError for the pinned root; CLIENT_STATE
   */
  async function recall(): Promise<Known> {
    pinned ??= await pin();
    known ??= await begin(pinned);
    return known;
  }

  /** What came along counts where it is not older than what is stored. */
  async function begin(pinned: ChainedRoot): Promise<Known> {
    const [found, given] = await Promise.all([
      read(() => store.load()),
      bootstrap && read(async () => bootstrap),
    ]);
    const stored: Known = found ?? { roots: [pinned] };
    if (given === undefined || (await isAhead(stored, given))) return stored;
    return isEqualState(given.state, stored.state) ? stored : { ...given, isNew: true };
  }

  async function pin(): Promise<ChainedRoot> {
    const bytes = typeof root === "string" ? new TextEncoder().encode(root) : root;
    const trusted = await verifyRoot(bytes);
    checkDevelopment(trusted, development);
    return { trusted, bytes };
  }

  /** A stored state, as far as the pinned root leads to it. Undefined too where it is what is known already. */
  async function read(load: TrustStore["load"]): Promise<Kept | undefined> {
    try {
      const state = await load();
      if (state === undefined || isEqualState(state, known?.state)) return undefined;
      const roots = await joinRoots(pinned!, state.roots);
      await verifyChannel(state.channel, roots.at(-1)!.trusted, { channel });
      return { roots, state };
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw storeError(cause);
      if (cause.code === "CLIENT_STATE") throw cause;
      onDamage(asDamage(cause));
      return undefined;
    }
  }

  /**
   * Stores what an update accepted. False when another tab or process has stored something newer meanwhile: that is
   * known from now on, and the update has to look again. `since` is what the update was made from.
   */
  async function keep(next: Kept, since: Known): Promise<boolean> {
    if (since !== known) return false;
    if (isEqualState(next.state, known.state) && !known.isNew) {
      known = next;
      return true;
    }
    return store.inTurn ? store.inTurn(() => save(next)) : save(next);
  }

  async function save(next: Kept): Promise<boolean> {
    const found = await read(() => store.load());
    if (found && (await isAhead(found, next))) {
      known = found;
      return false;
    }
    try {
      // All tabs take up the same: one of them stores it.
      if (!isEqualState(next.state, found?.state)) await store.save(next.state);
    } catch (cause) {
      throw storeError(cause);
    }
    known = next;
    return true;
  }

  function storeError(cause: unknown): HaggleError {
    return cause instanceof HaggleError ? cause : refuse("CLIENT_STATE", channel, undefined, cause);
  }

  return { recall, keep };
}

/**
 * The floors that remembered documents set under a root. One that the root's keys did not sign sets none: with a lost
 * online key go the versions and times that it signed, however far in the future they lie.
 */
export async function floorsUnder(trusted: TrustedRoot, { roots, state, floors }: Known): Promise<Floors> {
  const newest = roots.at(-1)!.trusted;
  if (floors !== undefined && newest.sha256 === trusted.sha256) return floors;
  const [channel, prices] = await Promise.all([
    state && ifVerified(verifyChannel(state.channel, trusted)),
    state?.prices && ifVerified(verifyPrices(state.prices, trusted)),
  ]);
  // Of the root that was known before: one that comes now has its own time to be held against this.
  return joinFloors(
    newest,
    channel && { ...channel.channel, sha256: channel.sha256 },
    prices && { ...prices.prices, sha256: prices.sha256 },
  );
}

/** The floors that documents set which were verified under a root. */
export function joinFloors(
  { root }: TrustedRoot,
  channel: Floor | undefined,
  prices: Floor | undefined,
): Floors {
  return {
    ...(channel && { channel: toFloor(channel) }),
    ...(prices && { prices: toFloor(prices) }),
    issued: Math.max(root.issued, channel?.issued ?? 0, prices?.issued ?? 0),
  };
}

function toFloor({ version, sha256, issued }: Floor): Floor {
  return { version, sha256, issued };
}

/** A stored document that does not hold, as the damage that it is. */
export function asDamage(cause: HaggleError): HaggleError {
  if (cause.code === "CLIENT_STATE_DAMAGED") return cause;
  return damaged(cause.at, cause.value, cause);
}

/** Whether accepting `mine` after `theirs` would go back. */
async function isAhead(theirs: Known, mine: Kept): Promise<boolean> {
  const [root, other] = [mine.roots.at(-1)!.trusted, theirs.roots.at(-1)!.trusted];
  if (other.root.version !== root.root.version) return other.root.version > root.root.version;
  const [floors, own] = await Promise.all([floorsUnder(root, theirs), floorsUnder(root, mine)]);
  return isAbove(floors.channel, own.channel) || isAbove(floors.prices, own.prices);
}

function isAbove(theirs: ChannelFloor | undefined, mine: ChannelFloor | undefined): boolean {
  if (theirs === undefined) return false;
  if (mine === undefined || theirs.version > mine.version) return true;
  return theirs.version === mine.version && theirs.sha256 !== mine.sha256;
}

export async function ifVerified<T>(verified: Promise<T>): Promise<T | undefined> {
  try {
    return await verified;
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}

function isEqualState(a: TrustState | undefined, b: TrustState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [files, others] = [filesOf(a), filesOf(b)];
  // The same objects as a rule: an update that fetches nothing new compares nothing.
  return (
    files.length === others.length &&
    files.every((file, index) => file === others[index] || equalBytes(file, others[index]!))
  );
}

function filesOf({ roots, channel, release, bundle, prices }: TrustState): Uint8Array[] {
  return [...roots, channel, release, bundle, ...(prices ? [prices] : [])];
}
