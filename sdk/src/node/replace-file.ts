import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export type ReplaceOptions = {
  /** Of the new file. Default 0o644. */
  mode?: number;
  /** Where the new file grows. Given, what a stop has left there is removed; else each call has a name of its own. */
  temporary?: string;
  /** Asked last of all, right before the new file takes its name; false leaves the old one. */
  isDue?: () => boolean;
};

/**
 * Replaces a file in one step: readers see the old bytes or the new ones, also after a power cut. When it resolves with
 * true the new name is on disk; with false nothing has changed. When it rejects the old file is there, or, where only the
 * folder could not be synced, the new one: whole in either case. Makes the folder if need be.
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { mode = 0o644, temporary: given, isDue = () => true }: ReplaceOptions = {},
): Promise<boolean> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = given ?? join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  if (given !== undefined) await rm(given, { force: true });
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!isDue()) {
      await rm(temporary, { force: true });
      return false;
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(folder);
  return true;
}

/** Renames are only durable once the folder is; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
