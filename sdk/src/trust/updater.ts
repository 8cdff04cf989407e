import { type Channel, HaggleError, type Prices, type Release, refuse } from "@haggle/abi";
import { findArm } from "../arms.ts";
import { createEngine, type Engine } from "../engine.ts";
import {
  checkDevelopment,
  checkTimes,
  type TrustedRoot,
  verifyChannel,
  verifyPrices,
  verifyRelease,
  verifyRoot,
} from "../verify.ts";
import { createReporter } from "./events.ts";
import type { Live, Updater, UpdaterOptions } from "./live.ts";
import { type Floors, floorsUnder, type Memory, recall } from "./memory.ts";
import { checkPrices } from "./prices.ts";
import { type ChainedRoot, followRoots } from "./roots.ts";
import { pathOf, type Wanted } from "./source.ts";
import { memoryStore, type TrustState } from "./state.ts";

/** What a candidate becomes when it counts. */
type Set = {
  live: Live;
  release: Release;
  memory: Required<Memory>;
};

/**
 * Keeps an engine on what a channel says, by documents from a source that is not trusted. An update counts whole or not
 * at all: every check comes first, then one save, then one swap. Prices are the exception that proves it: a prices
 * document that is refused, or cannot be had, is told as an event and the rest of the set goes on without it; the last
 * good prices of the same release stay.
 *
 * Calls run one after another.
 *
 * @example
 * const updater = createUpdater({ root, channel: "stable", source: cdnSource("https://cdn.example.com/shop") });
 * const { engine } = await updater.update();
 */
export function createUpdater(options: UpdaterOptions): Updater {
  const { source, channel: name, store = memoryStore(), clock = Date.now, bucket = 0, onEvent } = options;
  const { minRelease = 0, development, server = false, check } = options;
  const report = createReporter(onEvent);
  let memory: Memory | undefined;
  let set: Set | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One call at a time: each stands on what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function restore(): Promise<Live | undefined> {
    if (set !== undefined) return set.live;
    const { roots, state } = await remember();
    if (state === undefined) return undefined;
    const { trusted } = roots.at(-1)!;
    try {
      const { channel } = await verifyChannel(state.channel, trusted, { channel: name });
      const release = await takeRelease(state.release, findArm(channel, bucket), trusted, channel, undefined);
      const engine = await makeEngine(state, trusted, release, undefined);
      const prices = await keepPrices(state.prices, trusted, release, engine.release);
      set = makeSet({ roots, state, release, engine, channel, prices, restored: true });
    } catch (cause) {
      // The memory stays good: a newer program may be stricter than the one that stored this.
      if (!(cause instanceof HaggleError)) throw cause;
      report.refused(cause, { alarms: false });
      return undefined;
    }
    report.updated(set.live);
    return set.live;
  }

  /** The order of checks. Whatever throws leaves everything as it was. */
  async function update(signal?: AbortSignal): Promise<Live> {
    const get = async (wanted: Wanted): Promise<Uint8Array> => {
      const bytes = await source(wanted, signal);
      if (bytes === undefined) throw refuse("CLIENT_STATUS", pathOf(wanted), 404);
      return bytes;
    };
    const known = await remember();

    const roots = await followRoots(known.roots, source, signal);
    const { trusted } = roots.at(-1)!;
    for (const root of roots) checkDevelopment(root.trusted, development);
    const floors = await floorsUnder(trusted, known.state);
    const now = Math.max(clock(), floors.issued);
    checkTimes(trusted.root, now);

    const channelBytes = await get({ kind: "channel", channel: name });
    const { channel, sha256: channelSha256 } = await verifyChannel(channelBytes, trusted, {
      now,
      channel: name,
      ...(floors.channel && { floor: floors.channel }),
    });

    const held = set?.live.trusted.sha256 === trusted.sha256 ? set : undefined;
    const sha256 = findArm(channel, bucket);
    const isHeld = set?.live.release === sha256;
    const releaseBytes = isHeld ? set!.live.files.release : await get({ kind: "release", sha256 });
    const isSame = isHeld && held !== undefined && channelSha256 === floors.channel?.sha256;
    if (isSame) checkTimes(held.release, now);
    const release = isSame ? held.release : await takeRelease(releaseBytes, sha256, trusted, channel, now);

    const bundle = isHeld
      ? set!.live.files.bundle
      : await get({ kind: "bundle", sha256: release.bundles[0]!.sha256 });
    const files = { channel: channelBytes, release: releaseBytes, bundle };
    // A channel that only renews its promise leaves the engine, and the memory it has warmed, alone.
    const engine =
      isHeld && held !== undefined && isEqualOff(held.live.channel, channel)
        ? held.live.engine
        : await makeEngine(files, trusted, release, now);

    const prices = await takePrices({ trusted, release, sha256, floors, now, known, signal });
    const state = { roots: roots.map(({ bytes }) => bytes), ...files, ...prices.remembered };
    const next = makeSet({ roots, state, release, engine, channel, prices: prices.used, restored: false });

    signal?.throwIfAborted();
    if (isSame && !set!.live.restored && set!.live.files.prices === next.live.files.prices) {
      return set!.live;
    }
    await save(state);
    memory = next.memory;
    set = next;
    report.updated(next.live);
    return next.live;
  }

  /** The pinned root, and what is stored from it on; read once. */
  async function remember(): Promise<Memory> {
    if (memory !== undefined) return memory;
    const bytes = typeof options.root === "string" ? new TextEncoder().encode(options.root) : options.root;
    const pinned: ChainedRoot = { trusted: await verifyRoot(bytes), bytes };
    checkDevelopment(pinned.trusted, development);
    try {
      const state = await store.load();
      memory = state ? await recall(pinned, state, name) : { roots: [pinned] };
    } catch (cause) {
      if (!(cause instanceof HaggleError) || cause.code !== "CLIENT_STATE_DAMAGED") throw cause;
      report.refused(cause, { alarms: false });
      memory = { roots: [pinned] };
    }
    return memory;
  }

  async function takeRelease(
    bytes: Uint8Array,
    sha256: string,
    trusted: TrustedRoot,
    channel: Channel,
    now: number | undefined,
  ): Promise<Release> {
    const minVersion = Math.max(minRelease, channel.minRelease);
    return (await verifyRelease(bytes, trusted, { now, sha256, minVersion })).release;
  }

  async function makeEngine(
    files: Pick<TrustState, "channel" | "release" | "bundle">,
    root: TrustedRoot,
    release: Release,
    now: number | undefined,
  ): Promise<Engine> {
    const engine = await createEngine({
      ...files,
      root,
      server,
      development: development === true,
      ...(now !== undefined && { now }),
    });
    check?.({ release, releaseBytes: files.release, bundle: files.bundle });
    return engine;
  }

  type PricesStep = {
    trusted: TrustedRoot;
    release: Release;
    sha256: string;
    floors: Floors;
    now: number;
    known: Memory;
    signal: AbortSignal | undefined;
  };

  /** New prices when the source has good ones; else the last good ones, as far as they are of this release. */
  async function takePrices({ trusted, release, sha256, floors, now, known, signal }: PricesStep) {
    const old = floors.prices ? known.state?.prices : undefined;
    try {
      const bytes = await source({ kind: "prices", channel: name }, signal);
      if (bytes !== undefined) {
        const verified = await verifyPrices(bytes, trusted, { now });
        checkFloor(verified.prices.version, verified.sha256, floors);
        if (verified.sha256 !== floors.prices?.sha256) {
          checkPrices(verified.prices, release, sha256);
          report.passed("prices");
          return { remembered: { prices: bytes }, used: { bytes, prices: verified.prices } };
        }
      }
      report.passed("prices");
    } catch (cause) {
      if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
      report.refused(cause, { subject: "prices" });
    }
    return { remembered: old && { prices: old }, used: await keepPrices(old, trusted, release, sha256) };
  }

  async function save(state: TrustState): Promise<void> {
    try {
      await store.save(state);
    } catch (cause) {
      if (cause instanceof HaggleError) throw cause;
      throw refuse("CLIENT_STATE", name, undefined, cause);
    }
  }

  const isStale = (): boolean => set !== undefined && set.live.expires <= clock();

  return {
    get live() {
      return set?.live;
    },
    restore: () => inTurn(restore),
    update: (signal) =>
      inTurn(async () => {
        try {
          const live = await update(signal);
          report.passed("update");
          return live;
        } catch (cause) {
          if (cause instanceof HaggleError && !signal?.aborted) {
            report.refused(cause);
            if (isStale()) report.stale(set!.live.expires);
          }
          throw cause;
        }
      }),
    isStale,
  };
}

