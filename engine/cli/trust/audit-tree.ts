// A CDN tree as it is seen from outside: a folder on this machine, or an address.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError, MAX_ENVELOPE_BYTES } from "@haggle/abi";
import { folderSource } from "@haggle/sdk/node";
import { cdnSource, type ReleaseSource } from "@haggle/sdk/trust";
import { findFile, listFolder } from "../files.ts";

export type Tree = {
  source: ReleaseSource;
  /** `root.json`, which no client asks a CDN for and which tells people which root is the newest. */
  newestRoot(): Promise<Uint8Array | undefined>;
  /** Everything in it; a web server does not say. */
  list?: () => Promise<string[]>;
  /** What a browser of another origin is told about a path. */
  answer?: (path: string) => Promise<Answer>;
};

export type Answer = { status: number; cacheControl: string; allowOrigin: string };

const TIMEOUT_MS = 15_000;
/** Far more files than a shop has; a folder that is no release folder is not read to its end. */
const MAX_FILES = 100_000;

export async function openTree(place: string, cwd: (path: string) => string): Promise<Tree> {
  if (/^https?:\/\//.test(place)) return webTree(place.replace(/\/+$/, ""));
  const folder = cwd(place);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new HaggleError("CLI_FILE", "No such folder", { at: place });
  return folderTree(folder);
}

function folderTree(folder: string): Tree {
  return {
    source: folderSource(folder),
    newestRoot: () => findFile(join(folder, "root.json")),
    list: () => listFiles(folder, ""),
  };
}

/** Relative to `folder`, with forward slashes. */
async function listFiles(folder: string, inside: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await listFolder(join(folder, inside))) {
    const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await listFiles(folder, path)));
    else files.push(path);
    if (files.length > MAX_FILES) {
      throw new HaggleError("CLI_AUDIT", "Too many files for a release folder", { at: path });
    }
  }
  return files.sort();
}

function webTree(base: string): Tree {
  const ask = (path: string) =>
    fetch(`${base}/${path}`, {
      // Any origin but the tree's own: whoever allows this one allows storefronts.
      headers: { origin: "https://storefront.example" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new HaggleError("CLIENT_NETWORK", "No answer", { at: path, cause });
    });
  return {
    source: cdnSource(base),
    async newestRoot() {
      const response = await ask("root.json");
      const bytes = response.ok ? await readBody(response, MAX_ENVELOPE_BYTES) : undefined;
      if (bytes === undefined) await response.body?.cancel();
      return bytes;
    },
    async answer(path) {
      const response = await ask(path);
      await response.body?.cancel();
      const header = (name: string) => response.headers.get(name) ?? "";
      return {
        status: response.status,
        cacheControl: header("cache-control"),
        allowOrigin: header("access-control-allow-origin"),
      };
    },
  };
}

async function readBody(response: Response, max: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > max)
      throw new HaggleError("CLIENT_TOO_LARGE", "Larger than a root", { at: "root.json", value: length });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
