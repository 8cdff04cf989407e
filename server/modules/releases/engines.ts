import { refuse } from "@haggle/abi";
import { createEngine, type Engine, verifyRelease } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Document } from "../../platform/document.ts";
import { checkTable } from "./check-table.ts";
import type { LiveRelease } from "./live-release.ts";

type Dependencies = {
  findLive: (channel: string) => LiveRelease | undefined;
  findRelease: (sha256: string) => Promise<Document | undefined>;
  findBundle: (sha256: string) => Promise<Document | undefined>;
  /** Of a channel, by the digest of its bytes, however old. */
  findChannelDocument: (channel: string, sha256: string) => Promise<Uint8Array | undefined>;
  production: boolean;
  clock: Clock;
};

/** The two arms of a rollout, and the releases that quotes are still pinned to. One takes some megabytes. */
const MAX_ENGINES = 8;

/** Engines as browsers make them, of the releases that a channel gives out. */
/** For replays, which come one after another. */
const MAX_PAST = 2;
const MAX_PREVIEWS = 4;

/** `channel`: the document that says what is off. `now`: by which the release must be in force, where that matters. */
type Terms = {
  trusted: LiveRelease["trusted"];
  channel: Uint8Array;
  server: boolean;
  now: number | undefined;
};

type Made = { engine: Engine; expires: number };
type Kept = Map<string, Promise<Made>>;

/** Engines of releases beside the live one: of the other arms of a channel, and of those that quotes are pinned to. */
export function createEngines(dependencies: Dependencies) {
  const { findLive, findRelease, findBundle, findChannelDocument, production, clock } = dependencies;
  const engines: Kept = new Map();
  const previews: Kept = new Map();
  const past: Kept = new Map();

  /**
   * The engine of a release that the registry holds, as a client of the channel would make it: signed by the present root,
   * in force, not switched off, not below the channel's lowest release.
   *
   * @throws HaggleError SERVER_NO_RELEASE, SERVER_UNKNOWN_RELEASE, ENGINE_RELEASE_OFF, DOCUMENT_*, SIGNATURE_*, PROFILE_*
   */
  async function getEngine(sha256: string, channel: string): Promise<Engine> {
    const live = getLive(channel);
    // While the first arm's release is switched off, or what follows it cannot be had, every cart is refused by this one.
    if (live.release === sha256 || (live.withdrawn && live.channel.arms[0]?.release === sha256)) {
      return live.engine;
    }
    return get(sha256, live, engines, MAX_ENGINES);
  }

  /** The same without what only a server runs, to see what a browser came to. Throws as `getEngine` does. */
  async function getPreview(sha256: string, channel: string): Promise<Engine> {
    return get(sha256, getLive(channel), previews, MAX_PREVIEWS);
  }

  /**
   * As the channel's document of this digest left it, whatever was switched off or ended since: for what was priced then.
   *
   * @throws HaggleError SERVER_NO_RELEASE, SERVER_UNKNOWN_RELEASE, ENGINE_RELEASE_OFF where it was off then, DOCUMENT_*
   */
  async function getEngineAsOf(sha256: string, channel: string, document: string): Promise<Engine> {
    const live = getLive(channel);
    if (live.documents.channel.sha256 === document) return getEngine(sha256, channel);
    const bytes = await findChannelDocument(channel, document);
    if (bytes === undefined) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", document);
    const key = JSON.stringify([sha256, live.trusted.sha256, document]);
    const terms = { trusted: live.trusted, channel: bytes, server: true, now: undefined };
    return (await keep(past, key, past.get(key) ?? make(sha256, terms), MAX_PAST)).engine;
  }

  function getLive(channel: string): LiveRelease {
    const live = findLive(channel);
    if (live === undefined) throw refuse("SERVER_NO_RELEASE", "channel", channel);
    return live;
  }

  async function get(sha256: string, live: LiveRelease, kept: Kept, max: number): Promise<Engine> {
    const { channel, trusted, files } = live;
    if (channel.off.releases.includes(sha256)) {
      throw refuse("ENGINE_RELEASE_OFF", "channel.off.releases", sha256);
    }
    const key = JSON.stringify([sha256, trusted.sha256, channel.off]);
    const made =
      kept.get(key) ??
      make(sha256, { trusted, channel: files.channel, server: kept === engines, now: clock() });
    const { engine, expires } = await keep(kept, key, made, max);
    if (expires <= clock()) throw refuse("DOCUMENT_EXPIRED", "expires", expires);
    if (engine.version < channel.minRelease) {
      throw refuse("ENGINE_RELEASE_OFF", "channel.minRelease", engine.version);
    }
    return engine;
  }

  /** As the one that was used last. What fails is tried again the next time. */
  function keep(kept: Kept, key: string, made: Promise<Made>, max: number): Promise<Made> {
    kept.delete(key);
    kept.set(key, made);
    if (kept.size > max) kept.delete(kept.keys().next().value!);
    made.catch(() => kept.get(key) === made && kept.delete(key));
    return made;
  }

  async function make(sha256: string, { trusted, channel, server, now }: Terms): Promise<Made> {
    const found = await findRelease(sha256);
    if (found === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "release", sha256);
    const { release } = await verifyRelease(found.bytes, trusted, { now, sha256 });
    const bundle = await findBundle(release.bundles[0]!.sha256);
    if (bundle === undefined) throw refuse("SERVER_UNKNOWN_BUNDLE", "release.bundles[0]", sha256);
    const engine = await createEngine({
      bundle: bundle.bytes,
      release: found.bytes,
      root: trusted,
      channel,
      server,
      development: !production,
    });
    checkTable({ releaseBytes: found.bytes, bundle: bundle.bytes });
    return { engine, expires: release.expires };
  }

  return { getEngine, getPreview, getEngineAsOf };
}
