// Told that something changed, whoever reads a project looks again. Folders are watched and no files, since editors put another
// file in the place of one.

import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HaggleError } from "@haggle/abi";

/**
 * Calls `onChange` for what changes at `names` in `root`, and in folders there at any depth, until the function that it resolves
 * with is called. Folders that come later are not among them: watch anew after a change, then look.
 *
 * @throws HaggleError CLI_FILE for a folder that cannot be watched
 */
export async function watchFolders(
  root: string,
  names: readonly string[],
  onChange: () => void,
): Promise<() => void> {
  const below = await Promise.all(names.map((name) => foldersFrom(join(root, name))));
  const watchers: FSWatcher[] = [];
  const close = () => {
    for (const watcher of watchers) watcher.close();
  };
  const start = (folder: string, onEvent: (event: string, name: string | null) => void) => {
    try {
      // Windows tells so that a folder is gone.
      watchers.push(watch(folder, onEvent).on("error", onChange));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
      close();
      throw new HaggleError("CLI_FILE", "Cannot be watched", { at: folder, cause });
    }
  };
  // Logs and builds lie beside what counts.
  start(root, (_, name) => {
    if (name === null || names.includes(name)) onChange();
  });
  for (const folder of below.flat()) start(folder, onChange);
  return close;
}

/** `folder` and all below it that may hold sources; none where there is no folder, or none that can be read. */
async function foldersFrom(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const inner = entries.filter(
    (entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."),
  );
  const deeper = await Promise.all(inner.map(({ name }) => foldersFrom(join(folder, name))));
  return [folder, ...deeper.flat()];
}
