import { explainError, HaggleError, parseEnvelope, parseRoot } from "@haggle/abi";
import { fileStore } from "@haggle/sdk/node";
import {
  createUpdater,
  type Live,
  type TrustStore,
  type Updater,
  type UpdaterEvent,
} from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Document, toDocument } from "../../platform/document.ts";
import { checkTable } from "./check-table.ts";
import { type Glance, glanceAt, pathIn } from "./folder.ts";
import { createFolderKills } from "./folder-kills.ts";
import { mirror } from "./mirror.ts";
import { readOtherArms } from "./other-arms.ts";
import type { Registry, Snapshot } from "./registry.ts";
import { readRootHistory } from "./root-history.ts";
import { createLayers, NOTHING, type Unknown } from "./source.ts";
import { findFirstRoot, type Head } from "./store.ts";

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

export type Follower = ReturnType<typeof createFollower>;

type Dependencies = {
  channel: string;
  registry: Registry;
  folder: string;
  /** Remembers what was accepted, over restarts. */
  stateFile: string;
  /** Bytes of the root that an operator pinned. Left out, the first one is trusted and remembered. */
  pinned: Uint8Array | undefined;
  /** A production server refuses a development root. */
  production: boolean;
  clock: Clock;
  log: Logger;
  /** Whether it is nothing to speak of that the folder does not have this channel. */
  isFolderOptional: boolean;
  onSwap: (live: LiveRelease) => void;
};

/** What the folder has, and what of it the registry has never had. */
type Seen = { glance: Glance; unknown: Unknown };

type State = Parameters<TrustStore["save"]>[0];

/** What the registry and the folder held when all of it was taken. */
type Taken = { snapshot: Snapshot | undefined; glance: Glance | undefined };

/**
 * Follows one channel, in the registry and in the release folder. A change is verified whole (roots, channel, release,
 * bundle, profile, table), stored in the registry, and remembered, before it becomes the live release in one assignment;
 * whatever is refused leaves the live release as it is, and is logged once. What the registry has comes first: nothing
 * that is wrong with a folder keeps a kill from counting. Begins with what was live before a restart.
 */
