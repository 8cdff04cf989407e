import { type Channel, HaggleError, type Release, refuse } from "@haggle/abi";
import { findArm } from "../arms.ts";
import { bucketOf, seedOf } from "../bucket.ts";
import { createEngine, type Engine } from "../engine.ts";
import { RefusedDecision } from "../refused-decision.ts";
import { checkDevelopment, checkTimes, type TrustedRoot, verifyChannel, verifyRelease } from "../verify.ts";
import { createReporter } from "./events.ts";
import type { Live, Updater, UpdaterOptions } from "./live.ts";
import { asDamage, createMemory, type Floors, floorsUnder, ifVerified, type Known } from "./memory.ts";
import { type AcceptedPrices, acceptPrices, type PricedRelease, reusePrices } from "./prices.ts";
import { type ChainedRoot, followRoots } from "./roots.ts";
import { pathOf, type Wanted } from "./source.ts";
import type { TrustState } from "./state.ts";

/** What is in use, and the release behind it. */
type Current = { live: Live; release: Release };

type Chosen = { sha256: string; withdrawn: boolean };

/** What an update knows when it has verified the channel document. */
type Step = {
  known: Known;
  roots: ChainedRoot[];
  floors: Floors;
  now: number;
  channel: Channel;
  channelBytes: Uint8Array;
  channelSha256: string;
  signal: AbortSignal | undefined;
};

type Made = {
  files: Pick<TrustState, "channel" | "release" | "bundle">;
  release: Release;
  withdrawn: boolean;
  root: TrustedRoot;
  now?: number;
};

const NOT_FOUND = 404;

/**
 * Keeps an engine on what a channel says, by documents from a source that is not trusted. An update counts whole or not
 * at all: every check comes first, then one save, then one swap. Prices are apart: a prices document that is refused, or
 * cannot be had, is told as an event and the rest goes on without it; the last good prices of the same release stay.
 * Prices of another release are never used. Where the channel switches a release off and gives no other, its documents
 * stay and its engine refuses every cart (ENGINE_RELEASE_OFF).
 *
 * Calls run one after another, each on what the one before has left.
 *
 * @example
 * const updater = createUpdater({ root, channel: "stable", source: cdnSource("https://cdn.example.com/shop") });
 * const { engine } = await updater.update();
 */
