import { hash } from "node:crypto";
import { explainError, HaggleError, parseEnvelope, parseMetadata, parseReleaseStrictly } from "@haggle/abi";
import {
  type ChannelFloor,
  createEngine,
  type Engine,
  findArm,
  signersOf,
  type TrustedRoot,
  verifyChannel,
  verifyProfile,
  verifyRelease,
  verifyRoot,
  verifySignatures,
} from "@haggle/sdk";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { readBundle, readChannel, readRelease, readRoot, watchFolder } from "./store.ts";

/** Which release prices carts now, and the very bytes that were verified for it. */
export type LiveRelease = {
  engine: Engine;
  trusted: TrustedRoot;
  /** The next channel document must not be older than this one. */
  floor: ChannelFloor;
  /** When the channel document's promise ends, epoch ms. */
  expires: number;
  root: Document;
  channel: Document;
  release: Document;
  bundle: Document;
};

/** Signed bytes and the digest that is their ETag: of the payload for a release, of the whole file otherwise. */
export type Document = { bytes: Uint8Array; sha256: string };

export type Releases = ReturnType<typeof createReleases>;

type Dependencies = {
  folder: string;
  channel: string;
  /** A production server refuses a development root. */
  production: boolean;
  clock: Clock;
  log: Logger;
};

/** A net under lost watch events; an unchanged folder costs two small reads. */
const RESCAN_MS = 2_000;
/** A shopper who read the channel just before a swap still fetches what it named. */
const HELD_RELEASES = 8;
/** The server's evaluations are for everybody, so they follow the arm that a one-armed channel has. */
const FIRST_BUCKET = 0;

/**
 * Follows the release folder. A change is verified whole (root, channel, release, bundle, profile, table) before it becomes
 * the live release in one assignment; whatever is refused leaves the live release as it is, and is logged once.
 */
export function createReleases({ folder, channel: name, production, clock, log }: Dependencies) {
  let live: LiveRelease | undefined;
  let refusal: HaggleError | undefined;
  let refreshing: Promise<void> | undefined;
  let lookAgain = false;
  const held: LiveRelease[] = [];
  const listeners = new Set<(live: LiveRelease) => void>();

  /** Looks at the folder now. Calls that come during a look share one more look after it. */
  function refresh(): Promise<void> {
    if (refreshing === undefined) {
      refreshing = look().finally(() => {
        refreshing = undefined;
        if (lookAgain) {
          lookAgain = false;
          void refresh();
        }
      });
    } else {
      lookAgain = true;
    }
    return refreshing;
  }

  async function look(): Promise<void> {
    try {
      const next = await load();
      refusal = undefined;
      if (next !== undefined) swap(next);
    } catch (cause) {
      refuse(cause instanceof HaggleError ? cause : unexpected(cause));
    }
  }

  /** The verified content of the folder, or undefined when it is what is live already. */
  async function load(): Promise<LiveRelease | undefined> {
    const rootBytes = await readRoot(folder);
    const channelBytes = await readChannel(folder, name);
    if (live && equalBytes(live.root.bytes, rootBytes) && equalBytes(live.channel.bytes, channelBytes)) {
      return undefined;
    }
    const now = clock();
    const root = await verifyRoot(rootBytes, { now });
    if (production && root.root.development === true) {
      throw new HaggleError("SERVER_DEVELOPMENT_ROOT", "A production server refuses a development root");
    }
    if (live && root.sha256 !== live.trusted.sha256) await verifyRotation(rootBytes, root, live.trusted);
    const verified = await verifyChannel(channelBytes, root, {
      now,
      channel: name,
      ...(live && { floor: live.floor }),
    });
    const { channel } = verified;
    const sha256 = findArm(channel, FIRST_BUCKET);
    const releaseBytes = await readRelease(folder, sha256);
    const { release } = await verifyRelease(releaseBytes, root, {
      now,
      sha256,
      minVersion: channel.minRelease,
    });
    const bundleSha256 = release.bundles[0]!.sha256;
    const bundle = await readBundle(folder, bundleSha256);
    const engine = await createEngine({
      bundle,
      release: releaseBytes,
      root,
      channel: channelBytes,
      now,
      server: true,
      development: !production,
    });
    // Storefronts take the table as it is signed; whoever serves it makes sure that it says what its promotions say.
    const metadata = parseMetadata(verifyProfile(bundle).metadata);
    parseReleaseStrictly(parseEnvelope(releaseBytes, "release").payload, metadata);
    return {
      engine,
      trusted: root,
      floor: { version: channel.version, sha256: verified.sha256 },
      expires: channel.expires,
      root: { bytes: rootBytes, sha256: hash("sha256", rootBytes) },
      channel: { bytes: channelBytes, sha256: hash("sha256", channelBytes) },
      release: { bytes: releaseBytes, sha256 },
      bundle: { bytes: bundle, sha256: bundleSha256 },
    };
  }

  function swap(next: LiveRelease): void {
    log.info({ channel: name, version: next.floor.version, release: next.release.sha256 }, "release is live");
    live = next;
    const known = held.findIndex(({ release }) => release.sha256 === next.release.sha256);
    if (known >= 0) held.splice(known, 1);
    held.unshift(next);
    held.length = Math.min(held.length, HELD_RELEASES);
    for (const listener of listeners) listener(next);
  }

  function refuse(error: HaggleError): void {
    const seen = refusal?.code === error.code && refusal.message === error.message;
    refusal = error;
    if (!seen)
      log.warn(
        { code: error.code, reason: explainError(error), kept: live?.release.sha256 },
        "release refused",
      );
  }

  return {
    name,
    refresh,
    /** The live release; undefined until the folder held a good one. */
    find: (): LiveRelease | undefined => live,
    findRelease: (sha256: string): Document | undefined =>
      held.find(({ release }) => release.sha256 === sha256)?.release,
    findBundle: (sha256: string): Document | undefined =>
      held.find(({ bundle }) => bundle.sha256 === sha256)?.bundle,
    /** Why the newest content of the folder is not live. */
    findRefusal: (): HaggleError | undefined => refusal,
    /** The channel document outlived its signer's promise; prices are still told, as previews. */
    isExpired: (): boolean => live !== undefined && live.expires <= clock(),
    /** Calls `listener` after each swap, until the returned function is called. */
    subscribe(listener: (live: LiveRelease) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Watches until the returned function is called. */
    async watch(): Promise<() => Promise<void>> {
      const look = (): void => void refresh();
      const watcher = await watchFolder(folder, look, (cause) => log.warn({ err: cause }, "watching failed"));
      const rescan = setInterval(look, RESCAN_MS);
      await refresh();
      return async () => {
        clearInterval(rescan);
        await watcher.close();
      };
    },
  };
}

/** A root that runs already must have let the new one in: its own root keys sign the next root too. */
async function verifyRotation(bytes: Uint8Array, next: TrustedRoot, running: TrustedRoot): Promise<void> {
  await verifySignatures(parseEnvelope(bytes, "root"), signersOf(running, "root"));
  if (next.root.version < running.root.version) {
    throw new HaggleError("DOCUMENT_ROLLBACK", `a root below version ${running.root.version}`, {
      value: next.root.version,
    });
  }
}

function unexpected(cause: unknown): HaggleError {
  return new HaggleError("SERVER_INTERNAL", "Loading the release failed unexpectedly", { cause });
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