export function createFollower(dependencies: Dependencies) {
  const { channel, registry, folder, stateFile, pinned, production, clock, log } = dependencies;
  const memory = fileStore(stateFile);
  const kills = createFolderKills();
  const layers = createLayers({ registry, folder, channel });
  let updater: Updater | undefined;
  let live: LiveRelease | undefined;
  let roots = new Map<number, Document>();
  let taken: Taken | undefined;
  let seen: Seen | undefined;
  /** Nothing is remembered, and the folder never had anything. */
  let isNewHere = false;
  let trustsAnew = pinned !== undefined;
  let registryRefusal: HaggleError | undefined;
  let refusal: HaggleError | undefined;
  /** Of something that does not keep the rest from being taken: prices, or a state that was lost. */
  let sideRefusal: HaggleError | undefined;
  /** What counts and could not be written into the state file, and why. */
  let unsaved: { state: State; error: HaggleError } | undefined;
  /** What counts by the registry alone, and goes into the state file next. */
  let due: State | undefined;
  /** What this process has written into the state file. */
  let saved: State | undefined;
  let heard: HaggleError | undefined;
  const alarms = new WeakSet<HaggleError>();

  /** Looks at the folder, and at what the registry has, or why that cannot be told. Never rejects. */
  async function look(snapshot: Snapshot | HaggleError): Promise<void> {
    if (snapshot instanceof HaggleError) {
      registryRefusal = refuse(snapshot);
      return;
    }
    if (registryRefusal?.code === "SERVER_DATABASE") registryRefusal = undefined;
    if (unsaved !== undefined) await remember(unsaved.state);
    const isSameSnapshot = taken?.snapshot !== undefined && isSameHeads(taken.snapshot, snapshot, channel);
    // Shoppers wait for it, and the folder can.
    const isFirst = !isSameSnapshot && updater !== undefined;
    if (isFirst) {
      seen = undefined;
      layers.begin(snapshot);
      await takeSnapshot(snapshot, undefined);
    }
    const glance = await glanceAt(folder, channel).catch((cause: unknown) => asFailure(cause));
    const files = glance instanceof HaggleError ? undefined : glance;
    if (isSameSnapshot && files !== undefined && taken?.glance !== undefined && isSame(taken.glance, files)) {
      return;
    }
    layers.begin(snapshot);
    try {
      seen = files && { glance: files, unknown: await findUnknown(files) };
      if (seen !== undefined && seen.unknown.channel === undefined) kills.see(seen.glance.channel);
    } catch (cause) {
      registryRefusal = refuse(cause);
      return;
    }
    if (!isSameSnapshot && !isFirst) await takeSnapshot(snapshot, files);
    if (seen === undefined) return miss(glance as HaggleError);
    isNewHere = false;
    await takeFolder(seen);
  }

  async function takeSnapshot(snapshot: Snapshot, glance: Glance | undefined): Promise<void> {
    taken = undefined;
    if (await takeRegistry(glance)) taken = { snapshot, glance: undefined };
  }

  /** A folder of which nothing is remembered need not have the channel: it is filled from the registry. */
  async function miss(failure: HaggleError): Promise<void> {
    const isOptional = dependencies.isFolderOptional || (isNewHere && live !== undefined);
    if (isOptional && failure.code === "SERVER_FILE_MISSING") {
      refusal = undefined;
      await bringUpToDate();
    } else refusal = refuse(failure);
  }

  /** What the registry has, if it has anything. Resolves with whether all of it was taken. */
  async function takeRegistry(glance: Glance | undefined): Promise<boolean> {
    if (!layers.hasChannel()) {
      registryRefusal = undefined;
      return false;
    }
    try {
      layers.useRegistry();
      await update(await findTrust(glance));
      registryRefusal = undefined;
      return true;
    } catch (cause) {
      registryRefusal = refuse(cause);
      return false;
    }
  }

  /** What the folder has that the registry has not, which is then brought up to date itself. */
  async function takeFolder({ glance, unknown }: Seen): Promise<void> {
    try {
      const isNews = unknown.channel !== undefined || unknown.prices !== undefined || unknown.root;
      if (isNews || live === undefined) {
        const head = layers.findHead("channel");
        if (unknown.channel !== undefined && head !== undefined) kills.check(unknown.channel, head);
        layers.useFolder(unknown);
        const next = await update(await findTrust(glance));
        if (unknown.root) checkNewestRoot(glance.root, next);
        kills.see(glance.channel);
        refusal = undefined;
        if (unknown.prices !== undefined && !isEqual(unknown.prices, next.files.prices)) return;
      }
      refusal = undefined;
      sideRefusal = undefined;
      const snapshot = isNews ? await registry.look() : taken?.snapshot;
      if (snapshot !== undefined) layers.begin(snapshot);
      // What came into the registry while the folder was taken is not live yet.
      if (isNews && isBehind()) taken = undefined;
      else if (isNews || snapshot === undefined || !(await bringUpToDate())) taken = { snapshot, glance };
    } catch (cause) {
      refusal = refuse(cause);
      if (!kills.hasRefused(cause)) return;
      // Over it, so that whoever publishes again goes on from what was switched off.
      seen = { glance, unknown: { ...unknown, channel: undefined } };
      await bringUpToDate();
    }
  }

  function isBehind(): boolean {
    return (["channel", "prices"] as const).some((kind) => {
      const head = layers.findHead(kind);
      return head !== undefined && !isEqual(head, live?.files[kind]);
    });
  }

  async function findUnknown({ channel: bytes, prices, root }: Glance): Promise<Unknown> {
    const [isKnown, arePricesKnown, isRootKnown] = await Promise.all([
      registry.isKnown(channel, "channel", bytes),
      prices === undefined || registry.isKnown(channel, "prices", prices),
      layers.hasRoot(root),
    ]);
    return {
      channel: isKnown ? undefined : bytes,
      prices: arePricesKnown ? undefined : prices,
      root: !isRootKnown,
    };
  }

  /** By the layers' present order. One that has accepted nothing yet is not kept: the next root may be the right one. */
  async function update(root: Uint8Array): Promise<LiveRelease> {
    const candidate = updater ?? openUpdater(root);
    heard = undefined;
    const next = await candidate.update().finally(settle);
    updater = candidate;
    hearOut();
    await followRoots(next);
    // What was remembered before there was a registry is told to it too.
    if (!layers.isHead(next.files.channel)) await store(next.files, [...roots.values()], next.files.root);
    return live!;
  }

  /** Begins with what was live before, if anything was. */
  async function restore(): Promise<void> {
    try {
      const state = await loadState();
      isNewHere = state === undefined;
      const root = pinned ?? state;
      if (root === undefined) return;
      updater = openUpdater(root);
      const restored = await updater.restore();
      hearOut();
      if (restored === undefined) return;
      await followRoots(restored);
    } catch (cause) {
      refusal = refuse(cause);
    }
  }

  /**
   * The operator's root, or the first that was trusted here, or, where nothing is remembered, the first that is found: on a
   * laptop the folder's, so that a new development key needs no new database; in production the registry's.
   */
  async function findTrust(glance: Glance | undefined): Promise<Uint8Array> {
    const known = pinned ?? (await loadState());
    if (known !== undefined) return known;
    const registered = await findFirstRoot(registry.database);
    const found = production ? (registered ?? glance?.root) : (glance?.root ?? registered);
    trustsAnew = !production && found === glance?.root;
    return found!;
  }

  /**
   * The first root that was trusted here. A state that cannot be read now is not a lost one. A lost one is begun anew on a
   * laptop; in production whoever writes the folder would thereby become whom we trust, so that takes an operator.
   */
  async function loadState(): Promise<Uint8Array | undefined> {
    if (pinned !== undefined) return undefined;
    try {
      return (await memory.load())?.roots[0];
    } catch (cause) {
      if (!(cause instanceof HaggleError && cause.code === "CLIENT_STATE_DAMAGED")) throw cause;
      if (production) throw lostRoot(stateFile, cause);
      return undefined;
    }
  }

  function openUpdater(root: Uint8Array): Updater {
    return createUpdater({
      root,
      channel,
      source: layers.source,
      store: { load, save },
      clock,
      development: !production,
      server: true,
      check: checkTable,
      onEvent: hear,
    });
  }

  /** Where the registry is the judge, nobody's file can know better. */
  async function load(): Promise<State | undefined> {
    const known = due ?? unsaved?.state ?? (layers.isRegistryFirst() ? saved : undefined);
    return known ?? memory.load();
  }

  /**
   * The registry first: what it refuses, because another server knows better, does not count here either. What came from it,
   * all of it, is stored already; then shoppers have it before the state file has.
   */
  async function save(state: State): Promise<void> {
    if (live !== undefined && layers.isRegistryFirst() && layers.hasAll(filesOf(state))) {
      due = state;
      return;
    }
    const isStored = async (sha256: string) =>
      (await layers.findRegistered({ kind: "release", sha256 })) !== undefined;
    const others = layers.isRegistryFirst()
      ? []
      : await readOtherArms(state, { source: layers.source, isStored, production });
    await registry.accept({ channel, state, others, history: new Map(), trustsAnew });
    layers.note(filesOf(state));
    await remember(state);
    // Before it counts, so that whoever has seen it live finds it in the folder.
    if (seen !== undefined && layers.isRegistryFirst()) {
      const chain = new Map(state.roots.map((root) => [versionOf(root), root]));
      await copy({ ...state, root: state.roots.at(-1)! }, chain);
    }
  }

  async function settle(): Promise<void> {
    const state = due;
    due = undefined;
    if (state !== undefined) await remember(state);
  }

  /**
   * Whom to trust first is remembered, or nobody is trusted. After that the database remembers too: a kill counts here
   * although the disk is full, and the file is written as soon as it can be.
   */
  async function remember(state: State): Promise<void> {
    try {
      await memory.save(state);
      saved = state;
      unsaved = undefined;
    } catch (cause) {
      if (live === undefined) throw cause;
      const error = asFailure(cause);
      if (unsaved === undefined) complain(error);
      unsaved = { state, error };
    }
  }

  async function store(files: Live["files"], history: readonly Document[], root: Uint8Array): Promise<void> {
    const known = new Map(history.map(({ bytes }, index) => [index, bytes]));
    await registry.accept({ channel, state: { ...files, roots: [root] }, history: known, trustsAnew });
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
    const history = await readRootHistory(layers.rootsOfBefore, { trusted, bytes: files.root });
    roots = new Map([...history].map(([version, bytes]) => [version, toDocument(bytes)]));
  }

  function swap(next: Live): void {
    const { version, release, withdrawn, restored, files } = next;
    const what = withdrawn ? "release is switched off" : "release is live";
    log.info({ channel, version, release, ...(restored && { restored }) }, what);
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
    // What it was refused for is over; a kill counts before what follows it does.
    if (!withdrawn && !restored) refusal = undefined;
    dependencies.onSwap(live);
  }

  /** Tells what was not told before. Returns what to remember. */
  function refuse(cause: unknown): HaggleError {
    const failure = asFailure(cause);
    const error = failure.code === "DOCUMENT_DEVELOPMENT" ? developmentRoot(failure) : failure;
    const isTold = [registryRefusal, refusal].some(
      (before) => before?.code === error.code && before.message === error.message,
    );
    if (!isTold) complain(error);
    return error;
  }

  /** At level error what no accident gives: somebody signed, or passed on, what he must not. */
  function complain(error: HaggleError): void {
    const details = { code: error.code, reason: explainError(error), kept: live?.release };
    log[alarms.has(error) ? "error" : "warn"](details, "release refused");
  }

  /** Clients begin with root.json, so it has to be the one that the chain of roots leads to. */
  function checkNewestRoot(bytes: Uint8Array, { trusted, files }: Live): void {
    if (isEqual(bytes, files.root)) return;
    const version = versionOf(bytes);
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

  /** Writes the live set into a folder that holds an earlier one. Resolves with whether anything was written. */
  async function bringUpToDate(): Promise<boolean> {
    if (live === undefined || live.restored) return false;
    return copy(live.files, new Map([...roots].map(([version, { bytes }]) => [version, bytes])));
  }

  /** Resolves with whether anything was written. A folder that cannot be written is no reason to refuse what is right. */
  async function copy(files: Live["files"], chain: ReadonlyMap<number, Uint8Array>): Promise<boolean> {
    const { glance, unknown } = seen ?? { glance: undefined, unknown: NOTHING };
    try {
      const isWritten = await mirror({
        folder,
        files,
        roots: chain,
        glance,
        unknown,
        find: layers.findRegistered,
      });
      if (isWritten && unknown.channel === undefined) kills.see(files.channel);
      return isWritten;
    } catch (cause) {
      log.warn({ err: cause }, "the release folder cannot be brought up to date");
      return false;
    }
  }

  return {
    channel,
    restore,
    look,
    /** The live release; undefined until there was a good one. */
    find: (): LiveRelease | undefined => live,
    findRoot: (version: number): Document | undefined => roots.get(version),
    /** Why the newest content of the registry or the folder is not live. */
    findRefusal: (): HaggleError | undefined => registryRefusal ?? refusal ?? sideRefusal ?? unsaved?.error,
  };
}

function filesOf({ roots, channel, release, bundle, prices }: State): Uint8Array[] {
  return [...roots, channel, release, bundle, ...(prices ? [prices] : [])];
}

function asFailure(cause: unknown): HaggleError {
  if (cause instanceof HaggleError) return cause;
  return new HaggleError("SERVER_INTERNAL", "Loading the release failed unexpectedly", { cause });
}

function developmentRoot(cause: HaggleError): HaggleError {
  return new HaggleError("SERVER_DEVELOPMENT_ROOT", "A production server refuses a development root", {
    cause,
  });
}

function versionOf(root: Uint8Array): number {
  return parseRoot(parseEnvelope(root, "root").payload).version;
}

function lostRoot(path: string, cause: HaggleError): HaggleError {
  const message =
    "The state that remembers whom to trust is damaged; set HAGGLE_ROOT, or delete the file to trust the folder's root anew";
  return new HaggleError("CLIENT_STATE_DAMAGED", message, { at: path, cause });
}

function isSame(a: Glance, b: Glance): boolean {
  return isEqual(a.root, b.root) && isEqual(a.channel, b.channel) && isEqual(a.prices, b.prices);
}

function isSameHeads(a: Snapshot, b: Snapshot, channel: string): boolean {
  const editions = ({ root, heads }: Snapshot): string =>
    [root, ...heads.filter((head) => head.channel === channel).map(toEdition)].join();
  return editions(a) === editions(b);
}

function toEdition({ kind, edition, fileSha256 }: Head): string {
  return `${kind} ${edition} ${fileSha256}`;
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
