import { hash } from "node:crypto";
import {
  explainError,
  HaggleError,
  parseEnvelope,
  parseMetadata,
  parseReleaseStrictly,
  parseRoot,
} from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import { fileStore } from "@haggle/sdk/node";
import { type Candidate, createUpdater, type Live, type Updater, type UpdaterEvent } from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { readRootHistory } from "./root-history.ts";
import { type Glance, glanceAt, pathIn, releaseFolder, watchFolder } from "./store.ts";

/** Which release prices carts now, and the very bytes that were verified for it. */
export type LiveRelease = Live & {
  documents: {
    root: Document;
    channel: Document;
    release: Document;
    bundle: Document;
    prices?: Document;
  };
};

/** Signed bytes and the digest that is their ETag: of the payload for a release, of the whole file otherwise. */
export type Document = { bytes: Uint8Array; sha256: string };

export type Releases = ReturnType<typeof createReleases>;

type Dependencies = {
  folder: string;
  /** Remembers what was accepted, over restarts. */
  stateFile: string;
  channel: string;
  /** Bytes of the root that an operator pinned. Left out, the folder's first one is trusted and remembered. */
  pinned?: Uint8Array | undefined;
  /** A production server refuses a development root. */
  production: boolean;
  clock: Clock;
  log: Logger;
};

/** A net under lost watch events; an unchanged folder costs two small reads, and a third where there are prices. */
const RESCAN_MS = 2_000;
/** A shopper who read the channel just before a swap still fetches what it named. */
const HELD_RELEASES = 8;

/**
 * Follows the release folder. A change is verified whole (roots, channel, release, bundle, profile, table) and stored
 * before it becomes the live release in one assignment; whatever is refused leaves the live release as it is, and is
 * logged once. Begins with what was live before a restart, whatever has become of the folder.
 */