export function createUpdater(options: UpdaterOptions): Updater {
  const { source, channel: name, clock = Date.now, minRelease = 0, development } = options;
  const report = createReporter(options.onEvent);
  const memory = createMemory({ ...options, onDamage: (error) => report.refused(error, { isStored: true }) });
  let current: Current | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** The order of checks. Whatever throws leaves everything as it was. */
  async function look(signal: AbortSignal | undefined): Promise<Live> {
    const known = await memory.recall();
    const held = current;

    const roots = await followRoots(known.roots, source, signal);
    const { trusted } = roots.at(-1)!;
    for (const root of roots) checkDevelopment(root.trusted, development);
    const floors = await floorsUnder(trusted, known);
    const now = Math.max(clock(), floors.issued);
    checkTimes(trusted.root, now);

    const channelBytes = await get({ kind: "channel", channel: name }, signal);
    const expected = { now, channel: name, ...(floors.channel && { floor: floors.channel }) };
    const { channel, sha256: channelSha256 } = await verifyChannel(channelBytes, trusted, expected);
    seedOf(channel);
    const step = { known, roots, floors, now, channel, channelBytes, channelSha256, signal };
    if (held !== undefined && isSwitchedOff(held.live.release, held.release, channel))
      return replace(held, step);
    return adopt(choose(channel), step);
  }

  /** The release in use is switched off: it stops at once, whatever can be had instead. */
  async function replace(held: Current, step: Step): Promise<Live> {
    const { known, roots, floors, channel, channelBytes, signal } = step;
    const stopped = stop(held.live, step);
    current = { live: stopped, release: held.release };
    if (!held.live.withdrawn || held.live.version !== stopped.version) report.updated(stopped);
    let failure: unknown;
    const arm = findArmOf(channel);
    if (arm !== undefined && arm !== stopped.release) {
      try {
        return await adopt(choose(channel), step);
      } catch (cause) {
        if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
        failure = cause;
      }
    }
    const { release, bundle } = held.live.files;
    // The newest that were accepted, of whichever release: older ones must not follow.
    const prices = floors.prices && known.state?.prices;
    const state = { release, bundle, channel: channelBytes, ...(prices && { prices }) };
    try {
      const isKept = await memory.keep(roots, { roots: roots.map(({ bytes }) => bytes), ...state }, known);
      if (!isKept && failure === undefined) return look(signal);
    } catch (cause) {
      failure ??= cause;
    }
    if (failure !== undefined) throw failure;
    return stopped;
  }

  /** Of this client, in this channel document. */
  function bucketIn(channel: Channel): number {
    const { unit, bucket = 0 } = options;
    return unit === undefined ? bucket : bucketOf(seedOf(channel), unit);
  }

  function findArmOf(channel: Channel): string | undefined {
    const bucket = bucketIn(channel);
    return channel.arms.find(({ range: [from, to] }) => from <= bucket && bucket < to)?.release;
  }

  /** The release of the channel's arm. One that is switched off is known and served, and prices nothing. */
  function choose(channel: Channel): Chosen {
    const arm = findArmOf(channel);
    if (arm !== undefined && channel.off.releases.includes(arm)) return { sha256: arm, withdrawn: true };
    return { sha256: findArm(channel, bucketIn(channel)), withdrawn: false };
  }

  /** From the chosen release on. */
  async function adopt({ sha256, withdrawn }: Chosen, step: Step): Promise<Live> {
    const { known, roots, floors, now, channel, channelBytes, channelSha256, signal } = step;
    const { trusted } = roots.at(-1)!;
    const held = current;
    const isHeld = held?.live.release === sha256;
    const isKnown = isHeld && held.live.trusted.sha256 === trusted.sha256;
    const isSameChannel = isKnown && channelSha256 === floors.channel?.sha256;
    // Under another root it may need other signatures than it had.
    const releaseBytes = isKnown ? held.live.files.release : await get({ kind: "release", sha256 }, signal);
    const release = isSameChannel
      ? held.release
      : await verifyReleaseOf(channel, { sha256, withdrawn }, releaseBytes, trusted, now);
    if (isSameChannel) checkTimes(release, now);

    const reference = { kind: "bundle", sha256: release.bundles[0]!.sha256 } as const;
    const bundle = isHeld ? held.live.files.bundle : await get(reference, signal);
    const files = { channel: channelBytes, release: releaseBytes, bundle };
    // A channel that only renews its promise leaves the engine, and the memory it has warmed, alone.
    const isSameEngine =
      isKnown && held.live.withdrawn === withdrawn && isEqualOff(held.live.channel, channel);
    const engine = isSameEngine
      ? held.live.engine
      : await makeEngine({ files, release, withdrawn, root: trusted, now });

    const remembered = floors.prices && known.state?.prices;
    const prices = await lookForPrices({ channel: name, release, sha256, trusted }, remembered, {
      now,
      floors,
      signal,
    });

    signal?.throwIfAborted();
    const newest = prices?.bytes ?? remembered;
    const state = { roots: roots.map(({ bytes }) => bytes), ...files, ...(newest && { prices: newest }) };
    if (!(await memory.keep(roots, state, known))) return look(signal);
    const live = makeLive({ roots, files, channel, engine, prices, withdrawn, restored: false });
    if (held && isSameLive(held.live, live)) return held.live;
    current = { live, release };
    report.updated(live);
    return live;
  }

  async function restore(): Promise<Live | undefined> {
    if (current !== undefined) return current.live;
    const { roots, state } = await memory.recall();
    if (state === undefined) return undefined;
    const { trusted } = roots.at(-1)!;
    try {
      const { channel } = await verifyChannel(state.channel, trusted, { channel: name });
      const { release, sha256, root } = await verifyStored(state.release, roots);
      const withdrawn = isSwitchedOff(sha256, release, channel);
      const arm = withdrawn ? sha256 : findArm(channel, bucketIn(channel));
      // Stored for another unit, before somebody signed in perhaps: known, and not what this one gets.
      if (arm !== sha256 && channel.arms.some(({ release }) => release === sha256)) return undefined;
      if (!withdrawn) await verifyReleaseOf(channel, { sha256: arm, withdrawn }, state.release, trusted);
      const engine = await makeEngine({ files: state, release, withdrawn, root });
      const prices = await reusePrices(state.prices, { channel: name, release, sha256, trusted });
      current = {
        live: makeLive({ roots, files: state, channel, engine, prices, withdrawn, restored: true }),
        release,
      };
    } catch (cause) {
      // What it says of versions stays known: a newer program may be stricter than the one that stored this.
      if (!(cause instanceof HaggleError)) throw cause;
      report.refused(isDamage(cause) ? asDamage(cause) : cause, { isStored: true });
      return undefined;
    }
    report.updated(current.live);
    return current.live;
  }

  async function get(wanted: Wanted, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = await source(wanted, signal);
    if (bytes === undefined) throw refuse("CLIENT_STATUS", pathOf(wanted), NOT_FOUND);
    return bytes;
  }

  async function verifyReleaseOf(
    channel: Channel,
    { sha256, withdrawn }: Chosen,
    bytes: Uint8Array,
    trusted: TrustedRoot,
    now?: number,
  ): Promise<Release> {
    const minVersion = withdrawn ? 0 : Math.max(minRelease, channel.minRelease);
    return (await verifyRelease(bytes, trusted, { now, sha256, minVersion })).release;
  }

  async function makeEngine({ files, release, withdrawn, root, now }: Made): Promise<Engine> {
    const { channel, release: releaseBytes, bundle } = files;
    const engine = await createEngine({
      bundle,
      release: releaseBytes,
      root,
      server: options.server === true,
      development: development === true,
      ...(!withdrawn && { channel }),
      ...(now !== undefined && { now }),
    });
    options.check?.({ release, releaseBytes, bundle });
    return withdrawn ? withdraw(engine) : engine;
  }

  /** New prices when the source has good ones; else the last ones, as far as they are of this release. */
  async function lookForPrices(
    priced: PricedRelease,
    remembered: Uint8Array | undefined,
    { now, floors, signal }: { now: number; floors: Floors; signal: AbortSignal | undefined },
  ): Promise<AcceptedPrices | undefined> {
    try {
      const bytes = await source({ kind: "prices", channel: name }, signal);
      const accepted = bytes && (await acceptPrices(bytes, priced, { now, floor: floors.prices }));
      report.passed("prices");
      if (accepted) return accepted;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
      report.refused(cause, { subject: "prices" });
    }
    return reusePrices(remembered, priced);
  }

  async function update(signal?: AbortSignal): Promise<Live> {
    try {
      const live = await look(signal);
      report.passed("update");
      return live;
    } catch (cause) {
      if (cause instanceof HaggleError && !signal?.aborted) {
        report.refused(cause);
        if (isStale()) report.stale(current!.live.expires);
      }
      throw cause;
    }
  }

  function isStale(): boolean {
    return current !== undefined && current.live.expires <= clock();
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return {
    get live() {
      return current?.live;
    },
    restore: () => inTurn(restore),
    update: (signal) => inTurn(() => update(signal)),
    isStale,
  };
}

/**
 * A stored release, by the newest root under which it holds: the root that came with a stop may have other authors. What
 * may price is held against the newest all the same.
 */
async function verifyStored(bytes: Uint8Array, roots: readonly ChainedRoot[]) {
  const [{ trusted: newest }, ...older] = roots.toReversed() as [ChainedRoot, ...ChainedRoot[]];
  try {
    return { ...(await verifyRelease(bytes, newest)), root: newest };
  } catch (cause) {
    for (const { trusted: root } of older) {
      const verified = await ifVerified(verifyRelease(bytes, root));
      if (verified) return { ...verified, root };
    }
    throw cause;
  }
}

/** Whether a channel wants a release to price nothing any more. */
function isSwitchedOff(sha256: string, { version }: Release, { off, minRelease }: Channel): boolean {
  return off.releases.includes(sha256) || version < minRelease;
}

/** What was live, switched off by this channel document. It needs no check but the document's. */
function stop(live: Live, { channel, channelBytes, roots }: Step): Live {
  const root = roots.at(-1)!;
  return {
    ...live,
    trusted: root.trusted,
    channel,
    version: channel.version,
    expires: channel.expires,
    files: { ...live.files, root: root.bytes, channel: channelBytes },
    engine: live.withdrawn ? live.engine : withdraw(live.engine),
    withdrawn: true,
    restored: false,
  };
}

/** All of an engine but its prices. */
function withdraw(engine: Engine): Engine {
  const error = refuse("ENGINE_RELEASE_OFF", "channel.off.releases", engine.release);
  return { ...engine, evaluate: () => new RefusedDecision(error) };
}

function isEqualOff(a: Channel, b: Channel): boolean {
  return JSON.stringify(a.off) === JSON.stringify(b.off);
}

type Parts = Pick<Live, "channel" | "engine" | "withdrawn" | "restored"> & {
  roots: ChainedRoot[];
  files: Pick<TrustState, "channel" | "release" | "bundle">;
  prices: AcceptedPrices | undefined;
};

function makeLive({ roots, files, channel, engine, prices, withdrawn, restored }: Parts): Live {
  const root = roots.at(-1)!;
  return {
    engine,
    trusted: root.trusted,
    channel,
    version: channel.version,
    expires: channel.expires,
    release: engine.release,
    ...(prices && { prices: prices.prices }),
    files: {
      root: root.bytes,
      channel: files.channel,
      release: files.release,
      bundle: files.bundle,
      ...(prices && { prices: prices.bytes }),
    },
    withdrawn,
    restored,
  };
}

/** Nothing changed since, and the source has confirmed it. */
function isSameLive(a: Live, b: Live): boolean {
  return (
    !a.restored &&
    a.engine === b.engine &&
    a.trusted.sha256 === b.trusted.sha256 &&
    a.version === b.version &&
    a.prices?.version === b.prices?.version
  );
}

/** Whether stored documents do not hold; the others are what this program does not want, or cannot run. */
function isDamage({ code }: HaggleError): boolean {
  if (["DOCUMENT_ROLLBACK", "DOCUMENT_NO_ARM", "SIGNATURE_UNSUPPORTED"].includes(code)) return false;
  return /^(?:DOCUMENT|SIGNATURE)_/.test(code) || code === "ENGINE_BUNDLE_MISMATCH";
}
