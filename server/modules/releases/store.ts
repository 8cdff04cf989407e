import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError, MAX_BUNDLE_BYTES, MAX_ENVELOPE_BYTES, MAX_RELEASE_ENVELOPE_BYTES } from "@haggle/abi";
import { type FSWatcher, watch } from "chokidar";

// The release folder, as `haggle dev` writes it: root.json, channels/<name>.json,
// releases/<sha256>.json, bundles/<sha256>.wasm. Nothing in it is believed here; the service verifies.

/** Bytes of a file in the folder, or the reason why there are none. */
export function readRoot(folder: string): Promise<Uint8Array> {
  return read(join(folder, "root.json"), MAX_ENVELOPE_BYTES);
}

export function readChannel(folder: string, channel: string): Promise<Uint8Array> {
  return read(join(folder, "channels", `${channel}.json`), MAX_ENVELOPE_BYTES);
}

export function readRelease(folder: string, sha256: string): Promise<Uint8Array> {
  return read(join(folder, "releases", `${sha256}.json`), MAX_RELEASE_ENVELOPE_BYTES);
}

export function readBundle(folder: string, sha256: string): Promise<Uint8Array> {
  return read(join(folder, "bundles", `${sha256}.wasm`), MAX_BUNDLE_BYTES);
}

/**
 * Calls `look` soon after anything in the folder changed. An event is a hint and says nothing about what changed
 * (symlink swaps and network folders report the oddest paths); lost events are made good by the caller's own clock.
 */
export async function watchFolder(
  folder: string,
  look: () => void,
  fail: (cause: unknown) => void,
): Promise<FSWatcher> {
  await mkdir(folder, { recursive: true });
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { ignoreInitial: true });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(look, DEBOUNCE_MS);
  });
  watcher.on("error", fail);
  return watcher;
}

/** A publish is a handful of renames within a few milliseconds: one look for all of them. */
const DEBOUNCE_MS = 25;

async function read(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    throw new HaggleError("SERVER_FILE_MISSING", "No such file in the release folder", { at: path, cause });
  });
  try {
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw new HaggleError("SERVER_FILE_TOO_LARGE", `A file of at most ${maxBytes} bytes`, {
        at: path,
        value: size,
      });
    }
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}
