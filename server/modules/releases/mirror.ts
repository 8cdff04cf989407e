import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, parseChannel, parseEnvelope, parseRelease } from "@haggle/abi";
import { replaceFile } from "@haggle/sdk/node";
import { maxBytesOf, type Wanted } from "@haggle/sdk/trust";
import { type Glance, pathIn } from "./folder.ts";
import type { Unknown } from "./source.ts";
import { isWhole, type Named } from "./whole.ts";

type Mirror = {
  folder: string;
  /** What was verified, and is about to count or counts. */
  files: { root: Uint8Array; channel: Uint8Array; prices?: Uint8Array };
  roots: ReadonlyMap<number, Uint8Array>;
  /** What the folder has. Undefined for a folder that is to be filled. */
  glance: Glance | undefined;
  /** What of it is none of ours, and stays. */
  unknown: Unknown;
  /** In the registry. */
  find: (wanted: Wanted) => Promise<Uint8Array | undefined>;
};

/**
 * Writes what the registry has into a release folder that holds something earlier, so that whoever publishes there goes on
 * from it: what a document names before the document, each in one step, and again where it is spoilt. A pointer (root,
 * channel, prices) is only replaced while it is what it was thought to be: what somebody else has put there meanwhile is
 * for the next look. Resolves with whether anything changed.
 */
export async function mirror({ folder, files, roots, glance, unknown, find }: Mirror): Promise<boolean> {
  const document = parseChannel(parseEnvelope(files.channel, "channel").payload);
  const { channel } = document;
  const pointers = [
    { path: join(folder, "root.json"), before: glance?.root, after: files.root, isOurs: !unknown.root },
    {
      path: pathIn(folder, { kind: "channel", channel }),
      before: glance?.channel,
      after: files.channel,
      isOurs: unknown.channel === undefined,
    },
    {
      path: pathIn(folder, { kind: "prices", channel }),
      before: glance?.prices,
      after: files.prices,
      isOurs: unknown.prices === undefined,
    },
  ];
  const due = pointers.filter(
    ({ before, after, isOurs }) => isOurs && after !== undefined && isOther(before, after),
  );
  if (due.length === 0) return false;
  for (const wanted of await listNamed(document, find)) {
    await writeUnlessWhole(folder, wanted, () => find(wanted));
  }
  for (const [version, bytes] of roots) {
    await writeUnlessWhole(folder, { kind: "root", version }, async () => bytes);
  }
  let isChanged = false;
  for (const { path, before, after } of due) {
    if (await replace(path, before, after!)) isChanged = true;
  }
  return isChanged;
}

/** The bundles and the releases of all arms, in the order in which they may appear. */
async function listNamed({ arms }: Channel, find: Mirror["find"]): Promise<Named[]> {
  const wanted: Named[] = [];
  for (const { release: sha256 } of arms) {
    const bytes = await find({ kind: "release", sha256 });
    if (bytes === undefined) continue;
    const { bundles } = parseRelease(parseEnvelope(bytes, "release").payload);
    wanted.push({ kind: "bundle", sha256: bundles[0]!.sha256 }, { kind: "release", sha256 });
  }
  return wanted;
}

async function writeUnlessWhole(
  folder: string,
  named: Named,
  find: () => Promise<Uint8Array | undefined>,
): Promise<void> {
  const path = pathIn(folder, named);
  const { size = Number.POSITIVE_INFINITY } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (size <= maxBytesOf(named) && isWhole(named, new Uint8Array(await readFile(path)))) return;
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
