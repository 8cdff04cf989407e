import { join } from "node:path";
import { type Channel, HaggleError, parseChannel, parseEnvelope } from "@haggle/abi";
import type { Engine, TrustedRoot } from "@haggle/sdk";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Document } from "../../platform/document.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import { type Accompaniment, type ChannelMutation, createChannelChanges } from "./channel-change.ts";
import { createDocumentCache } from "./document-cache.ts";
import { createEngines } from "./engines.ts";
import { firstRelease } from "./first-release.ts";
import { watchFolder } from "./folder.ts";
import { createFollower, type Follower } from "./follower.ts";
import type { LiveRelease } from "./live-release.ts";
import { createRootFinder } from "./newest-root.ts";
import { createOnlineSigning } from "./online-signing.ts";
import { createRegistry, type Snapshot } from "./registry.ts";
import { findChannelDocument, findHead } from "./store.ts";

export type { ChannelChange, PricesChange } from "./channel-change.ts";
export { firstRelease } from "./first-release.ts";
export { keepsBounds, type PricedArm } from "./keeps-bounds.ts";
export type { LiveRelease } from "./live-release.ts";

export type Releases = ReturnType<typeof createReleases>;

type Dependencies = {
  database: Database;
  keys: OnlineKeys;
  folder: string;
  /** Of the files that remember what was accepted, over restarts; one per channel. */
  stateFolder: string;
  /** Those that are followed from the start, the first one by default. Others follow as the registry has them. */
  channels: readonly [string, ...string[]];
  /** Bytes of the root that an operator pinned. Left out, the first one is trusted and remembered. */
  pinned?: Uint8Array | undefined;
  /** A production server refuses a development root. */
  production: boolean;
  /** Whether strategies give the prices of a channel. */
  isPriced: (channel: string) => boolean;
  clock: Clock;
  log: Logger;
};

/** A net under lost hints of the database and of the folder; one small query, and two or three small reads. */
const RESCAN_MS = 2_000;

/**
 * The releases of a tenant: what the registry has, which of it is live on each channel, and what changes that. All servers
 * on one database agree; the release folder is a way in and a mirror.
 */
