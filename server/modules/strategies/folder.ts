import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError } from "@haggle/abi";
import { type FSWatcher, watch } from "chokidar";
import type { Logger } from "pino";
import { MAX_FILE_BYTES } from "./yaml-file.ts";

/** The one file of a folder that is read; what editors and copying leave beside it is none of ours. */
export const STRATEGIES_FILE = "strategies.yaml";

/** A save is one to four events within a few milliseconds. */
const DEBOUNCE_MS = 25;
/** A net under lost events, and under folders whose file system gives none; one small read. */
const RESCAN_MS = 10_000;

/** @throws HaggleError STRATEGY_FILE_MISSING, STRATEGY_TOO_LARGE */
export async function readFolder(folder: string): Promise<string> {
  const path = join(folder, STRATEGIES_FILE);
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES) {
        throw new HaggleError("STRATEGY_TOO_LARGE", "Larger than a file of strategies", {
          at: path,
          value: size,
        });
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    const value = (cause as NodeJS.ErrnoException).code;
    throw new HaggleError("STRATEGY_FILE_MISSING", "The file of strategies cannot be read", {
      at: path,
      value,
      cause,
    });
  }
}

type Options = {
  folder: string;
  foresee: () => void;
  look: () => void;
  log: Logger;
};

/**
 * Calls `foresee` at each event, and `look` when it is quiet again, and now and then. An event is a hint:
 * what changed is not believed (symlink swaps report the oddest paths), and the folder may go and come back. Look when it
 * has resolved: what came before gave no event. Resolves with what ends it.
 */
export async function watchStrategies({ folder, foresee, look, log }: Options): Promise<() => Promise<void>> {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  let watched: number | undefined;
  let isClosed = false;

  function heard(): void {
    foresee();
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      look();
    }, DEBOUNCE_MS);
  }

  /** What changes before a watcher is ready is no change to it. */
  async function begin(): Promise<FSWatcher> {
    const next = watch(folder, { ignoreInitial: true });
    // Of two changes of a file within 50 ms chokidar tells the first alone, which may be over before the second is written.
    for (const event of ["all", "raw"] as const) next.on(event, heard);
    next.on("error", (cause) => log.warn({ err: cause, folder }, "watching strategies failed"));
    await new Promise<void>((resolve) => next.once("ready", resolve));
    return next;
  }

  /** A folder that was made anew is another one to the system, and the watcher stays with the old. */
  async function rewatch(): Promise<void> {
    const inode = await stat(folder).then(
      ({ ino }) => ino,
      () => undefined,
    );
    if (isClosed || (watcher !== undefined && inode === watched)) return;
    watched = inode;
    await watcher?.close();
    watcher = await begin();
    if (isClosed) await watcher.close();
  }

  const rescan = setInterval(() => void rewatch().then(look), RESCAN_MS);
  await rewatch();
  return async () => {
    isClosed = true;
    clearInterval(rescan);
    clearTimeout(timer);
    await watcher?.close();
  };
}
