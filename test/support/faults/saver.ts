// A program that goes on accepting updates, and says after each what somebody finds who starts anew right then. It is
// run with failing system calls and is killed at any moment.
//
//   saver.ts state FILE COUNT     a client that keeps its state in a file
//   saver.ts folder FOLDER COUNT  a publisher of a release folder

import { encodeUtf8, HaggleError, parseEnvelope } from "@haggle/abi";
import { fileStore, folderSource } from "@haggle/sdk/node";
import type { SignedDocument } from "@haggle/sdk/sign";
import { createUpdater, pathOf } from "@haggle/sdk/trust";
import { writeReleaseFolder } from "haggle-cli";
import { contentBytes, type Tree, treeOf } from "../updates/book.ts";
import { DAY, makeChannel, one, release1, release2, root1, type Signed, T0, two } from "../updates/world.ts";

/** One line of output: what was tried, why it failed if it did, and the version that a newcomer finds. */
export type Saved = { version: number; failed: string | null; found: number | null };

const CLOCK = T0 + DAY / 2;

async function setOf(version: number) {
  const [release, bundle] = version % 2 === 0 ? [release2, two] : [release1, one];
  const channel = await makeChannel(version, release, { issued: T0, expires: T0 + DAY });
  return { channel, release, bundle };
}

/** @throws whatever the file system says; versions must be given in their order */
function saverOf(kind: string, path: string): (version: number) => Promise<void> {
  if (kind === "folder") {
    return async (version) => {
      const { channel, release, bundle } = await setOf(version);
      await writeReleaseFolder(path, {
        bundle,
        release: asDocument(release, "release"),
        root: asDocument(root1, "root"),
        channel: asDocument(channel, "channel"),
      });
    };
  }
  let tree: Tree = {};
  const updater = createUpdater({
    root: root1.text,
    channel: "stable",
    source: async (wanted) => {
      const content = tree[pathOf(wanted)];
      return content === undefined ? undefined : contentBytes(content);
    },
    store: fileStore(path),
    clock: () => CLOCK,
  });
  return async (version) => {
    const { channel, release, bundle } = await setOf(version);
    tree = treeOf(channel, release, bundle);
    await updater.update();
  };
}

/** The version that a client accepts who has never been here; everything is verified on the way. */
export async function find(kind: string, path: string): Promise<number | null> {
  const shared = { root: root1.text, channel: "stable", clock: () => CLOCK };
  if (kind === "folder") {
    const updater = createUpdater({ ...shared, source: folderSource(path) });
    return (await updater.update()).version;
  }
  const updater = createUpdater({ ...shared, source: async () => undefined, store: fileStore(path) });
  return (await updater.restore())?.version ?? null;
}

function asDocument({ text, sha256 }: Signed, type: "root" | "release" | "channel"): SignedDocument {
  return { envelope: parseEnvelope(text, type), bytes: encodeUtf8(text), sha256 };
}

/** An error's code: ours, or the system's. */
function codeOf(error: unknown): string {
  if (error instanceof HaggleError) return error.code;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code;
}

if (import.meta.main) {
  const [kind = "", path = "", count = ""] = process.argv.slice(2);
  const save = saverOf(kind, path);
  for (let version = 1; version <= Number(count); version++) {
    const failed = await save(version).then(() => null, codeOf);
    const found = await find(kind, path).catch((error: unknown) => {
      // Nothing was ever there.
      if (codeOf(error) === "CLIENT_STATUS" || codeOf(error) === "CLI_FILE") return null;
      throw error;
    });
    const line: Saved = { version, failed, found };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
