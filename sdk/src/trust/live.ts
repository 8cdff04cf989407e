import type { BundleMetadata, Channel, HaggleError, Prices, Release } from "@haggle/abi";
import type { Engine } from "../engine.ts";
import type { TrustedRoot } from "../verify.ts";
import type { Along } from "./ahead.ts";
import type { Bundles } from "./bundles.ts";
import type { ReleaseSource } from "./source.ts";
import type { TrustState, TrustStore } from "./state.ts";

export type UpdaterOptions = {
  /** Pinned: the root that the program brings along. Newer ones are followed from it, one by one. */
  root: Uint8Array | string;
  channel: string;
  source: ReleaseSource;
  /** `memoryStore()` when left out. */
  store?: TrustStore | undefined;
  /** What came with the program or the page: used like a stored state, where the store has nothing newer. */
  bootstrap?: TrustState | undefined;
  /** Epoch ms. Default `Date.now`. */
  clock?: (() => number) | undefined;
  /** Releases below this are refused, whatever a channel says: the floor of a client that has no memory. */
  minRelease?: number | undefined;
  /** Accepts the roots of one machine's development key. Leave it out wherever shoppers are. */
  development?: boolean | undefined;
  /** True where unit costs, floors and budgets are known: promotions marked `serverOnly` run. */
  server?: boolean | undefined;
  /**
   * Who this is for, such as the id of a customer: gives the bucket under the seed of each channel document, so that a
   * shopper stays in a rollout while it grows. Not a name, and nothing that a shopper can choose anew. Both this and
   * `bucket` are read at each look.
   */
  unit?: string | undefined;
  /** Of 0 to 9999, where there is no `unit`: which arm of the channel. Default 0, which a rollout reaches last. */
  bucket?: number | undefined;
  /** What else must hold of a release before it counts; what it throws refuses the update. */
  check?: ((candidate: Candidate) => void) | undefined;
  onEvent?: ((event: UpdaterEvent) => void) | undefined;
  /** Shared by those who load the same bundles. One of its own when left out. */
  bundles?: Bundles | undefined;
};

export type Candidate = {
  release: Release;
  releaseBytes: Uint8Array;
  bundle: Uint8Array;
  /** Of the bundle, whose profile was checked. */
  metadata: BundleMetadata;
};

export type UpdaterEvent =
  /** The set that is in use changed, or what was restored is confirmed. */
  | { type: "updated"; live: Live }
  /**
   * Something that did not count; what is in use stays. The same again right after is not told again. `alarm`: no
   * accident gives this, only an attacker or a broken signer (a rollback, an equivocation, a bad signature).
   */
  | { type: "refused"; error: HaggleError; alarm: boolean }
  /** The channel document in use has outlived its promise, and no newer one was accepted. */
  | { type: "stale"; expires: number };

/** One set of documents that belong together, and the engine that was made of them. */
export type Live = {
  readonly engine: Engine;
  readonly trusted: TrustedRoot;
  /** From the pinned one to the newest, as they were verified. */
  readonly roots: readonly Uint8Array[];
  readonly channel: Channel;
  /** Of the channel document. */
  readonly version: number;
  /** Epoch ms at which the channel document's promise ends. */
  readonly expires: number;
  /** Hex SHA-256 of the release document. */
  readonly release: string;
  /** Of this release, within its bounds; they have an expiry of their own. */
  readonly prices?: Prices;
  /** The very bytes that were verified. */
  readonly files: {
    readonly root: Uint8Array;
    readonly channel: Uint8Array;
    readonly release: Uint8Array;
    readonly bundle: Uint8Array;
    readonly prices?: Uint8Array;
  };
  /** Switched off by the channel, which gives no other release that could be had: the engine refuses every cart. */
  readonly withdrawn: boolean;
  /** Started from what was stored; the source has not confirmed it yet. */
  readonly restored: boolean;
};

export type Updater = {
  readonly live: Live | undefined;
  /**
   * Starts from the store, without a network: verified in full but for the times, so that an offline start works.
   * Undefined when there is nothing to start from; what is damaged is left aside and told as an event.
   *
   * @throws HaggleError for the pinned root; CLIENT_STATE when the store cannot be read now
   */
  restore(): Promise<Live | undefined>;
  /**
   * Looks for newer documents and uses them, or changes nothing.
   *
   * @throws HaggleError CLIENT_*, DOCUMENT_*, SIGNATURE_*, PROFILE_*, PROMOTION_*, ENGINE_*: why nothing changed
   */
  update(signal?: AbortSignal): Promise<Live>;
  /**
   * Uses a channel document that came by itself, such as with an event, if it is plainly the next one: newer, and signed
   * by the root in use. Where it leaves this client on its release nothing is fetched, so that a look should follow soon;
   * else the release and prices, all at once, but for what came `along`: texts by their places in a release folder, null for
   * what there is not. They are judged as what is fetched, but a null is believed: take
   * it only from where `source` asks as well. Undefined, and nothing told, for what only a look can judge.
   *
   * @throws HaggleError as `update` does
   */
  take(document: Uint8Array, signal?: AbortSignal, along?: Along): Promise<Live | undefined>;
  /**
   * Uses a prices document that came by itself, if it is plainly the next one for the release in use, and fetches nothing.
   * Undefined, and nothing told, for what only a look can judge.
   *
   * @throws HaggleError as `update` does
   */
  takePrices(document: Uint8Array, signal?: AbortSignal): Promise<Live | undefined>;
  /** Whether what is live is what `unit` and `bucket` choose now; false before there is anything. */
  readonly isChosen: boolean;
  /** True past the promise of the channel document in use: prices are previews that the server may not know any more. */
  isStale(): boolean;
};
