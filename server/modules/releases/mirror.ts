import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseEnvelope, parseRelease } from "@haggle/abi";
import { replaceFile } from "@haggle/sdk/node";
import type { Wanted } from "@haggle/sdk/trust";
import type { Document } from "./document.ts";
import { type Glance, pathIn } from "./folder.ts";
import type { LiveRelease } from "./follower.ts";

type Mirror = {
  folder: string;
  live: LiveRelease;
  roots: ReadonlyMap<number, Document>;
  /** What the folder had: earlier documents of ours. Undefined for a folder that is to be filled. */
  glance: Glance | undefined;
  /** In the registry. */
  find: (wanted: Wanted) => Promise<Uint8Array | undefined>;
};

/**
 * Writes what is live into a release folder, so that whoever publishes there goes on from it: what a document names
 * before the document, each in one step. A pointer (root, channel, prices) is only replaced while it is what it was
 * thought to be: what somebody else has put there meanwhile is for the next look. Resolves with whether anything changed.
 */
export async function mirror(options: Mirror): Promise<boolean> {
  const { folder, live, roots, glance, find } = options;
  const { root, channel, prices } = live.documents;
  const channelName = live.channel.channel;
  const channelPath = pathIn(folder, { kind: "channel", channel: channelName });
  const pricesPath = pathIn(folder, { kind: "prices", channel: channelName });
  const rootPath = join(folder, "root.json");
  const isDue = [
    isOther(glance?.root, root.bytes),
    isOther(glance?.channel, channel.bytes),
    prices !== undefined && isOther(glance?.prices, prices.bytes),
  ];
  if (!isDue.includes(true)) return false;
  for (const wanted of await listNamed(live, find)) {
    await writeMissing(pathIn(folder, wanted), () => find(wanted));
  }
  for (const [version, { bytes }] of roots) {
    await writeMissing(pathIn(folder, { kind: "root", version }), async () => bytes);
  }
  const written = [
    isDue[0] && (await replace(rootPath, glance?.root, root.bytes)),
    isDue[1] && (await replace(channelPath, glance?.channel, channel.bytes)),
    isDue[2] && (await replace(pricesPath, glance?.prices, prices!.bytes)),
  ];
  return written.includes(true);
}

/** The bundles and the releases of all arms, in the order in which they may appear. */
async function listNamed({ channel }: LiveRelease, find: Mirror["find"]): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const { release: sha256 } of channel.arms) {
    const bytes = await find({ kind: "release", sha256 });
    if (bytes === undefined) continue;
    const { bundles } = parseRelease(parseEnvelope(bytes, "release").payload);
    wanted.push({ kind: "bundle", sha256: bundles[0]!.sha256 }, { kind: "release", sha256 });
  }
  return wanted;
}

async function writeMissing(path: string, find: () => Promise<Uint8Array | undefined>): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const bytes = await find();
  if (bytes !== undefined) await replaceFile(path, (file) => file.writeFile(bytes));
}

function replace(path: string, before: Uint8Array | undefined, bytes: Uint8Array): Promise<boolean> {
  return replaceFile(path, (file) => file.writeFile(bytes), { isDue: () => holds(path, before) });
}

/** Without waiting, so that nothing comes between this and the rename behind it but another process. */
function holds(path: string, bytes: Uint8Array | undefined): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || bytes === undefined) return found === undefined && bytes === undefined;
  return found.size === bytes.length && Buffer.compare(readFileSync(path), bytes) === 0;
}

function isOther(before: Uint8Array | undefined, bytes: Uint8Array): boolean {
  return before === undefined || Buffer.compare(before, bytes) !== 0;
}