export function createReleases(dependencies: Dependencies) {
  const { folder, stateFile, channel: name, pinned, production, clock, log } = dependencies;
  const source = releaseFolder(folder);
  const store = fileStore(stateFile);
  let updater: Updater | undefined;
  let live: LiveRelease | undefined;
  let roots = new Map<number, Document>();
  /** What the folder held when all of it was taken. */
  let taken: Glance | undefined;
  let refusal: HaggleError | undefined;
  /** Of something that does not keep the rest from being taken: prices, or a state that was lost. */
  let sideRefusal: HaggleError | undefined;
  let heard: HaggleError | undefined;
  let refreshing: Promise<void> | undefined;
  let lookAgain = false;
  let isClosed = false;
  const alarms = new WeakSet<HaggleError>();
  const held: LiveRelease[] = [];
  const listeners = new Set<(live: LiveRelease) => void>();

  /** Looks at the folder now. Calls that come during a look share one more look after it. */
  function refresh(): Promise<void> {
    if (isClosed) return refreshing ?? Promise.resolve();
    if (refreshing === undefined) {
      refreshing = look().finally(() => {
        refreshing = undefined;
        if (lookAgain) {
          lookAgain = false;
          void refresh();
        }
      });
    } else lookAgain = true;
    return refreshing;
  }

  async function look(): Promise<void> {
    try {
      const glance = await glanceAt(folder, name);
      if (taken !== undefined && isSame(taken, glance)) return;
      taken = undefined;
      // One that has accepted nothing yet is not kept: the next root in the folder may be the right one.
      const candidate = updater ?? openUpdater((await findPinned()) ?? glance.root);
      heard = undefined;
      const next = await candidate.update();
      updater = candidate;
      hearOut();
      await followRoots(next);
      checkNewestRoot(glance.root, next);
      refusal = undefined;
      if (glance.prices !== undefined && !isEqual(glance.prices, next.files.prices)) return;
      sideRefusal = undefined;
      taken = glance;
    } catch (cause) {
      refuse(cause instanceof HaggleError ? cause : unexpected(cause));
    }
  }

  /** Begins with what was live before, if anything was. */
  async function restore(): Promise<void> {
    try {
      const root = await findPinned();
      if (root === undefined) return;
      updater = openUpdater(root);
      const restored = await updater.restore();
      hearOut();
      if (restored !== undefined) await followRoots(restored);
    } catch (cause) {
      refuse(cause instanceof HaggleError ? cause : unexpected(cause));
    }
  }

  /**
   * The operator's root, or the first that was trusted here. A state that cannot be read now is not a lost one. A lost one
   * is begun anew with the folder's root on a laptop; in production whoever writes the folder would thereby become whom
   * we trust, so that takes an operator.
   */
  async function findPinned(): Promise<Uint8Array | undefined> {
    if (pinned !== undefined) return pinned;
    try {
      return (await store.load())?.roots[0];
    } catch (cause) {
      if (!(cause instanceof HaggleError && cause.code === "CLIENT_STATE_DAMAGED")) throw cause;
      if (production) throw lostRoot(stateFile, cause);
      return undefined;
    }
  }

  function openUpdater(root: Uint8Array): Updater {
    return createUpdater({
      root,
      channel: name,
      source,
      store,
      clock,
      development: !production,
      server: true,
      check: checkTable,
      onEvent: hear,
    });
  }

  function hear(event: UpdaterEvent): void {
    if (event.type === "updated") swap(event.live);
    if (event.type !== "refused") return;
    if (event.alarm) alarms.add(event.error);
    heard = event.error;
  }

  /** What was refused although the call went well. */
  function hearOut(): void {
    if (heard === undefined) return;
    complain(heard);
    sideRefusal = heard;
    heard = undefined;
  }

  async function followRoots({ trusted, files }: Live): Promise<void> {
    const history = await readRootHistory(source, { trusted, bytes: files.root });
    roots = new Map([...history].map(([version, bytes]) => [version, toDocument(bytes)]));
  }

  function swap(next: Live): void {
    const { version, release, withdrawn, restored, files } = next;
    const what = withdrawn ? "release is switched off" : "release is live";
    log.info({ channel: name, version, release, ...(restored && { restored }) }, what);
    live = {
      ...next,
      documents: {
        root: toDocument(files.root),
        channel: toDocument(files.channel),
        release: { bytes: files.release, sha256: release },
        bundle: { bytes: files.bundle, sha256: next.engine.bundle },
        ...(files.prices && { prices: toDocument(files.prices) }),
      },
    };
    const known = held.findIndex((other) => other.release === release);
    if (known >= 0) held.splice(known, 1);
    held.unshift(live);
    held.length = Math.min(held.length, HELD_RELEASES);
    for (const listener of listeners) listener(live);
  }

  function refuse(cause: HaggleError): void {
    const error = cause.code === "DOCUMENT_DEVELOPMENT" ? developmentRoot(cause) : cause;
    const seen = refusal?.code === error.code && refusal.message === error.message;
    refusal = error;
    if (!seen) complain(error);
  }

  /** At level error what no accident gives: somebody signed, or passed on, what he must not. */
  function complain(error: HaggleError): void {
    const details = { code: error.code, reason: explainError(error), kept: live?.release };
    log[alarms.has(error) ? "error" : "warn"](details, "release refused");
  }

  /** Clients begin with root.json, so it has to be the one that the chain of roots leads to. */
  function checkNewestRoot(bytes: Uint8Array, { trusted, files }: Live): void {
    if (isEqual(bytes, files.root)) return;
    const { version } = parseRoot(parseEnvelope(bytes, "root").payload);
    const newest = trusted.root.version;
    if (version > newest) {
      throw new HaggleError("SERVER_FILE_MISSING", "The folder has no root that leads to root.json", {
        at: pathIn(folder, { kind: "root", version: newest + 1 }),
      });
    }
    const code = version < newest ? "DOCUMENT_ROLLBACK" : "DOCUMENT_EQUIVOCATION";
    const error = new HaggleError(code, "root.json is not the newest root", {
      at: "root.version",
      value: version,
    });
    alarms.add(error);
    throw error;
  }

  return {
    name,
    folder,
    refresh,
    /** The live release; undefined until there was a good one. */
    find: (): LiveRelease | undefined => live,
    findRelease: (sha256: string): Document | undefined =>
      held.find(({ release }) => release === sha256)?.documents.release,
    findBundle: (sha256: string): Document | undefined =>
      held.find(({ engine }) => engine.bundle === sha256)?.documents.bundle,
    findRoot: (version: number): Document | undefined => roots.get(version),
    /** Why the newest content of the folder is not live. */
    findRefusal: (): HaggleError | undefined => refusal ?? sideRefusal,
    /** The channel document outlived its signer's promise; prices are still told, as previews. */
    isExpired: (): boolean => live !== undefined && live.expires <= clock(),
    /** Calls `listener` after each swap, until the returned function is called. */
    subscribe(listener: (live: LiveRelease) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Watches until the returned function is called, which waits for a look that is under way: it may be saving. */
    async watch(): Promise<() => Promise<void>> {
      const look = (): void => void refresh();
      const watcher = await watchFolder(folder, look, (cause) => log.warn({ err: cause }, "watching failed"));
      const rescan = setInterval(look, RESCAN_MS);
      await restore();
      await refresh();
      return async () => {
        isClosed = true;
        clearInterval(rescan);
        await watcher.close();
        await refreshing;
      };
    },
  };
}

/** Storefronts take the table as it is signed; whoever serves it makes sure that it says what its promotions say. */
function checkTable({ releaseBytes, bundle }: Candidate): void {
  const metadata = parseMetadata(verifyProfile(bundle).metadata);
  parseReleaseStrictly(parseEnvelope(releaseBytes, "release").payload, metadata);
}

function developmentRoot(cause: HaggleError): HaggleError {
  return new HaggleError("SERVER_DEVELOPMENT_ROOT", "A production server refuses a development root", {
    cause,
  });
}

function lostRoot(path: string, cause: HaggleError): HaggleError {
  const message =
    "The state that remembers whom to trust is damaged; set HAGGLE_ROOT, or delete the file to trust the folder's root anew";
  return new HaggleError("CLIENT_STATE_DAMAGED", message, { at: path, cause });
}

function unexpected(cause: unknown): HaggleError {
  return new HaggleError("SERVER_INTERNAL", "Loading the release failed unexpectedly", { cause });
}

function toDocument(bytes: Uint8Array): Document {
  return { bytes, sha256: hash("sha256", bytes) };
}

function isSame(a: Glance, b: Glance): boolean {
  return isEqual(a.root, b.root) && isEqual(a.channel, b.channel) && isEqual(a.prices, b.prices);
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
