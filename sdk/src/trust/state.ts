import { type HaggleError, refuse } from "@haggle/abi";

// What a client remembers of the documents it accepted, so that nothing older and nothing else follows, and so that it
// starts without a network.

/**
 * Everything that one update accepted, stored as one piece or not at all: the signed bytes themselves, and no counter
 * beside them. Each is verified again when it is read, from the pinned root on, so that whoever can write the store
 * and has no key can make a client forget; never make it believe, and never lock it out by a version from the future.
 */
export type TrustState = {
  /** Envelopes of the roots from the one that was pinned to the newest, each one version above the one before. */
  roots: Uint8Array[];
  /** The newest channel document: nothing below its version may follow, nor another one of the same version. */
  channel: Uint8Array;
  /** The envelope and the bundle that the engine in use was made from. */
  release: Uint8Array;
  bundle: Uint8Array;
  /** Likewise, the newest prices document; it may be of another release than the one in use. */
  prices?: Uint8Array;
};

/**
 * Keeps the state of one channel. `save` resolves when the new state is durable and replaces the old one in one step;
 * when it rejects, by CLIENT_STATE, the old one is there, or the new one whose durability nobody knows. `load` rejects
 * with CLIENT_STATE_DAMAGED for what is no state, which is then left aside, and with CLIENT_STATE where it cannot look,
 * which is then tried again.
 */
export type TrustStore = {
  load(): Promise<TrustState | undefined>;
  save(state: TrustState): Promise<void>;
  /**
   * Where several programs share what is stored: one loads and saves behind the other, so that none stores over what it has not seen.
   * Resolves with what `work` gives; it is done in any case.
   */
  inTurn?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
};

/** Remembers as long as the program runs. */
export function memoryStore(): TrustStore {
  let stored: TrustState | undefined;
  return {
    load: async () => stored,
    save: async (state) => {
      stored = state;
    },
  };
}

/**
 * A state of exactly these fields, each given by `read` from what a store has in its place.
 *
 * @throws HaggleError CLIENT_STATE_DAMAGED
 */
export function readState(
  found: unknown,
  read: (value: unknown, at: string) => Uint8Array | undefined,
): TrustState {
  const { roots, channel, release, bundle, prices, ...unknown } = Object(found) as Record<string, unknown>;
  const bytes = (value: unknown, at: string): Uint8Array => {
    const given = read(value, `state.${at}`);
    if (given === undefined) throw damaged(`state.${at}`, value);
    return given;
  };
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) throw damaged("state", surplus);
  if (!Array.isArray(roots) || roots.length === 0) throw damaged("state.roots", roots);
  return {
    roots: roots.map((root, index) => bytes(root, `roots[${index}]`)),
    channel: bytes(channel, "channel"),
    release: bytes(release, "release"),
    bundle: bytes(bundle, "bundle"),
    ...(prices !== undefined && { prices: bytes(prices, "prices") }),
  };
}

export function damaged(at: string | number | undefined, value: unknown, cause?: unknown): HaggleError {
  return refuse("CLIENT_STATE_DAMAGED", at, value, cause);
}
