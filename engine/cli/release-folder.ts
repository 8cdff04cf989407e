// The tree that a server serves and a CDN copies: what is named by its digest never changes, the rest is replaced
// in one step each, in an order in which every state in between is whole.

import { join } from "node:path";
import {
  type Channel,
  HaggleError,
  parseChannel,
  parseEnvelope,
  parseRelease,
  parseRoot,
  type Release,
  type Root,
} from "@haggle/abi";
import { importPublicKey, sha256Hex, verifySignatures } from "@haggle/sdk";
import type { SignedDocument, Signer } from "@haggle/sdk/sign";
import { findFile, writeAtomically } from "./files.ts";

export const STABLE = "stable";

export type FolderContent = {
  bundle: { bytes: Uint8Array; sha256: string };
  release: SignedDocument;
  root: SignedDocument;
  channel: SignedDocument;
};

/** Writes bundle, release, root and channel, in this order: each names only what is there already. */
export async function writeReleaseFolder(folder: string, content: FolderContent): Promise<void> {
  const { bundle, release, root, channel } = content;
  await writeRelease(folder, { bundle: bundle.bytes, bundleSha256: bundle.sha256, release });
  await writeRoot(folder, root.bytes, parseRoot(root.envelope.payload).version);
  await writeChannel(folder, channel);
}

export async function writeRelease(
  folder: string,
  {
    bundle,
    bundleSha256,
    release,
  }: { bundle: Uint8Array; bundleSha256: string; release: { bytes: Uint8Array; sha256: string } },
): Promise<void> {
  // Compared byte by byte: what a power cut left under the right name and size is written again, and signatures may have
  // been added to a release, which is named by its payload.
  await writeChanged(join(folder, "bundles", `${bundleSha256}.wasm`), bundle);
  await writeChanged(join(folder, "releases", `${release.sha256}.json`), release.bytes);
}

/** By its number, for clients that follow the chain, and then as the newest, for whoever comes first. */
export async function writeRoot(folder: string, root: Uint8Array, version: number): Promise<void> {
  await writeChanged(join(folder, "roots", `${version}.json`), root);
  await writeChanged(join(folder, "root.json"), root);
}

export async function writeChannel(
  folder: string,
  channel: Pick<SignedDocument, "bytes">,
  name = STABLE,
): Promise<void> {
  await writeAtomically(join(folder, "channels", `${name}.json`), channel.bytes);
}

/**
 * The version behind `before`. It grows with the clock too, so that clients which saw an earlier folder accept one that
 * was deleted and made anew.
 */
export function nextVersion(before: number, now: number): number {
  return Math.max(before + 1, Math.floor(now / 1000));
}

/** What a release folder holds now. Undefined when anything is missing or is not what we write. */
export async function findReleaseFolder(
  folder: string,
): Promise<
  | { root: SignedDocument; rootDocument: Root; channel: Channel; release: Release; releaseDigest: string }
  | undefined
> {
  const [root, channel] = await Promise.all([
    findDocument(join(folder, "root.json"), "root", parseRoot),
    findDocument(join(folder, "channels", `${STABLE}.json`), "channel", parseChannel),
  ]);
  const releaseDigest = channel?.document.arms[0]?.release;
  if (root === undefined || channel === undefined || releaseDigest === undefined) return undefined;
  const release = await findDocument(
    join(folder, "releases", `${releaseDigest}.json`),
    "release",
    parseRelease,
  );
  const bundle = release?.document.bundles[0];
  if (release === undefined || bundle === undefined) return undefined;
  const bytes = await findFile(join(folder, "bundles", `${bundle.sha256}.wasm`));
  if (bytes === undefined || (await sha256Hex(bytes)) !== bundle.sha256) return undefined;
  return {
    root: root.signed,
    rootDocument: root.document,
    channel: channel.document,
    release: release.document,
    releaseDigest,
  };
}

/**
 * The stable channel of the folder, when `signer` has signed it. It may have expired. Undefined when it is damaged or
 * somebody else's.
 */
export async function findOwnChannel(folder: string, signer: Signer): Promise<Channel | undefined> {
  const found = await findDocument(join(folder, "channels", `${STABLE}.json`), "channel", parseChannel);
  if (found?.document.channel !== STABLE) return undefined;
  const key = await importPublicKey(signer.publicKey);
  try {
    await verifySignatures(found.signed.envelope, { keys: new Map([[key.keyid, key]]), threshold: 1 });
    return found.document;
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    return undefined;
  }
}

/** Reads what we wrote ourselves: parsed, not verified. */
export async function findDocument<T>(
  path: string,
  type: "root" | "channel" | "release",
  parse: (payload: Uint8Array) => T,
): Promise<{ document: T; signed: SignedDocument } | undefined> {
  const bytes = await findFile(path);
  if (bytes === undefined) return undefined;
  try {
    const envelope = parseEnvelope(bytes, type);
    const sha256 = await sha256Hex(envelope.payload);
    return { document: parse(envelope.payload), signed: { envelope, bytes, sha256 } };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    // Damaged or of another version: as good as not there, and about to be written anew.
    return undefined;
  }
}

async function writeChanged(path: string, bytes: Uint8Array): Promise<void> {
  const old = await findFile(path);
  if (old === undefined || Buffer.compare(old, bytes) !== 0) await writeAtomically(path, bytes);
}
