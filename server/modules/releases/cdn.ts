// The tree for a CDN: what any web server or object store can give out in this server's place.

import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { explainError, HaggleError, parseEnvelope, parseRelease } from "@haggle/abi";
import { verifyChannel } from "@haggle/sdk";
import { verifyExperiments } from "@haggle/sdk/experiments";
import { replaceFile } from "@haggle/sdk/node";
import { pathOf, verifyNextRoot, type Wanted } from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Side, SideDocument } from "../../platform/document.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { LiveRelease, Releases } from "./service.ts";

type Dependencies = {
  releases: Releases;
  /** Of a channel, where there are any. */
  experiments: Pick<Side, "find" | "subscribe">;
  database: Database;
  outbox: Pick<Outbox, "emit">;
  /** Of the operator; each tenant has a folder in it. */
  folder: string;
  clock: Clock;
  log: Logger;
};

/** What failed is tried again; a swap is written at once. */
const EVERY_MS = 5_000;

/**
 * Writes root, roots, channels, prices, experiments, releases and bundles under `folder/<tenant>` whenever something is live that is not
 * there yet, renewed documents too: what a document names before the document, each file in one step. What is named by
 * its digest is never removed: a page that was opened yesterday may still fetch it.
 */
export function createCdn({ releases, experiments, database, outbox, folder, clock, log }: Dependencies) {
  const target = join(folder, database.tenant);
  /** Versions of the channel documents that are there. */
  const written = new Map<string, string>();
  let failure: HaggleError | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  /** Writes what is due. Calls that come meanwhile share one more round. */
  function write(): Promise<void> {
    again = running !== undefined;
    running ??= writeAll().finally(() => {
      running = undefined;
      if (again) void write();
    });
    return running;
  }

  async function writeAll(): Promise<void> {
    try {
      for (const channel of releases.listChannels()) {
        const live = releases.find(channel);
        if (live !== undefined && !live.restored) await writeChannel(live);
      }
      if (failure !== undefined) log.info({ folder: target }, "the tree for the CDN is written again");
      failure = undefined;
    } catch (cause) {
      await tell(cause);
    }
  }

  async function writeChannel(live: LiveRelease): Promise<void> {
    const { root, channel, prices } = live.documents;
    const name = live.channel.channel;
    const side = experiments.find(name);
    const state = [root, channel, prices, side?.document].map((document) => document?.sha256).join();
    if (await hasNextRoot(live)) return;
    const there = await findThere(live);
    if (there === "newer" || (there === "same" && written.get(name) === state)) return;
    for (const { release: sha256 } of live.channel.arms) await writeRelease(sha256);
    await writeRelease(live.release);
    for (let version = live.trusted.root.version; version > 0; version -= 1) {
      const found = releases.findRoot(version);
      if (found === undefined) break;
      await put({ kind: "root", version }, found.bytes);
    }
    await replace(join(target, "root.json"), root.bytes);
    if (prices !== undefined) await put({ kind: "prices", channel: name }, prices.bytes);
    if (side !== undefined) await writeExperiments(side, live);
    await put({ kind: "channel", channel: name }, channel.bytes);
    written.set(name, state);
    log.info({ channel: name, version: live.version, folder: target }, "the tree for the CDN is written");
  }

  /** Unless another server on this folder has written newer ones. */
  async function writeExperiments(
    { channel, version, document }: SideDocument,
    { trusted }: LiveRelease,
  ): Promise<void> {
    const path = join(target, "experiments", `${channel}.json`);
    const found = await readFile(path).catch(() => undefined);
    const there =
      found && (await verifyExperiments(new Uint8Array(found), trusted, { channel }).catch(asRefused));
    if (there === undefined || there.experiments.version < version) await replace(path, document.bytes);
  }

  /**
   * Whether another server on this folder follows a root that comes after the one known here: under that one it judges,
   * and what this one would write its clients would refuse.
   */
  async function hasNextRoot({ trusted, files }: LiveRelease): Promise<boolean> {
    const path = join(target, pathOf({ kind: "root", version: trusted.root.version + 1 }));
    const found = await readFile(path).catch(() => undefined);
    if (found === undefined) return false;
    try {
      await verifyNextRoot(new Uint8Array(found), { trusted, bytes: files.root });
      return true;
    } catch (cause) {
      if (cause instanceof HaggleError) return false;
      throw cause;
    }
  }

  /** What there is of the channel. Another server on this folder may be ahead; whoever empties it finds it filled again. */
  async function findThere({
    channel,
    documents,
    trusted,
  }: LiveRelease): Promise<"newer" | "same" | "other"> {
    const path = join(target, pathOf({ kind: "channel", channel: channel.channel }));
    const found = await readFile(path).catch(() => undefined);
    if (found === undefined) return "other";
    if (Buffer.compare(found, documents.channel.bytes) === 0) return "same";
    try {
      const { version } = (await verifyChannel(new Uint8Array(found), trusted)).channel;
      return version > channel.version ? "newer" : "other";
    } catch (cause) {
      if (cause instanceof HaggleError) return "other";
      throw cause;
    }
  }

  /** The bundle before the release that names it. */
  async function writeRelease(sha256: string): Promise<void> {
    const release = await releases.findRelease(sha256);
    if (release === undefined) return;
    const { bundles } = parseRelease(parseEnvelope(release.bytes, "release").payload);
    const bundle = await releases.findBundle(bundles[0]!.sha256);
    if (bundle === undefined) return;
    await put({ kind: "bundle", sha256: bundle.sha256 }, bundle.bytes);
    await put({ kind: "release", sha256 }, release.bytes);
  }

  function put(wanted: Wanted, bytes: Uint8Array): Promise<void> {
    return replace(join(target, pathOf(wanted)), bytes);
  }

  /** Tells once that it does not go on, until it does. */
  async function tell(cause: unknown): Promise<void> {
    const { code: value } = cause as NodeJS.ErrnoException;
    const error = new HaggleError("SERVER_CDN_LATE", "Nothing can be written for the CDN", {
      at: target,
      value,
      cause,
    });
    const isTold = failure !== undefined;
    failure = error;
    if (isTold) return;
    log.error({ code: error.code, reason: explainError(error) }, "the tree for the CDN grows old");
    await database
      .transaction((tx) =>
        outbox.emit(tx, {
          type: "cdn.late",
          subject: database.tenant,
          data: { since: clock(), cause: value },
        }),
      )
      .catch((unheard: unknown) => log.error({ err: unheard }, "the alarm could not be stored"));
  }

  return {
    write,
    /** Whether what is live could not be written. */
    isLate: (): boolean => failure !== undefined,
    /** Runs until the returned function is called, which waits for what is under way. */
    watch(): () => Promise<void> {
      const run = (): void => void write();
      const subscriptions = [releases.subscribe(run), experiments.subscribe(run)];
      const timer = setInterval(run, EVERY_MS);
      run();
      return async () => {
        clearInterval(timer);
        for (const unsubscribe of subscriptions) unsubscribe();
        again = false;
        await running;
      };
    },
  };
}

function asRefused(cause: unknown): undefined {
  if (!(cause instanceof HaggleError)) throw cause;
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.size === bytes.length && Buffer.compare(await readFile(path), bytes) === 0) return;
  await replaceFile(path, (file) => file.writeFile(bytes));
}
