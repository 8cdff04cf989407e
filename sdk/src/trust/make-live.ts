import { type Channel, type Release, refuse } from "@haggle/abi";
import type { Engine } from "../engine.ts";
import { RefusedDecision } from "../refused-decision.ts";
import type { Live } from "./live.ts";
import type { AcceptedPrices } from "./prices.ts";
import type { ChainedRoot } from "./roots.ts";
import type { TrustState } from "./state.ts";

type Parts = Pick<Live, "channel" | "engine" | "withdrawn" | "restored"> & {
  roots: ChainedRoot[];
  files: Pick<TrustState, "channel" | "release" | "bundle">;
  prices: AcceptedPrices | undefined;
};

export function makeLive({ roots, files, channel, engine, prices, withdrawn, restored }: Parts): Live {
  const root = roots.at(-1)!;
  return {
    engine,
    trusted: root.trusted,
    roots: roots.map(({ bytes }) => bytes),
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
export function isSameLive(a: Live, b: Live): boolean {
  return (
    !a.restored &&
    a.engine === b.engine &&
    a.trusted.sha256 === b.trusted.sha256 &&
    a.version === b.version &&
    a.prices?.version === b.prices?.version
  );
}

export function isEqualOff(a: Channel, b: Channel): boolean {
  return JSON.stringify(a.off) === JSON.stringify(b.off);
}

/** Whether the second switches something off that the first did not. */
export function addsOff({ off: before }: Channel, { off }: Channel): boolean {
  return (["promotions", "rules", "releases"] as const).some((kind) =>
    off[kind].some((name) => !before[kind].includes(name)),
  );
}

/** Whether a channel wants a release to price nothing any more. */
export function isSwitchedOff(sha256: string, { version }: Release, { off, minRelease }: Channel): boolean {
  return off.releases.includes(sha256) || version < minRelease;
}

type Stop = { channel: Channel; channelBytes: Uint8Array; roots: ChainedRoot[] };

/** What was live, switched off by this channel document. It needs no check but the document's. */
export function stop(live: Live, { channel, channelBytes, roots }: Stop): Live {
  const root = roots.at(-1)!;
  return {
    ...live,
    trusted: root.trusted,
    roots: roots.map(({ bytes }) => bytes),
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
export function withdraw(engine: Engine): Engine {
  const error = refuse("ENGINE_RELEASE_OFF", "channel.off.releases", engine.release);
  return { ...engine, evaluate: () => new RefusedDecision(error) };
}
