// What a new root does to what a folder serves: whoever signed the live release may count no more.

import { join } from "node:path";
import { HaggleError, parseChannel, parseEnvelope, parseRelease } from "@haggle/abi";
import { signersOf, type TrustedRoot, verifyBundleSignature } from "@haggle/sdk";
import { findFile, listFolder } from "../files.ts";
import { findDocument } from "../release-folder.ts";
import { whoSigned } from "./refusals.ts";
import { type Tally, talliedFrom, tallyOf } from "./signed-file.ts";

/** A live release and who signed it of those that count. `path` is where it lies. */
export type Short = { channel: string; version: number; path: string; release: Tally; bundle: Tally };

/**
 * The live releases of `folder` that lack signatures under `root`. What is missing or damaged is none of them: no root
 * makes it worse.
 */
export async function findShort(folder: string, root: TrustedRoot): Promise<Short[]> {
  const live = await Promise.all((await channelNames(folder)).map((name) => findLive(folder, name)));
  const tallied = await Promise.all(live.flat().map((one) => tallyLive(folder, one, root)));
  return tallied.filter((one) => one !== undefined).filter(isShort);
}

function isShort({ release, bundle }: Short): boolean {
  return !release.isComplete || !bundle.isComplete;
}

/** @throws HaggleError CLI_LIVE_SHORT for the first of them, and says how to go on */
export function refuseShort(short: readonly Short[], root: TrustedRoot): void {
  const [first] = short;
  if (first === undefined) return;
  const { channel, version, path, release, bundle } = first;
  const what = bundle.isComplete
    ? `${whoSigned("release", release)}. Have it cosigned first, with --root that root`
    : `a bundle with ${whoSigned("release", bundle)}. Publish that root together with a release that its people have signed: release publish DRAFT --root ROOT --channel-key FILE`;
  throw new HaggleError(
    "CLI_LIVE_SHORT",
    `Under root ${root.root.version} the live release ${version} of channel ${channel} has ${what}; or go on all the same with --leave-short`,
    { at: path },
  );
}

/** Channels of `folder` whose document no longer holds under `root`, because its online key is another. */
export async function channelsToSign(folder: string, root: TrustedRoot): Promise<string[]> {
  const signers = signersOf(root, "channel");
  const names = await channelNames(folder);
  const isLacking = await Promise.all(
    names.map(async (name) => {
      const bytes = await findFile(join(folder, "channels", `${name}.json`));
      const tally = bytes && (await holding(async () => tallyOf(parseEnvelope(bytes, "channel"), signers)));
      return tally?.isComplete === false;
    }),
  );
  return names.filter((_, index) => isLacking[index]);
}

async function channelNames(folder: string): Promise<string[]> {
  const entries = await listFolder(join(folder, "channels"));
  return entries.flatMap(({ name }) => /^([a-z0-9][a-z0-9-]*)\.json$/.exec(name)?.[1] ?? []).sort();
}

type Live = { channel: string; sha256: string };

async function findLive(folder: string, channel: string): Promise<Live[]> {
  const found = await findDocument(join(folder, "channels", `${channel}.json`), "channel", parseChannel);
  const { arms = [], off } = found?.document ?? {};
  return [...new Set(arms.map(({ release }) => release))]
    .filter((sha256) => !off?.releases.includes(sha256))
    .map((sha256) => ({ channel, sha256 }));
}

async function tallyLive(
  folder: string,
  { channel, sha256 }: Live,
  root: TrustedRoot,
): Promise<Short | undefined> {
  const path = join(folder, "releases", `${sha256}.json`);
  const found = await findDocument(path, "release", parseRelease);
  if (found?.signed.sha256 !== sha256) return undefined;
  const { version, bundles } = found.document;
  const bytes = await findFile(join(folder, "bundles", `${bundles[0]?.sha256}.wasm`));
  if (bytes === undefined) return undefined;
  const signers = signersOf(root, "release");
  return holding(async () => ({
    channel,
    version,
    path,
    release: await tallyOf(found.signed.envelope, signers),
    bundle: talliedFrom(await signersIn(bytes, [...signers.keys.values()]), signers),
  }));
}

async function signersIn(
  bundle: Uint8Array,
  keys: Parameters<typeof verifyBundleSignature>[1],
): Promise<string[]> {
  try {
    return await verifyBundleSignature(bundle, keys, 1);
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "SIGNATURE_UNKNOWN_KEY") return [];
    throw cause;
  }
}

/** Undefined where `work` refuses what it reads. */
async function holding<T>(work: () => Promise<T>): Promise<T | undefined> {
  return work().catch((cause: unknown) => {
    if (!(cause instanceof HaggleError)) throw cause;
    return undefined;
  });
}
