// `haggle publish --to`: what a release folder or a server gives out, as the tree that a CDN gives out in its place.

import { join, resolve } from "node:path";
import { HaggleError, parseEnvelope, parseRelease, refuse } from "@haggle/abi";
import { sha256Hex, verifyChannel, verifyRelease, verifyRoot } from "@haggle/sdk";
import { folderSource } from "@haggle/sdk/node";
import {
  createUpdater,
  type Live,
  pathOf,
  type ReleaseSource,
  serverSource,
  verifyNextRoot,
} from "@haggle/sdk/trust";
import { findFile, getFile, writeAtomically } from "../files.ts";
import { writeChannel, writeRelease, writeRoot } from "../release-folder.ts";
import { counted, shown, type Terminal } from "../terminal.ts";

type Tree = {
  /** The folder that is synced to the CDN; each tenant has one in it. */
  to: string;
  /** Where the documents are: a release folder, or a server. */
  from: { folder: string } | { url: string };
  channel: string;
  json: boolean;
};

const DEFAULT_TENANT = "default";

/**
 * Verifies what the channel names, in full, and writes it: what a document names before the document, each file in one
 * step. What is there already and named by its digest stays.
 */
export async function publishTree(terminal: Terminal, { to, from, channel, json }: Tree): Promise<number> {
  const isFolder = "folder" in from;
  const source = isFolder ? folderSource(resolve(terminal.cwd, from.folder)) : serverSource(from.url);
  const root = isFolder
    ? await getFile(resolve(terminal.cwd, from.folder, "root.json"))
    : await fetchRoot(from.url);
  // Whether shoppers take a development root is for them to say; it is copied as it is.
  const updater = createUpdater({ root, channel, source, development: true });
  const live = await updater.update();
  const target = join(resolve(terminal.cwd, to), live.trusted.root.tenant ?? DEFAULT_TENANT);
  await refuseOlder(target, live);
  const digests = [...new Set([live.release, ...live.channel.arms.map(({ release }) => release)])];
  for (const sha256 of digests) await copyRelease(target, source, sha256, live);
  await copyRoots(target, source, live);
  const { prices } = live.files;
  if (prices !== undefined) await writeAtomically(join(target, pathOf({ kind: "prices", channel })), prices);
  await writeChannel(target, { bytes: new Uint8Array(live.files.channel) }, channel);
  const said = { folder: target, channel, version: live.version, releases: digests };
  terminal.out(
    json
      ? JSON.stringify(said)
      : `${shown(terminal, target)}: channel ${channel} ${live.version}, ${counted(digests.length, "release")}`,
  );
  return 0;
}

async function copyRelease(
  target: string,
  source: ReleaseSource,
  sha256: string,
  { trusted }: Live,
): Promise<void> {
  const bytes = await source({ kind: "release", sha256 });
  if (bytes === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "channel.arms", sha256);
  await verifyRelease(bytes, trusted, { sha256 });
  const bundleSha256 = parseRelease(parseEnvelope(bytes, "release").payload).bundles[0]!.sha256;
  const bundle = await source({ kind: "bundle", sha256: bundleSha256 });
  if (bundle === undefined) throw refuse("SERVER_UNKNOWN_BUNDLE", "release.bundles[0]", bundleSha256);
  if ((await sha256Hex(bundle)) !== bundleSha256) {
    throw refuse("ENGINE_BUNDLE_MISMATCH", "release.bundles[0]", bundleSha256);
  }
  await writeRelease(target, { bundle, bundleSha256, release: { bytes, sha256 } });
}

/** The newest, and those from which clients find their way to it. */
async function copyRoots(target: string, source: ReleaseSource, { trusted, files }: Live): Promise<void> {
  let after = files.root;
  for (let version = trusted.root.version - 1; version > 0; version -= 1) {
    const bytes = await source({ kind: "root", version });
    if (bytes === undefined) break;
    await verifyNextRoot(after, { trusted: await verifyRoot(bytes), bytes });
    await writeAtomically(join(target, pathOf({ kind: "root", version })), bytes);
    after = bytes;
  }
  await writeRoot(target, files.root, trusted.root.version);
}

/** A copy of a copy that lay around must not take shoppers back. */
async function refuseOlder(target: string, { channel, trusted }: Live): Promise<void> {
  const path = join(target, pathOf({ kind: "channel", channel: channel.channel }));
  const bytes = await findFile(path);
  if (bytes === undefined) return;
  const there = await verifyChannel(bytes, trusted, { channel: channel.channel }).catch((cause: unknown) => {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  });
  if (there !== undefined && there.channel.version > channel.version) {
    throw new HaggleError("DOCUMENT_ROLLBACK", "A newer channel document is there", {
      at: path,
      value: channel.version,
    });
  }
}

async function fetchRoot(url: string): Promise<Uint8Array> {
  const response = await fetch(`${url}/v1/root`).catch((cause: unknown) => {
    throw refuse("CLIENT_NETWORK", url, undefined, cause);
  });
  if (!response.ok) throw refuse("CLIENT_STATUS", "root", response.status);
  return new Uint8Array(await response.arrayBuffer());
}
