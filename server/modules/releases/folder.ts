import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError, MAX_ENVELOPE_BYTES, MAX_PRICES_ENVELOPE_BYTES } from "@haggle/abi";
import { maxBytesOf, pathOf, type ReleaseSource, type Wanted } from "@haggle/sdk/trust";
import { type FSWatcher, watch } from "chokidar";

// The release folder, as `haggle` writes it and a CDN copies it: root.json, roots/N.json, channels/<name>.json,
// prices/<name>.json, releases/<sha256>.json, bundles/<sha256>.wasm. Nothing in it is believed here.

/** What there is at first glance; the rest of the folder follows from it. */
export type Glance = { root: Uint8Array; channel: Uint8Array; prices: Uint8Array | undefined };

/** Roots and prices may be absent; whatever a channel names must be there. */
export function releaseFolder(folder: string): ReleaseSource {
  return (wanted) => {
    const path = pathIn(folder, wanted);
    const isNeeded = wanted.kind !== "root" && wanted.kind !== "prices";
    return isNeeded ? read(path, maxBytesOf(wanted)) : find(path, maxBytesOf(wanted));
  };
}

export function pathIn(folder: string, wanted: Wanted): string {
  return join(folder, pathOf(wanted));
}

/** @throws HaggleError SERVER_FILE_MISSING, SERVER_FILE_TOO_LARGE */
export async function glanceAt(folder: string, channel: string): Promise<Glance> {
  return {
    root: await read(join(folder, "root.json"), MAX_ENVELOPE_BYTES),
    channel: await read(pathIn(folder, { kind: "channel", channel }), MAX_ENVELOPE_BYTES),
    prices: await find(pathIn(folder, { kind: "prices", channel }), MAX_PRICES_ENVELOPE_BYTES),
  };
}

export function isSameGlance(a: Glance, b: Glance): boolean {
  return isEqual(a.root, b.root) && isEqual(a.channel, b.channel) && isEqual(a.prices, b.prices);
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
  // Of two changes of a file within 50 ms chokidar tells the first alone, which may be over before the second is written.
  for (const event of ["all", "raw"] as const) {
    watcher.on(event, () => {
      clearTimeout(timer);
      timer = setTimeout(look, DEBOUNCE_MS);
    });
  }
  watcher.on("error", fail);
  return watcher;
}

/** A publish is a handful of renames within a few milliseconds: one look for all of them. */
const DEBOUNCE_MS = 25;

async function read(path: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await find(path, maxBytes);
  if (bytes === undefined) {
    throw new HaggleError("SERVER_FILE_MISSING", "No such file in the release folder", { at: path });
  }
  return bytes;
}

async function find(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw new HaggleError("SERVER_FILE_MISSING", "Cannot be read", { at: path, value: cause.code, cause });
  });
  if (file === undefined) return undefined;
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

export function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