export function createReleases(dependencies: Dependencies) {
  const { database, keys, folder, stateFolder, channels, production, isPriced, clock, log } = dependencies;
  const [main] = channels;
  const registry = createRegistry({ database, clock });
  const followers = new Map<string, Follower>();
  const documents = createDocumentCache(database);
  const listeners = new Set<(live: LiveRelease) => void>();
  /** Of channels, the release that a change in this process gives, if it is committed. */
  const given = new Map<string, string>();
  let refreshing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let isClosed = false;

  const find = (channel: string = main): LiveRelease | undefined => followers.get(channel)?.find();
  const findNewestRoot = createRootFinder({ findLive: find, pinned: dependencies.pinned, production });
  const sign = createOnlineSigning(keys);
  const changes = createChannelChanges({ registry, keys, sign, isPriced, clock, log, findNewestRoot });
  const engines = createEngines({
    findLive: find,
    findRelease: documents.findRelease,
    findBundle: documents.findBundle,
    findChannelDocument: (channel, sha256) => findChannelDocument(database, channel, sha256),
    production,
    clock,
  });

  /** Looks now, or, when a look is under way, once more after it. Never rejects. */
  function refresh(): Promise<void> {
    if (isClosed) return refreshing ?? Promise.resolve();
    if (refreshing === undefined) {
      refreshing = look().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    }
    next ??= refreshing.then(() => {
      next = undefined;
      return refresh();
    });
    return next;
  }

  async function look(): Promise<void> {
    documents.forget();
    // What is likely to be asked for next is looked for at the same time.
    for (const follower of followers.values()) follower.expect(given.get(follower.channel));
    given.clear();
    const snapshot = await registry.look().catch(asFailure);
    if (!(snapshot instanceof HaggleError)) await followAll(snapshot);
    for (const follower of followers.values()) await follower.look(snapshot);
  }

  /** Every channel that the registry has. */
  async function followAll({ heads }: Snapshot): Promise<void> {
    for (const { channel } of heads) if (!followers.has(channel)) await follow(channel);
  }

  async function follow(channel: string): Promise<void> {
    const follower = createFollower({
      ...dependencies,
      channel,
      registry,
      carryPrices: changes.carryPrices,
      stateFile: join(stateFolder, `${channel}.json`),
      pinned: dependencies.pinned,
      isFolderOptional: channel !== main,
      onSwap: swap,
    });
    followers.set(channel, follower);
    await follower.restore();
  }

  function swap(live: LiveRelease): void {
    const { release, bundle } = live.documents;
    documents.keep("release", release);
    documents.keep("bundle", bundle);
    for (const listener of listeners) listener(live);
  }

  return {
    /** The channel that is meant where none is named. */
    name: main,
    folder,
    refresh,
    /** The live release of bucket 0; undefined until there was a good one. */
    find,
    /** The newest root that any of the channels is verified by. */
    findTrusted(): TrustedRoot | undefined {
      const roots = [...followers.values()].flatMap((follower) => follower.find()?.trusted ?? []);
      return roots.sort((a, b) => b.root.version - a.root.version)[0];
    },
    /** Those that are followed, with or without a release. */
    listChannels: (): string[] => [...followers.keys()],
    hasChannel: (channel: string): boolean => followers.has(channel),
    /** Whether there is a channel document at all, whatever this process thinks of it. */
    hasHead: async (name: string): Promise<boolean> =>
      (await findHead(database, name, "channel")) !== undefined,
    /** The newest document of a channel likewise. @throws HaggleError DOCUMENT_* where it cannot be read */
    async findNewest(name: string): Promise<Channel | undefined> {
      const head = await findHead(database, name, "channel");
      return head && parseChannel(parseEnvelope(head.document, "channel").payload);
    },
    /** Of all that the registry holds. */
    findRelease: documents.findRelease,
    findBundle: documents.findBundle,
    /** Something was stored that may have been asked for in vain. Other servers hear of it by the topic. */
    forget: documents.forget,
    findRoot: (version: number): Document | undefined => followers.get(main)?.findRoot(version),
    getEngine: (sha256: string, channel: string = main): Promise<Engine> =>
      engines.getEngine(sha256, channel),
    getPreview: engines.getPreview,
    getEngineAsOf: engines.getEngineAsOf,
    /**
     * Signs the next document of a channel with the online key, in the caller's transaction, and with it writes what
     * `accompany` does. Call `refresh` when it is committed; other servers hear of it.
     *
     * @throws HaggleError SERVER_NO_RELEASE, SERVER_UNKNOWN_CHANNEL, SERVER_UNKNOWN_RELEASE, SERVER_KEY_MISSING,
     * SERVER_KEY_UNUSABLE, SERVER_KEY_NOT_IN_ROOT, DOCUMENT_*
     */
    async changeChannel(
      tx: Queryable,
      mutate: ChannelMutation,
      channel: string = main,
      accompany?: Accompaniment,
    ): Promise<Channel> {
      const next = await changes.changeChannel(tx, channel, mutate, accompany);
      const release = firstRelease(next.arms);
      if (release !== undefined && release !== find(channel)?.release) given.set(channel, release);
      return next;
    },
    /** In the transaction of a change that gives other releases, before it: prices in force that keep their bounds are theirs too. */
    carryPrices: changes.carryPrices,
    /** Signs the next prices document of a channel likewise. */
    changePrices: changes.changePrices,
    /** The first document of a channel that has none. */
    createChannel: changes.createChannel,
    renew: changes.renew,
    resign: changes.resign,
    /** For what hangs on a channel without being part of its document. */
    sign,
    /** By which new documents are judged. */
    findNewestRoot,
    acceptHead: registry.acceptHead,
    /** Why the newest content of the registry or of the folder is not live. */
    findRefusal: (channel: string = main): HaggleError | undefined => followers.get(channel)?.findRefusal(),
    /** The channel document outlived its signer's promise; prices are still told, as previews. */
    isExpired(channel: string = main): boolean {
      const live = find(channel);
      return live !== undefined && live.expires <= clock();
    },
    /** Calls `listener` after each swap, until the returned function is called. */
    subscribe(listener: (live: LiveRelease) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Watches until the returned function is called, which waits for a look that is under way: it may be saving. */
    async watch(): Promise<() => Promise<void>> {
      const look = (): void => void refresh();
      const watcher = await watchFolder(folder, look, (cause) => log.warn({ err: cause }, "watching failed"));
      const unwatch = registry.watch(look);
      const rescan = setInterval(look, RESCAN_MS);
      for (const channel of channels) await follow(channel);
      await refresh();
      return async () => {
        isClosed = true;
        clearInterval(rescan);
        unwatch();
        await watcher.close();
        await refreshing;
      };
    },
  };
}

function asFailure(cause: unknown): HaggleError {
  if (cause instanceof HaggleError) return cause;
  return new HaggleError("SERVER_INTERNAL", "Looking into the registry failed", { cause });
}
