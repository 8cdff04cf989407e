import { HaggleError, parseEnvelope, parseRoot } from "@haggle/abi";
import {
  createUpdater,
  type Live,
  type TrustState,
  type Updater,
  type UpdaterEvent,
} from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { type Document, toDocument } from "../../platform/document.ts";
import { checkTable } from "./check-table.ts";
import { type Glance, glanceAt, isEqual, isSameGlance, pathIn } from "./folder.ts";
import { createFolderCopy, type Seen } from "./folder-copy.ts";
import { createFolderKills } from "./folder-kills.ts";
import { type LiveRelease, toLiveRelease } from "./live-release.ts";
import { readOtherArms } from "./other-arms.ts";
import { asFailure, createRefusals } from "./refusals.ts";
import { isSameHeads, type Registry, type Snapshot } from "./registry.ts";
import { readRootHistory } from "./root-history.ts";
import { createLayers, type Unknown } from "./source.ts";
import { createStateMemory } from "./state-memory.ts";
import { findFirstRoot } from "./store.ts";

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
  /** Lets prices in force be those of what the channel gives from now on. */
  carryPrices: Parameters<Registry["accept"]>[0]["carryPrices"];
};

/** What the registry and the folder held when all of it was taken. */
type Taken = { snapshot: Snapshot | undefined; glance: Glance | undefined };

/**
 * Follows one channel, in the registry and in the release folder. A change is verified whole (roots, channel, release,
 * bundle, profile, table), stored in the registry, and remembered, before it becomes the live release in one assignment;
 * whatever is refused leaves the live release as it is, and is logged once. What the registry has comes first: nothing
 * that is wrong with a folder keeps a kill from counting. Begins with what was live before a restart.
 */
