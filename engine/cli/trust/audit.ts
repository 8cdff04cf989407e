// Everything that a client would be served, checked at once, and what only shows from above: gaps in the chain of roots,
// files that nothing names, promises that run out, keys that are where they should not be.

import {
  type Channel,
  HaggleError,
  parseEnvelope,
  parseMetadata,
  parseReleaseStrictly,
  type Release,
  refuse,
} from "@haggle/abi";
import {
  seedOf,
  sha256Hex,
  signersOf,
  type TrustedRoot,
  verifyBundleSignature,
  verifyChannel,
  verifyPrices,
  verifyProfile,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { type ChainedRoot, checkPrices, pathOf, verifyNextRoot, type Wanted } from "@haggle/sdk/trust";
import type { Tree } from "./audit-tree.ts";
import { createFindings, type Finding, type Findings } from "./findings.ts";
import { explaining } from "./refusals.ts";
import { sharedKeys } from "./role-flags.ts";
import { shortKey } from "./tally-text.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time for several people to meet. */
const ROOT_SOON_MS = 30 * DAY_MS;
const RELEASE_SOON_MS = 14 * DAY_MS;
/** A document that is renewed at half of its life has missed that when so much of it is left. */
const RENEWED_SOON = 0.25;
const BUCKETS = 10_000;
/** Rotations happen once a year or so; a tree with more roots is not followed to its end. */
const MAX_ROOTS = 1024;

export type Audit = {
  findings: Finding[];
  root: number;
  channels: Channel[];
  releases: ReadonlySet<string>;
  bundles: ReadonlySet<string>;
  roots: number;
};

export type AuditOptions = { tree: Tree; root: Uint8Array; channels: readonly string[]; now: number };

/** @throws HaggleError for a pinned root that is none; whatever is wrong with the tree is a finding */
export async function audit({ tree, root: pinnedBytes, channels: names, now }: AuditOptions): Promise<Audit> {
  const findings = createFindings();
  const pinned: ChainedRoot = { trusted: await verifyRoot(pinnedBytes), bytes: pinnedBytes };
  const roots = await auditRoots(tree, pinned, findings);
  const { trusted } = roots.newest;
  await auditNewestRoot(tree, trusted, findings, now);

  const channels: Channel[] = [];
  const releases = new Map<string, Release | undefined>();
  const bundles = new Set<string>();
  for (const name of names) {
    const wanted: Wanted = { kind: "channel", channel: name };
    const channel = await findings.try(pathOf(wanted), async () => {
      const bytes = await get(tree, wanted);
      const verify = () => verifyChannel(bytes, trusted, { now, channel: name });
      return (await explaining({ type: "channel", bytes, by: trusted }, verify)).channel;
    });
    if (channel === undefined) continue;
    channels.push(channel);
    auditPromise(channel, pathOf(wanted), findings, now);
    await auditArms(channel, pathOf(wanted), findings);
    for (const { release: sha256 } of channel.arms) {
      if (!releases.has(sha256))
        releases.set(sha256, await auditRelease(tree, sha256, trusted, findings, now));
      const release = releases.get(sha256);
      const path = pathOf({ kind: "release", sha256 });
      if (release === undefined) continue;
      if (release.version < channel.minRelease) {
        findings.error(
          path,
          "DOCUMENT_ROLLBACK",
          `below minRelease of channel ${name}, ${channel.minRelease}`,
        );
      }
      for (const bundle of release.bundles) bundles.add(bundle.sha256);
    }
    await auditPrices(tree, channel, releases, trusted, findings, now);
  }
  return {
    findings: findings.all,
    root: trusted.root.version,
    channels,
    releases: new Set(releases.keys()),
    bundles,
    roots: roots.count,
  };
}

/** Every root from the first: who pinned an old one must be able to follow from there. */
async function auditRoots(tree: Tree, pinned: ChainedRoot, findings: Findings) {
  const { version: pinnedVersion } = pinned.trusted.root;
  let last: ChainedRoot | undefined;
  let newest = pinned;
  let count = 0;
  for (let version = 1; version <= MAX_ROOTS; version++) {
    const wanted: Wanted = { kind: "root", version };
    const path = pathOf(wanted);
    const bytes = await findings.try(path, () => tree.source(wanted));
    if (bytes === undefined) {
      if (version > pinnedVersion) break;
      findings.error(path, "CLI_AUDIT", "missing: who pinned an older root cannot follow to this one");
      last = version === pinnedVersion ? pinned : undefined;
      continue;
    }
    count++;
    const before = last;
    const found = await findings.try(path, async () => {
      const trusted = await explaining({ type: "root", bytes }, () => verifyRoot(bytes));
      if (trusted.root.version !== version)
        throw refuse("DOCUMENT_BAD_FIELD", "root.version", trusted.root.version);
      if (version === pinnedVersion && trusted.sha256 !== pinned.trusted.sha256) {
        throw refuse("DOCUMENT_EQUIVOCATION", "root", trusted.sha256);
      }
      if (before === undefined) return { trusted, bytes };
      const by = before.trusted;
      return explaining({ type: "root", bytes, by }, () => verifyNextRoot(bytes, before));
    });
    if (found === undefined && version > pinnedVersion) break;
    last = version === pinnedVersion ? pinned : found;
    if (version > pinnedVersion && found !== undefined) newest = found;
  }
  return { newest, count };
}

async function auditNewestRoot(
  tree: Tree,
  { root, sha256 }: TrustedRoot,
  findings: Findings,
  now: number,
): Promise<void> {
  const path = "root.json";
  await findings.try(path, async () => {
    const bytes = await tree.newestRoot();
    if (bytes === undefined) throw new HaggleError("CLI_AUDIT", "missing");
    const stated = await verifyRoot(bytes);
    if (stated.sha256 !== sha256) {
      throw new HaggleError(
        "CLI_AUDIT",
        `is root ${stated.root.version}, and the chain ends at root ${root.version}`,
      );
    }
  });
  if (root.development) findings.error(path, "DOCUMENT_DEVELOPMENT", "one machine's development root");
  if (root.expires <= now) findings.error(path, "DOCUMENT_EXPIRED", "the root has expired");
  else if (root.expires <= now + ROOT_SOON_MS) findings.soon(path, root.expires);
  for (const { keyid, offline, online } of sharedKeys(root.roles)) {
    findings.warning(
      path,
      "CLI_AUDIT",
      `key ${shortKey(keyid)} has the offline role ${offline} and the online role ${online}`,
    );
  }
}

async function auditRelease(
  tree: Tree,
  sha256: string,
  trusted: TrustedRoot,
  findings: Findings,
  now: number,
): Promise<Release | undefined> {
  const path = pathOf({ kind: "release", sha256 });
  let payload: Uint8Array | undefined;
  const release = await findings.try(path, async () => {
    const bytes = await get(tree, { kind: "release", sha256 });
    const verify = () => verifyRelease(bytes, trusted, { now, sha256 });
    const verified = await explaining({ type: "release", bytes, by: trusted }, verify);
    payload = parseEnvelope(bytes, "release").payload;
    return verified.release;
  });
  if (release === undefined || payload === undefined) return undefined;
  if (release.expires <= now + RELEASE_SOON_MS) findings.soon(path, release.expires);
  for (const { sha256: digest, size } of release.bundles) {
    const metadata = await findings.try(pathOf({ kind: "bundle", sha256: digest }), async () => {
      const bundle = await get(tree, { kind: "bundle", sha256: digest });
      if (bundle.length !== size) throw refuse("ENGINE_BUNDLE_MISMATCH", "size", bundle.length);
      if ((await sha256Hex(bundle)) !== digest) throw refuse("ENGINE_BUNDLE_MISMATCH", "sha256");
      const { keys, threshold } = signersOf(trusted, "release");
      await verifyBundleSignature(bundle, [...keys.values()], threshold);
      return parseMetadata(verifyProfile(bundle).metadata);
    });
    const bytes = payload;
    if (metadata) await findings.try(path, async () => parseReleaseStrictly(bytes, metadata));
  }
  return release;
}

/** Prices are optional, and of one release. */
async function auditPrices(
  tree: Tree,
  { channel }: Channel,
  releases: ReadonlyMap<string, Release | undefined>,
  trusted: TrustedRoot,
  findings: Findings,
  now: number,
): Promise<void> {
  const wanted: Wanted = { kind: "prices", channel };
  const path = pathOf(wanted);
  const prices = await findings.try(path, async () => {
    const bytes = await tree.source(wanted);
    if (bytes === undefined) return undefined;
    const verify = () => verifyPrices(bytes, trusted, { now });
    return (await explaining({ type: "prices", bytes, by: trusted }, verify)).prices;
  });
  if (prices === undefined) return;
  auditPromise(prices, path, findings, now);
  const release = releases.get(prices.release);
  if (release === undefined)
    findings.warning(path, "CLI_AUDIT", "of a release that no arm of the channel gives");
  else await findings.try(path, async () => checkPrices(prices, release, prices.release));
}

async function auditArms(channel: Channel, path: string, findings: Findings): Promise<void> {
  const { arms, off } = channel;
  await findings.try(path, async () => seedOf(channel));
  const covered = new Uint8Array(BUCKETS);
  for (const { range } of arms) covered.fill(1, ...range);
  const free = covered.indexOf(0);
  if (free !== -1) findings.error(path, "DOCUMENT_NO_ARM", `bucket ${free} and maybe others have no release`);
  for (const { release } of arms) {
    if (off.releases.includes(release))
      findings.warning(path, "ENGINE_RELEASE_OFF", `an arm gives ${release}, which is off`);
  }
}

/** Documents that are renewed all the time. */
function auditPromise(
  { issued, expires }: { issued: number; expires: number },
  path: string,
  findings: Findings,
  now: number,
): void {
  if (expires - now <= (expires - issued) * RENEWED_SOON) findings.soon(path, expires);
}

async function get(tree: Tree, wanted: Wanted): Promise<Uint8Array> {
  const bytes = await tree.source(wanted);
  if (bytes === undefined) throw new HaggleError("CLI_AUDIT", "missing");
  return bytes;
}