/** Prices that were accepted before, if they are of this release. */
async function keepPrices(
  bytes: Uint8Array | undefined,
  trusted: TrustedRoot,
  release: Release,
  sha256: string,
): Promise<{ bytes: Uint8Array; prices: Prices } | undefined> {
  if (bytes === undefined) return undefined;
  try {
    const { prices } = await verifyPrices(bytes, trusted);
    checkPrices(prices, release, sha256);
    return { bytes, prices };
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}

function checkFloor(version: number, sha256: string, { prices: floor }: Floors): void {
  if (floor === undefined) return;
  if (version < floor.version) throw refuse("DOCUMENT_ROLLBACK", "prices.version", version);
  if (version === floor.version && sha256 !== floor.sha256) {
    throw refuse("DOCUMENT_EQUIVOCATION", "prices", sha256);
  }
}

function isEqualOff(a: Channel, b: Channel): boolean {
  return JSON.stringify(a.off) === JSON.stringify(b.off);
}

type Parts = {
  roots: ChainedRoot[];
  state: TrustState;
  release: Release;
  engine: Engine;
  channel: Channel;
  prices: { bytes: Uint8Array; prices: Prices } | undefined;
  restored: boolean;
};

function makeSet({ roots, state, release, engine, channel, prices, restored }: Parts): Set {
  const root = roots.at(-1)!;
  return {
    live: {
      engine,
      trusted: root.trusted,
      channel,
      version: channel.version,
      expires: channel.expires,
      release: engine.release,
      ...(prices && { prices: prices.prices }),
      files: {
        root: root.bytes,
        channel: state.channel,
        release: state.release,
        bundle: state.bundle,
        ...(prices && { prices: prices.bytes }),
      },
      restored,
    },
    release,
    memory: { roots, state },
  };
}