export function createFollower(dependencies: Dependencies) {
  const { channel, registry, folder, stateFile, pinned, production, carryPrices, clock, log } = dependencies;
  const kills = createFolderKills();
  const layers = createLayers({ registry, folder, channel });
  const writeFolder = createFolderCopy({ folder, channel, find: layers.findRegistered, log });
  let updater: Updater | undefined;
  let live: LiveRelease | undefined;
  let roots = new Map<number, Document>();
  let taken: Taken | undefined;
  let seen: Seen | undefined;
  /** Nothing is remembered, and the folder never had anything. */
  let isNewHere = false;
  let trustsAnew = pinned !== undefined;
  /** Whether the registry has newer prices than come with what is about to count, and that, which waits for them. */
  let isBehindPrices = false;
  let waiting: Live | undefined;
  const refusals = createRefusals({ log, findKept: () => live?.release });
  const memory = createStateMemory({ stateFile, production, complain: refusals.complain });

  /** Looks at the folder, and at what the registry has, or why that cannot be told. Never rejects. */
  async function look(snapshot: Snapshot | HaggleError): Promise<void> {
    if (snapshot instanceof HaggleError) return refusals.refuse("registry", snapshot);
    if (refusals.get("registry")?.code === "SERVER_DATABASE") refusals.pass("registry");
    await memory.retry();
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
    if (
      isSameSnapshot &&
      files !== undefined &&
      taken?.glance !== undefined &&
      isSameGlance(taken.glance, files)
    ) {
      return;
    }
    layers.begin(snapshot);
    try {
      seen = files && { glance: files, unknown: await findUnknown(files) };
      if (seen !== undefined && seen.unknown.channel === undefined) kills.see(seen.glance.channel);
    } catch (cause) {
      return refusals.refuse("registry", cause);
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
      refusals.pass("folder");
      await bringUpToDate();
    } else refusals.refuse("folder", failure);
  }

  /** What the registry has, if it has anything. Resolves with whether all of it was taken. */
  async function takeRegistry(glance: Glance | undefined): Promise<boolean> {
    if (!layers.hasChannel()) {
      refusals.pass("registry");
      return false;
    }
    try {
      layers.useRegistry();
      await update(glance);
      refusals.pass("registry");
      return true;
    } catch (cause) {
      refusals.refuse("registry", cause);
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
        const next = await update(glance);
        if (unknown.root) checkNewestRoot(glance.root, next);
        kills.see(glance.channel);
        refusals.pass("folder");
        if (unknown.prices !== undefined && !isEqual(unknown.prices, next.files.prices)) return;
      }
      refusals.pass("folder");
      refusals.pass("side");
      const snapshot = isNews ? await registry.look() : taken?.snapshot;
      if (snapshot !== undefined) layers.begin(snapshot);
      // What came into the registry while the folder was taken is not live yet.
      if (isNews && (isBehind("channel") || isBehind("prices"))) taken = undefined;
      else if (isNews || snapshot === undefined || !(await bringUpToDate())) taken = { snapshot, glance };
    } catch (cause) {
      refusals.refuse("folder", cause);
      // Over it, so that whoever publishes again goes on from what was switched off.
      if (kills.hasRefused(cause)) seen = { glance, unknown: { ...unknown, channel: undefined } };
      // What is wrong with one file, such as root.json, keeps none of the others from being renewed.
      await bringUpToDate();
    }
  }

  /** Whether the registry has a newer document than what is live here. */
  function isBehind(kind: "channel" | "prices"): boolean {
    const head = layers.findHead(kind);
    return head !== undefined && !isEqual(head, live?.files[kind]);
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
  async function update(glance: Glance | undefined): Promise<LiveRelease> {
    const candidate = updater ?? openUpdater(await findTrust(glance));
    refusals.forgetHeard();
    isBehindPrices = false;
    const next = await candidate.update().finally(memory.settle);
    updater = candidate;
    if (waiting !== undefined) await followPrices(candidate);
    refusals.hearOut();
    await followRoots(next);
    // What was remembered before there was a registry is told to it too.
    if (!layers.isHead(next.files.channel)) await store(next.files, [...roots.values()], next.files.root);
    return live!;
  }

  /** Shoppers get a release of the folder and the prices that the registry has for it at once. */
  async function followPrices(candidate: Updater): Promise<void> {
    try {
      layers.begin(await registry.look());
      layers.useRegistry();
      isBehindPrices = false;
      await candidate.update().finally(memory.settle);
    } finally {
      if (waiting !== undefined) swap(waiting);
    }
  }

  /** Begins with what was live before, if anything was. */
  async function restore(): Promise<void> {
    try {
      const remembered = pinned === undefined ? await memory.loadFirstRoot() : undefined;
      isNewHere = remembered === undefined;
      const root = pinned ?? remembered;
      if (root === undefined) return;
      updater = openUpdater(root);
      const restored = await updater.restore();
      refusals.hearOut();
      if (restored === undefined) return;
      await followRoots(restored);
    } catch (cause) {
      refusals.refuse("folder", cause);
    }
  }

  /**
   * The operator's root, or the first that was trusted here, or, where nothing is remembered, the first that is found: on a
   * laptop the folder's, so that a new development key needs no new database; in production the registry's.
   */
  async function findTrust(glance: Glance | undefined): Promise<Uint8Array> {
    const known = pinned ?? (await memory.loadFirstRoot());
    if (known !== undefined) return known;
    const registered = await findFirstRoot(registry.database);
    const found = production ? (registered ?? glance?.root) : (glance?.root ?? registered);
    trustsAnew = !production && found === glance?.root;
    return found!;
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
  const load = (): Promise<TrustState | undefined> => memory.load({ rereads: !layers.isRegistryFirst() });

  /**
   * The registry first: what it refuses, because another server knows better, does not count here either. What came from it,
   * all of it, is stored already; then shoppers have it before the state file has.
   */
  async function save(state: TrustState): Promise<void> {
    if (live !== undefined && layers.isRegistryFirst() && layers.hasAll(filesOf(state))) {
      memory.saveLater(state);
      return;
    }
    const isStored = async (sha256: string) =>
      (await layers.findRegistered({ kind: "release", sha256 })) !== undefined;
    const others = layers.isRegistryFirst()
      ? []
      : await readOtherArms(state, { source: layers.source, isStored, production });
    isBehindPrices = await registry.accept({
      channel,
      state,
      others,
      history: new Map(),
      trustsAnew,
      check: checkAgainst(state),
      carryPrices,
    });
    layers.note(filesOf(state));
    // Whom to trust first is remembered, or nobody is trusted. After that the database remembers too: a kill must count.
    await memory.save(state, { isNeeded: live === undefined });
    // Before it counts, so that whoever has seen it live finds it in the folder.
    if (seen !== undefined && layers.isRegistryFirst()) {
      const chain = new Map(state.roots.map((root) => [versionOf(root), root]));
      await copy({ ...state, root: state.roots.at(-1)! }, chain);
    }
  }

  /** Against the registry's newest document at that moment: what was killed since the look began is no more undone. */
  function checkAgainst({ channel: bytes }: TrustState): ((head: Uint8Array) => void) | undefined {
    return layers.isRegistryFirst() ? undefined : (head) => kills.check(bytes, head);
  }

  async function store(files: Live["files"], history: readonly Document[], root: Uint8Array): Promise<void> {
    const known = new Map(history.map(({ bytes }, index) => [index, bytes]));
    const state = { ...files, roots: [root] };
    await registry.accept({ channel, state, history: known, trustsAnew, carryPrices });
  }

  function hear(event: UpdaterEvent): void {
    if (event.type === "updated") {
      if (isBehindPrices) waiting = event.live;
      else swap(event.live);
    }
    refusals.hear(event);
  }

  async function followRoots({ trusted, files }: Live): Promise<void> {
    const history = await readRootHistory(layers.rootsOfBefore, { trusted, bytes: files.root });
    roots = new Map([...history].map(([version, bytes]) => [version, toDocument(bytes)]));
  }

  function swap(next: Live): void {
    const { version, release, withdrawn, restored } = next;
    const what = withdrawn ? "release is switched off" : "release is live";
    waiting = undefined;
    log.info({ channel, version, release, ...(restored && { restored }) }, what);
    live = toLiveRelease(next);
    // Whoever is told of it asks for the root behind his own.
    roots = new Map([...roots, [next.trusted.root.version, live.documents.root]]);
    // What it was refused for is over; a kill counts before what follows it does.
    if (!withdrawn && !restored) refusals.pass("folder");
    dependencies.onSwap(live);
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
    throw refusals.alarm(error);
  }

  /** Writes the live set into a folder that holds an earlier one. Resolves with whether anything was written. */
  async function bringUpToDate(): Promise<boolean> {
    // Another server may have written what this one could not take.
    if (live === undefined || live.restored || isBehind("channel")) return false;
    return copy(live.files, new Map([...roots].map(([version, { bytes }]) => [version, bytes])));
  }

  async function copy(files: Live["files"], chain: ReadonlyMap<number, Uint8Array>): Promise<boolean> {
    const isWritten = await writeFolder(files, chain, seen);
    if (isWritten && seen?.unknown.channel === undefined) kills.see(files.channel);
    return isWritten;
  }

  return {
    channel,
    restore,
    /** Before a look: which release it is likely to find, undefined where nobody knows. */
    expect: layers.expect,
    look,
    /** The live release; undefined until there was a good one. */
    find: (): LiveRelease | undefined => live,
    findRoot: (version: number): Document | undefined => roots.get(version),
    /** Why the newest content of the registry or the folder is not live. */
    findRefusal: (): HaggleError | undefined => refusals.find() ?? memory.findFailure(),
  };
}

function filesOf({ roots, channel, release, bundle, prices }: TrustState): Uint8Array[] {
  return [...roots, channel, release, bundle, ...(prices ? [prices] : [])];
}

function versionOf(root: Uint8Array): number {
  return parseRoot(parseEnvelope(root, "root").payload).version;
}
