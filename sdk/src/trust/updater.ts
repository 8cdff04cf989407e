import { type Channel, HaggleError, type Release, refuse } from "@haggle/abi";
import { seedOf } from "../bucket.ts";
import { assembleEngine, type Engine } from "../engine.ts";
import { checkDevelopment, checkTimes, type TrustedRoot, verifyChannel, verifyRelease } from "../verify.ts";
import { type Along, askAhead } from "./ahead.ts";
import { createBundles } from "./bundles.ts";
import { createReporter } from "./events.ts";
import type { Live, Updater, UpdaterOptions } from "./live.ts";
import { addsOff, isEqualOff, isSameLive, isSwitchedOff, makeLive, stop, withdraw } from "./make-live.ts";
import {
  asDamage,
  createMemory,
  type Floors,
  floorsUnder,
  ifVerified,
  joinFloors,
  type Known,
} from "./memory.ts";
import { type Chosen, createOwnArms } from "./own-arms.ts";
import { type AcceptedPrices, acceptPrices, type PricedRelease, reusePrices } from "./prices.ts";
import { type ChainedRoot, followRoots, rootAfter } from "./roots.ts";
import { pathOf, type ReleaseSource, type Wanted } from "./source.ts";
import type { TrustState } from "./state.ts";
import { isDamage, verifyStored } from "./stored.ts";

/** What is in use, the release behind it, the root under which that was verified, and what it was before it was switched off. */
type Current = { live: Live; release: Release; root: string; awake?: Live };

/** What an update knows when it has verified the channel document. */
type Step = {
  known: Known;
  roots: ChainedRoot[];
  floors: Floors;
  now: number;
  channel: Channel;
  channelBytes: Uint8Array;
  channelSha256: string;
  /** Of what the channel names, and of prices. */
  source: ReleaseSource;
  signal: AbortSignal | undefined;
};

type Made = {
  files: Pick<TrustState, "release" | "bundle">;
  release: Release;
  sha256: string;
  channel: Channel;
  withdrawn: boolean;
  root: TrustedRoot;
};

