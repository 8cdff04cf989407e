// A root on its way into the folder that is served, for which it must be the first or the next one.

import { join } from "node:path";
import type { Root } from "@haggle/abi";
import { verifyRoot } from "@haggle/sdk";
import type { ChainedRoot } from "@haggle/sdk/trust";
import { findFile } from "../files.ts";
import { writeRoot } from "../release-folder.ts";
import { usageError } from "../terminal.ts";
import { channelsToSign, findShort, refuseShort } from "./live-short.ts";
import { explaining } from "./refusals.ts";
import { readRoot, verifyFollows } from "./root-file.ts";
import { readDocumentOf } from "./signed-file.ts";

/** A root that may be published. `isNew`: the folder does not serve it yet. */
export type NextRoot = ChainedRoot & { isNew: boolean };

/** @throws HaggleError CLI_FILE, DOCUMENT_*, SIGNATURE_* for a root that the folder's own is not followed by */
export async function readNextRoot(path: string, folder: string, now: number): Promise<NextRoot> {
  const { bytes } = await readDocumentOf("root", path);
  const served = join(folder, "root.json");
  const old = (await findFile(served)) === undefined ? undefined : await readRoot(served);
  if (old !== undefined) await verifyFollows(bytes, old, path);
  const trusted = await explaining({ type: "root", bytes, path }, () => verifyRoot(bytes, { now }));
  return { trusted, bytes, isNew: trusted.sha256 !== old?.trusted.sha256 };
}

/** The root that the folder serves. @throws HaggleError CLI_USAGE when there is none, DOCUMENT_*, SIGNATURE_* */
export async function readServedRoot(folder: string, now: number): Promise<NextRoot> {
  const path = join(folder, "root.json");
  const bytes = await findFile(path);
  if (bytes === undefined)
    throw usageError("The folder has no root yet; release publish --root FILE brings one");
  const trusted = await explaining({ type: "root", bytes, path }, () => verifyRoot(bytes, { now }));
  return { trusted, bytes, isNew: false };
}

/**
 * What the folder serves must hold under a new root. `replaced` is the channel that gets another release in the same act.
 *
 * @throws HaggleError CLI_LIVE_SHORT
 */
export async function checkLive(folder: string, root: NextRoot, replaced?: string): Promise<void> {
  if (!root.isNew) return;
  const short = await findShort(folder, root.trusted);
  refuseShort(
    short.filter(({ channel }) => channel !== replaced),
    root.trusted,
  );
}

/** A root goes out alone too: everybody must have it before anything that its new keys sign. */
export async function publishRoot(
  path: string,
  folder: string,
  options: { now: number; leaveShort: boolean },
): Promise<{ root: Root; sha256: string; toSign: string[] }> {
  const next = await readNextRoot(path, folder, options.now);
  if (!options.leaveShort) await checkLive(folder, next);
  const { root, sha256 } = next.trusted;
  const toSign = await channelsToSign(folder, next.trusted);
  await writeRoot(folder, next.bytes, root.version);
  return { root, sha256, toSign };
}
