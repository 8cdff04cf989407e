import { hash } from "node:crypto";
import {
  type Channel,
  type Envelope,
  explainError,
  HaggleError,
  type Prices,
  parseChannel,
  parseEnvelope,
  parseMetadata,
  parseRelease,
  parseRoot,
  refuse,
} from "@haggle/abi";
import {
  createEngine,
  signersOf,
  type TrustedRoot,
  verifyBundleSignature,
  verifyPrices,
  verifyProfile,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { type ChainedRoot, checkPrices, verifyNextRoot } from "@haggle/sdk/trust";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../access/service.ts";
import type { Audit } from "../audit/service.ts";
import { checkTable } from "./check-table.ts";
import { joinSignatures } from "./cosigned.ts";
import { firstRelease } from "./first-release.ts";
import { describeRelease, listSigners, TOPIC } from "./registry.ts";
import type { Releases } from "./service.ts";
import {
  claimReleaseVersion,
  findBundle,
  findRelease,
  findRoot,
  insertBundle,
  insertRelease,
  insertRoot,
  listHeads,
  listReleases,
  replaceRelease,
} from "./store.ts";

export type Publishing = ReturnType<typeof createPublishing>;

type Dependencies = {
  database: Database;
  releases: Releases;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  /** A production server refuses a development root. */
  production: boolean;
  clock: Clock;
};

/** What became of something that was put: new, or there already to the byte. */
export type Put = { isNew: boolean; sha256: string; version?: number };

/** To give a channel's shoppers one release, all of them at once. */
export type Pointing = {
  channel: string;
  release: string;
  /** No release below this is priced with any more, whatever follows. Only ever raised. */
  minRelease?: number;
  /** That the raise is meant. */
  confirm?: true;
  /** That a release which is not newer than the live one is meant. */
  older?: true;
  reason?: string;
};

const EVERYBODY = 10_000;
const LISTED = 100;

/**
 * What authors and operators bring: verified in full, as a storefront would, before anything is stored. Saying the same
 * again changes nothing; each change is one transaction with its audit record and its event.
 */
export function createPublishing(dependencies: Dependencies) {
  const { database, releases, audit, outbox, production, clock } = dependencies;

  /** @throws HaggleError DOCUMENT_DIGEST_MISMATCH, SIGNATURE_*, PROFILE_*, SERVER_NO_ROOT */
  async function putBundle(sha256: string, bytes: Uint8Array, by: By): Promise<Put> {
    const actual = hash("sha256", bytes);
    if (actual !== sha256) throw refuse("DOCUMENT_DIGEST_MISMATCH", "bundle", actual);
    if ((await findBundle(database, sha256)) !== undefined) return { isNew: false, sha256 };
    const { trusted } = await releases.findNewestRoot(database);
    const { keys, threshold } = signersOf(trusted, "release");
    await verifyBundleSignature(bytes, [...keys.values()], threshold);
    parseMetadata(verifyProfile(bytes).metadata);
    const isNew = await database.transaction(async (tx) => {
      if (!(await insertBundle(tx, { sha256, document: bytes, now: clock() }))) return false;
      await notify(tx, TOPIC, database.tenant);
      await tell(tx, by, "bundle.stored", `bundle:${sha256}`, { sha256, size: bytes.length });
      return true;
    });
    if (isNew) releases.forget();
    return { isNew, sha256 };
  }

  /**
   * Of two who bring the same version at once one is refused.
   *
   * @throws HaggleError DOCUMENT_*, PROMOTION_*, ENGINE_*, SERVER_UNKNOWN_BUNDLE, SERVER_NO_ROOT
   */
  async function putRelease(bytes: Uint8Array, by: By): Promise<Put> {
    const envelope = parseEnvelope(bytes, "release");
    const sha256 = hash("sha256", envelope.payload);
    const known = await findRelease(database, sha256);
    if (known !== undefined) return cosign(known, envelope, by);
    const { trusted } = await releases.findNewestRoot(database);
    const { release } = await verifyRelease(bytes, trusted, { now: clock(), sha256 });
    const reference = release.bundles[0]!;
    const bundle = await findBundle(database, reference.sha256);
    if (bundle === undefined) throw refuse("SERVER_UNKNOWN_BUNDLE", "release.bundles[0]", reference.sha256);
    checkTable({ releaseBytes: bytes, bundle });
    await createEngine({ bundle, release: bytes, root: trusted, server: true, development: !production });
    const row = { ...describeRelease(release), sha256, signers: listSigners(envelope, trusted.root) };
    const isNew = await database.transaction(async (tx) => {
      if (!(await insertRelease(tx, { ...row, document: bytes, now: clock() }))) return false;
      if (!(await claimReleaseVersion(tx, release.version))) {
        throw refuse("DOCUMENT_ROLLBACK", "release.version", release.version);
      }
      await notify(tx, TOPIC, database.tenant);
      await tell(tx, by, "release.stored", `release:${sha256}`, { ...row });
      return true;
    });
    if (isNew) releases.forget();
    return { isNew, sha256, version: release.version };
  }

  /** A release that is there already, with signatures that it had not. */
  async function cosign(known: Uint8Array, envelope: Envelope<"release">, by: By): Promise<Put> {
    const sha256 = hash("sha256", envelope.payload);
    const { version } = parseRelease(envelope.payload);
    const bytes = joinSignatures(known, envelope);
    if (bytes === undefined) return { isNew: false, sha256, version };
    const { trusted } = await releases.findNewestRoot(database);
    await verifyRelease(bytes, trusted, { sha256 });
    const signers = listSigners(parseEnvelope(bytes, "release"), trusted.root);
    await database.transaction(async (tx) => {
      await replaceRelease(tx, { sha256, signers, document: bytes });
      await notify(tx, TOPIC, database.tenant);
      await tell(tx, by, "release.cosigned", `release:${sha256}`, { version, signers });
    });
    releases.forget();
    return { isNew: false, sha256, version };
  }

  /**
   * The next root of the chain, or where nothing is trusted yet the first: whom this server trusts from then on. Channel
   * and prices documents that its keys did not sign are signed again where the server has the key.
   *
   * @throws HaggleError DOCUMENT_*, SIGNATURE_BAD_KEY, SERVER_DEVELOPMENT_ROOT
   */
  async function putRoot(version: number, bytes: Uint8Array, by: By): Promise<Put> {
    const { payload } = parseEnvelope(bytes, "root");
    const said = parseRoot(payload).version;
    if (said !== version) throw refuse("DOCUMENT_BAD_FIELD", "root.version", said);
    const sha256 = hash("sha256", payload);
    const held = await findRoot(database, version);
    if (held?.sha256 === sha256) return { isNew: false, sha256, version };
    if (held !== undefined) throw refuse("DOCUMENT_EQUIVOCATION", "root", sha256);
    const { trusted } = await verifyRootOf(bytes);
    await checkLive(trusted);
    const isNew = await database.transaction(async (tx) => {
      if (!(await insertRoot(tx, { version, sha256, document: bytes, now: clock() }))) {
        if ((await findRoot(tx, version))?.sha256 === sha256) return false;
        throw refuse("DOCUMENT_EQUIVOCATION", "root", sha256);
      }
      await releases.resign(tx, trusted);
      await notify(tx, TOPIC, database.tenant);
      await tell(tx, by, "root.added", `root:${version}`, { version, sha256 });
      return true;
    });
    await releases.refresh();
    return { isNew, sha256, version };
  }

  /** Under the new root what shoppers have must still be signed by enough; its authors cosign it first. */
  async function checkLive(trusted: TrustedRoot): Promise<void> {
    for (const { kind, document } of await listHeads(database)) {
      if (kind !== "channel") continue;
      for (const { release } of parseChannel(parseEnvelope(document, "channel").payload).arms) {
        const held = await findRelease(database, release);
        if (held === undefined) continue;
        await verifySigned(held, release, trusted).catch((cause: unknown) => {
          if (!(cause instanceof HaggleError)) throw cause;
          const message = `Under this root the release in use would not do: ${explainError(cause)}; have it cosigned, or another one rolled out, first`;
          throw new HaggleError("SERVER_LIVE_SHORT", message, { at: "channel.arms", value: release, cause });
        });
      }
    }
  }

  async function verifySigned(held: Uint8Array, sha256: string, trusted: TrustedRoot): Promise<void> {
    const { release } = await verifyRelease(held, trusted, { sha256 });
    const bundle = await findBundle(database, release.bundles[0]!.sha256);
    const { keys, threshold } = signersOf(trusted, "release");
    if (bundle !== undefined) await verifyBundleSignature(bundle, [...keys.values()], threshold);
  }

  async function verifyRootOf(bytes: Uint8Array): Promise<ChainedRoot> {
    const before = await releases.findNewestRoot(database).catch((cause: unknown) => {
      if (cause instanceof HaggleError && cause.code === "SERVER_NO_ROOT") return undefined;
      throw cause;
    });
    const trusted = await verifyRoot(bytes, { now: clock() });
    if (production && trusted.root.development) throw refuse("SERVER_DEVELOPMENT_ROOT", "root");
    return before === undefined ? { trusted, bytes } : verifyNextRoot(bytes, before);
  }

  /** @throws HaggleError DOCUMENT_*, SERVER_NO_RELEASE, SERVER_UNKNOWN_RELEASE */
  async function putPrices(channel: string, bytes: Uint8Array, by: By): Promise<Put> {
    const { trusted } = await releases.findNewestRoot(database);
    const { prices, sha256 } = await verifyPrices(bytes, trusted, { now: clock(), channel });
    const { version } = prices;
    await checkBounds(prices);
    const isNew = await database.transaction(async (tx) => {
      const isNews = await releases.acceptHead(tx, trusted, {
        channel,
        kind: "prices",
        document: prices,
        sha256,
        bytes,
      });
      if (isNews === "known") return false;
      if (isNews === "behind") throw refuse("DOCUMENT_ROLLBACK", "prices.version", version);
      await notify(tx, TOPIC, database.tenant);
      await tell(tx, by, "prices.stored", `prices:${channel}`, { channel, version, sha256 });
      return true;
    });
    if (isNew) await releases.refresh();
    return { isNew, sha256, version };
  }

  async function checkBounds(prices: Prices): Promise<void> {
    for (const release of [prices.release, ...(prices.also ?? [])]) {
      const held = await findRelease(database, release);
      if (held === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "prices.release", release);
      checkPrices(prices, parseRelease(parseEnvelope(held, "release").payload), release);
    }
  }

  /** Whether `pointIn` would do it; it is asked before a second person is. */
  async function checkPointing(pointing: Pointing): Promise<void> {
    const [held, root, before] = await Promise.all([
      findRelease(database, pointing.release),
      releases.findNewestRoot(database),
      releases.findNewest(pointing.channel),
    ]);
    await checkPointingAt(database, pointing, held, root.trusted, before);
  }

  /** `held`: the release that is meant, if it is held. */
  async function checkPointingAt(
    db: Queryable,
    { channel, release, minRelease, confirm, older }: Pointing,
    held: Uint8Array | undefined,
    root: TrustedRoot,
    before: Channel | undefined,
  ): Promise<void> {
    if (held === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "release", release);
    const { release: next } = await verifyRelease(held, root, { now: clock() });
    const floor = before?.minRelease ?? 0;
    if (before?.off.releases.includes(release)) {
      throw refuse("ENGINE_RELEASE_OFF", "channel.off.releases", release);
    }
    if (minRelease !== undefined && minRelease < floor) {
      throw new HaggleError("SERVER_BAD_REQUEST", "minRelease is only ever raised", {
        at: "minRelease",
        value: minRelease,
      });
    }
    if (minRelease !== undefined && minRelease > floor && confirm !== true) {
      const message = `Older releases, and what is pinned to them, are refused for ever below ${minRelease}; say confirm: true`;
      throw new HaggleError("SERVER_NOT_CONFIRMED", message, { at: "confirm" });
    }
    if (next.version < Math.max(floor, minRelease ?? 0)) {
      throw refuse("DOCUMENT_ROLLBACK", "release.version", next.version);
    }
    const stable = before && firstRelease(before.arms);
    if (older || stable === undefined || stable === release || before?.off.releases.includes(stable)) return;
    const stood = await findVersion(db, channel, stable);
    if (stood === undefined) return;
    if (next.version <= stood) {
      const message = "A newer release is live; say older: true if this is meant";
      throw new HaggleError("DOCUMENT_ROLLBACK", message, { at: "release.version", value: next.version });
    }
  }

  async function findVersion(db: Queryable, channel: string, release: string): Promise<number | undefined> {
    const live = releases.find(channel);
    if (live?.release === release) return live.engine.version;
    const held = await findRelease(db, release);
    return held && parseRelease(parseEnvelope(held, "release").payload).version;
  }

  /** Gives everybody on the channel this release, and makes the channel where there is none yet. */
  async function pointIn(tx: Queryable, pointing: Pointing, by: By): Promise<Channel> {
    const { channel: name, release, minRelease = 0, reason } = pointing;
    const arms: Channel["arms"] = [{ release, range: [0, EVERYBODY], seed: release }];
    // On the same way to the database as the row.
    const holding = findRelease(tx, release);
    holding.catch(() => {});
    const check = async (root: TrustedRoot, before: Channel | undefined) =>
      checkPointingAt(tx, pointing, await holding, root, before);
    let before: Channel | undefined;
    const point = async (channel: Channel, root: TrustedRoot) => {
      before = channel;
      // Its row is held: what is checked is what is replaced.
      await check(root, channel);
      return { arms, minRelease: Math.max(channel.minRelease, minRelease) };
    };
    const told = async (next: Channel) => {
      const said = { channel: name, version: next.version, release, minRelease: next.minRelease };
      await tell(tx, by, "channel.pointed", `channel:${name}`, said, before && { arms: before.arms }, reason);
    };
    await releases.carryPrices(tx, name, arms);
    return releases.changeChannel(tx, point, name, told).catch(async (cause: unknown) => {
      if (!(cause instanceof HaggleError && cause.code === "SERVER_UNKNOWN_CHANNEL")) throw cause;
      await check((await releases.findNewestRoot(tx)).trusted, undefined);
      const first = await releases.createChannel(tx, name, arms, minRelease);
      await told(first);
      return first;
    });
  }

  async function point(pointing: Pointing, by: By): Promise<Channel> {
    if (!releases.hasChannel(pointing.channel)) {
      throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", pointing.channel);
    }
    const next = await database.transaction((tx) => pointIn(tx, pointing, by));
    await releases.refresh();
    return next;
  }

  async function tell(
    tx: Queryable,
    by: By,
    type: string,
    object: string,
    data: object,
    before?: object,
    note?: string,
  ): Promise<void> {
    await Promise.all([
      outbox.emit(tx, { type, subject: object.slice(object.indexOf(":") + 1), data }),
      audit.record(tx, {
        actor: by.actor,
        action: type,
        object,
        ...(before !== undefined && { before }),
        after: data,
        requestId: by.requestId,
        ...(note !== undefined && { note }),
      }),
    ]);
  }

  /** Newest first, with the channels whose arms name them. */
  async function list(before: number | undefined) {
    const named = new Map<string, string[]>();
    for (const channel of releases.listChannels()) {
      for (const { release } of releases.find(channel)?.channel.arms ?? []) {
        named.set(release, [...new Set([...(named.get(release) ?? []), channel])]);
      }
    }
    const rows = await listReleases(database, { before, limit: LISTED });
    const last = rows.length === LISTED ? rows.at(-1)!.version : undefined;
    return {
      releases: rows.map((row) => ({ ...row, channels: named.get(row.sha256) ?? [] })),
      ...(last !== undefined && { next: last }),
    };
  }

  return { putBundle, putRelease, putRoot, putPrices, checkPointing, point, pointIn, list };
}