const NOT_FOUND = 404;
/** With a document that came by itself come neither roots nor prices; the look that follows has them. */
const NOTHING_MORE: ReleaseSource = async () => undefined;

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
  const { channel: name, clock = Date.now, minRelease = 0, development, bundles = createBundles() } = options;
  const host = { server: options.server === true };
  const pricesOf = { kind: "prices", channel: name } as const;
  const report = createReporter(options.onEvent);
  const source: ReleaseSource = (wanted, signal) => options.source(wanted, signal, report.isSpoilt());
  const memory = createMemory({ ...options, onDamage: (error) => report.refused(error, { isStored: true }) });
  const arms = createOwnArms(options);
  let current: Current | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** The order of checks. Whatever throws leaves everything as it was. */
  async function look(signal: AbortSignal | undefined): Promise<Live> {
    const known = await memory.recall();
    const wanted = { kind: "channel", channel: name } as const;
    const ahead = askAhead(source, [rootAfter(known.roots), wanted], signal);
    const roots = await followRoots(known.roots, ahead, signal);
    const { trusted } = roots.at(-1)!;
    for (const root of roots) checkDevelopment(root.trusted, development);
    const floors = await floorsUnder(trusted, known);
    const now = timeAbove(floors);
    checkTimes(trusted.root, now);

    // What was asked for beside a new root may be from before it, signed by keys that it no longer has.
    const isNewRoot = roots.length > known.roots.length;
    const channelBytes = await get(wanted, isNewRoot ? source : ahead, signal);
    const step = { known, roots, floors, now, channelBytes, source, signal };
    return proceed({ ...step, ...(await verifyNext(step)) });
  }

  /** A clock that was set back revives nothing. */
  function timeAbove(floors: Floors): number {
    return Math.max(clock(), floors.issued);
  }

  async function verifyNext({ channelBytes, roots, floors, now }: Omit<Step, "channel" | "channelSha256">) {
    const expected = { now, channel: name, ...(floors.channel && { floor: floors.channel }) };
    const verify = () => verifyChannel(channelBytes, roots.at(-1)!.trusted, expected);
    const { channel, sha256 } = await bundles.measure("verify", verify);
    seedOf(channel);
    return { channel, channelSha256: sha256 };
  }

  function proceed(step: Step): Promise<Live> {
    const { channel } = step;
    const held = current;
    if (held !== undefined && isSwitchedOff(held.live.release, held.release, channel))
      return replace(held, step);
    if (held !== undefined && isOverdue(held, step)) return restrain(held, step);
    return adopt(arms.choose(channel), step);
  }

  /** A channel document that came by itself, judged by the roots in use. */
  async function takeIn(channelBytes: Uint8Array, signal?: AbortSignal, along?: Along) {
    const held = current;
    const known = await memory.recall();
    const { roots } = known;
    const { trusted } = roots.at(-1)!;
    if (held?.live.trusted.sha256 !== trusted.sha256) return undefined;
    const floors = await floorsUnder(trusted, known);
    const now = timeAbove(floors);
    if (trusted.root.expires <= now) return undefined;
    const step = { known, roots, floors, now, channelBytes, source: NOTHING_MORE, signal };
    const next = await ifVerified(verifyNext(step));
    if (next === undefined || next.channel.version <= held.live.version) return undefined;
    const sha256 = arms.find(next.channel);
    if (sha256 === undefined || sha256 === held.live.release) return proceed({ ...step, ...next });
    const root = rootAfter(roots);
    const isStopped = isSwitchedOff(held.live.release, held.release, next.channel);
    const ahead = askAhead(source, [root, { kind: "release", sha256 }, pricesOf], signal, along);
    // What gives shoppers another release waits for the roots; what stops one does not.
    const hasRoot = ahead(root, signal).then((bytes) => bytes !== undefined);
    hasRoot.catch(() => {});
    if (!isStopped) return (await hasRoot) ? undefined : proceed({ ...step, ...next, source: ahead });
    const live = await replace(held, { ...step, ...next, source: ahead }, hasRoot);
    return (await hasRoot) ? undefined : live;
  }

  /** A prices document that came by itself, for the release in use. */
  async function takeInPrices(bytes: Uint8Array, signal: AbortSignal | undefined) {
    const held = current;
    const known = await memory.recall();
    if (held?.root !== known.roots.at(-1)!.trusted.sha256 || held.live.restored) return undefined;
    const { channel, release: sha256, files, trusted } = held.live;
    const floors = await floorsUnder(trusted, known);
    if (floors.channel?.version !== channel.version || !isChosen()) return undefined;
    const now = timeAbove(floors);
    const priced = { channel: name, release: held.release, sha256, trusted };
    if (!(await ifVerified(acceptPrices(bytes, priced, { now, floor: floors.prices })))) return undefined;
    const source: ReleaseSource = async ({ kind }) => (kind === "prices" ? bytes : undefined);
    const of = { channelBytes: files.channel, channelSha256: floors.channel.sha256, source };
    return adopt(arms.choose(channel), { known, roots: known.roots, floors, now, channel, signal, ...of });
  }

  /**
   * The release in use is switched off: it stops at once, whatever can be had instead. With `hasRoot` that is left to a look
   * where it is true.
   */
  async function replace(held: Current, step: Step, hasRoot?: Promise<boolean>): Promise<Live> {
    const { channel, signal } = step;
    const stopped = stop(held.live, step);
    current = { awake: held.live, ...held, live: stopped };
    if (!held.live.withdrawn || held.live.version !== stopped.version) report.updated(stopped);
    let failure: unknown;
    const arm = arms.find(channel);
    if (arm !== undefined && arm !== stopped.release) {
      try {
        if (!(await hasRoot)) return await adopt(arms.choose(channel), step);
      } catch (cause) {
        if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
        failure = cause;
      }
    }
    try {
      if (!(await keepHeld(held, step)) && failure === undefined) return look(signal);
    } catch (cause) {
      failure ??= cause;
    }
    if (failure !== undefined) throw failure;
    return stopped;
  }

  /** Whether the release in use has expired, and the channel that goes on with it switches something of it off. */
  function isOverdue({ live, release, root }: Current, { channel, roots, now }: Step): boolean {
    if (release.expires > now || live.withdrawn || root !== roots.at(-1)!.trusted.sha256) return false;
    return arms.find(channel) === live.release && addsOff(live.channel, channel);
  }

  /** What is switched off of a release that has expired counts; the rest of the channel document is refused. */
  async function restrain(held: Current, step: Step): Promise<Live> {
    const { roots, channel, channelBytes } = step;
    const { live, release } = held;
    const files = { ...live.files, channel: channelBytes };
    const { trusted } = roots.at(-1)!;
    const made = { files, release, sha256: live.release, channel, withdrawn: false, root: trusted };
    const prices = live.prices && { prices: live.prices, bytes: live.files.prices! };
    const next = makeLive({ ...made, roots, engine: await makeEngine(made), prices, restored: false });
    // It lives no longer by that.
    current = { ...held, live: { ...next, expires: release.expires } };
    report.updated(current.live);
    await keepHeld(held, step);
    throw refuse("DOCUMENT_EXPIRED", "expires", release.expires);
  }

  /** Remembers a channel document with the release in use. False when somebody else has stored something newer. */
  function keepHeld({ live: { files } }: Current, step: Step): Promise<boolean> {
    const { known, roots, floors, channelBytes } = step;
    const { release, bundle } = files;
    // The newest that were accepted, of whichever release: older ones must not follow.
    const prices = floors.prices && known.state?.prices;
    const state = {
      roots: roots.map(({ bytes }) => bytes),
      ...{ release, bundle, channel: channelBytes },
      ...(prices && { prices }),
    };
    return memory.keep({ roots, state, floors: floorsAfter(step) }, known);
  }

  const isChosen = (): boolean =>
    current !== undefined && arms.find(current.live.channel) === current.live.release;

  /** From the chosen release on. What was verified under this root is not verified again. */
  async function adopt({ sha256, withdrawn }: Chosen, step: Step): Promise<Live> {
    const { known, roots, floors, now, channel, channelBytes, signal } = step;
    const { trusted } = roots.at(-1)!;
    const held = current;
    const isHeld = held?.live.release === sha256;
    const isKnown = isHeld && held.root === trusted.sha256;
    const wanted = { kind: "release", sha256 } as const;
    const source = isKnown ? step.source : askAhead(step.source, [wanted, pricesOf], signal);
    // Under another root it may need other signatures than it had.
    const releaseBytes = isKnown ? held.live.files.release : await get(wanted, source, signal);
    const release = isKnown
      ? held.release
      : (await bundles.measure("verify", () => verifyRelease(releaseBytes, trusted, { now, sha256 })))
          .release;
    checkTimes(release, now);
    checkLowest(release, channel, withdrawn);

    const reference = { kind: "bundle", sha256: release.bundles[0]!.sha256 } as const;
    const isSameBundle = held?.live.engine.bundle === reference.sha256;
    const bundle = isSameBundle ? held.live.files.bundle : await get(reference, source, signal);
    const files = { channel: channelBytes, release: releaseBytes, bundle };
    // A channel that only renews its promise, or lifts a kill, leaves the engine, and the memory it has warmed, alone.
    const like = (!withdrawn && held?.awake) || held?.live;
    const isSameEngine = isKnown && like?.withdrawn === withdrawn && isEqualOff(like.channel, channel);
    const engine = isSameEngine
      ? like.engine
      : await makeEngine({ files, release, sha256, channel, withdrawn, root: trusted });

    const remembered = floors.prices && known.state?.prices;
    const inUse = isKnown && remembered === held.live.files.prices ? held.live : undefined;
    const priced = { channel: name, release, sha256, trusted };
    const prices = await lookForPrices(priced, remembered, inUse, { ...step, source });

    signal?.throwIfAborted();
    const newest = prices?.bytes ?? remembered;
    const state = { roots: roots.map(({ bytes }) => bytes), ...files, ...(newest && { prices: newest }) };
    const isSamePrices = newest === remembered;
    if (!(await memory.keep({ roots, state, ...(isSamePrices && { floors: floorsAfter(step) }) }, known)))
      return look(signal);
    const live = makeLive({ roots, files, channel, engine, prices, withdrawn, restored: false });
    if (held && isSameLive(held.live, live)) return held.live;
    current = { live, release, root: trusted.sha256 };
    report.updated(live);
    return live;
  }

  /** What the next update may not go below, where the newest prices are those of before. */
  function floorsAfter({ roots, floors, channel: { version, issued }, channelSha256: sha256 }: Step): Floors {
    return joinFloors(roots.at(-1)!.trusted, { version, sha256, issued }, floors.prices);
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
      const arm = withdrawn ? sha256 : arms.findOn(channel);
      // Stored for another unit, before somebody signed in perhaps: known, and not what this one gets.
      if (arm !== sha256 && channel.arms.some(({ release }) => release === sha256)) return undefined;
      // Under the newest root, whatever it was found by.
      if (!withdrawn) await verifyRelease(state.release, trusted, { sha256: arm });
      checkLowest(release, channel, withdrawn);
      checkDevelopment(root, development);
      const engine = await makeEngine({ files: state, release, sha256, channel, withdrawn, root });
      const prices = await reusePrices(state.prices, { channel: name, release, sha256, trusted });
      const live = makeLive({ roots, files: state, channel, engine, prices, withdrawn, restored: true });
      // What was switched off of a release that had expired came with a channel document that outlives it.
      const expires = Math.min(channel.expires, release.expires);
      current = { live: { ...live, expires }, release, root: root.sha256 };
    } catch (cause) {
      // What it says of versions stays known: a newer program may be stricter than the one that stored this.
      if (!(cause instanceof HaggleError)) throw cause;
      report.refused(isDamage(cause) ? asDamage(cause) : cause, { isStored: true });
      return undefined;
    }
    report.updated(current.live);
    return current.live;
  }

  async function get(
    wanted: Wanted,
    source: ReleaseSource,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const bytes = await source(wanted, signal);
    if (bytes === undefined) throw refuse("CLIENT_STATUS", pathOf(wanted), NOT_FOUND);
    return bytes;
  }

  function checkLowest({ version }: Release, channel: Channel, withdrawn: boolean): void {
    const lowest = withdrawn ? 0 : Math.max(minRelease, channel.minRelease);
    if (version < lowest) throw refuse("DOCUMENT_ROLLBACK", "release.version", version);
  }

  async function makeEngine({ files, release, sha256, channel, withdrawn, root }: Made): Promise<Engine> {
    const { release: releaseBytes, bundle } = files;
    const { metadata, module } = await bundles.load(bundle, release, root);
    const off = withdrawn ? undefined : channel.off;
    const assemble = () => assembleEngine(host, root, release, sha256, off, metadata, module);
    const engine = bundles.measure("instantiate", assemble);
    options.check?.({ release, releaseBytes, bundle, metadata });
    return withdrawn ? withdraw(engine) : engine;
  }

  /** New prices when the source has good ones; else the last ones, as far as they are of this release. */
  async function lookForPrices(
    priced: PricedRelease,
    remembered: Uint8Array | undefined,
    inUse: Live | undefined,
    { now, floors, source, signal }: Step,
  ): Promise<AcceptedPrices | undefined> {
    try {
      const bytes = await source(pricesOf, signal);
      const accepted = bytes && (await acceptPrices(bytes, priced, { now, floor: floors.prices }));
      report.passed("prices");
      if (accepted) return accepted;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
      report.refused(cause, { subject: "prices" });
    }
    if (inUse?.prices !== undefined) return { prices: inUse.prices, bytes: inUse.files.prices! };
    return reusePrices(remembered, priced);
  }

  /** Tells what becomes of it. */
  async function told<T extends Live | undefined>(
    work: Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      const live = await work;
      if (live !== undefined) report.passed("update");
      return live;
    } catch (cause) {
      if (cause instanceof HaggleError && !signal?.aborted) {
        report.refused(cause);
        if (isStale()) report.stale(current!.live.expires);
      }
      throw cause;
    }
  }

  const isStale = (): boolean => current !== undefined && current.live.expires <= clock();

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
    update: (signal) => inTurn(() => told(look(signal), signal)),
    take: (document, signal, along) => inTurn(() => told(takeIn(document, signal, along), signal)),
    takePrices: (document, signal) => inTurn(() => told(takeInPrices(document, signal), signal)),
    get isChosen() {
      return isChosen();
    },
    isStale,
  };
}
