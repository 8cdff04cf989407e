// Files as the CLI writes them: whole or not at all.

import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HaggleError } from "@haggle/abi";

/**
 * Replaces a file in one step: readers see the old bytes or the new ones, also after a power cut. The new name is
 * on disk when this returns.
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(folder);
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

/** The file's bytes, undefined when it is not there. */
export async function findFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(path, cause);
  }
}

/** @throws HaggleError CLI_FILE */
export async function getFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** @throws HaggleError CLI_FILE, CLI_NOT_JSON */
export async function getJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await getFile(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HaggleError("CLI_NOT_JSON", `This is not JSON: ${(cause as Error).message}`, {
      at: path,
      cause,
    });
  }
}

function fileError(path: string, cause: unknown): HaggleError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason =
    code === "ENOENT" ? "No such file" : code === "EISDIR" ? "This is a folder" : "Cannot be read";
  return new HaggleError("CLI_FILE", reason, { at: path, cause });
}
