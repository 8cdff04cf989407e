// Projects on disk.

import type { Dirent } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MAX_PROJECT_FILE_BYTES } from "@haggle/abi";
import { isProjectFile, isSkippedFolder, projectsAmong } from "../../shared/project-files.ts";
import type { FileSource } from "../files.ts";

/** A workspace may be somebody's whole disk; looking stops there, and open files still have their projects. */
const MAX_FOLDERS = 20_000;

/** `folders` are the workspace's, as URIs; asked for anew each time, since they come and go. */
export function diskSource(folders: () => readonly string[]): FileSource {
  return {
    async findProjects() {
      const files: string[] = [];
      const budget = { folders: MAX_FOLDERS };
      for (const folder of folders()) {
        const path = findPath(folder);
        if (path === undefined) continue;
        for await (const file of walk(path, budget)) files.push(pathToFileURL(file).href);
      }
      return projectsAmong(files);
    },
    async readProject(root) {
      const folder = findPath(root);
      if (folder === undefined) return {};
      const texts: Record<string, string> = {};
      for await (const path of filesOf(folder)) {
        const name = relative(folder, path).split(sep).join("/");
        const text = isProjectFile(name) ? await readIfThere(path) : undefined;
        if (text !== undefined) texts[name] = text;
      }
      return texts;
    },
  };
}

/** Undefined for what does not lie on this machine's disk: another scheme, another host. */
export function findPath(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch (cause) {
    if (cause instanceof TypeError) return undefined;
    throw cause;
  }
}

/** The project's own folder, and all of `rules/` and `promotions/`. */
async function* filesOf(folder: string): AsyncGenerator<string> {
  for (const entry of await list(folder)) if (entry.isFile()) yield join(folder, entry.name);
  const budget = { folders: MAX_FOLDERS };
  for (const below of ["rules", "promotions"]) yield* walk(join(folder, below), budget);
}

/** Every file, without links. */
async function* walk(folder: string, budget: { folders: number }): AsyncGenerator<string> {
  if (budget.folders-- <= 0) return;
  for (const entry of await list(folder)) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !isSkippedFolder(entry.name)) yield* walk(path, budget);
  }
}

/** Folders vanish, and some may not be read: there is nothing in them for us. */
async function list(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(nothing([]));
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readCapped(path).catch(nothing(undefined));
}

/** Of a file that is too large, so much that whoever looks sees that it is. */
async function readCapped(path: string): Promise<string> {
  if ((await stat(path)).size <= MAX_PROJECT_FILE_BYTES) return readFile(path, "utf8");
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_PROJECT_FILE_BYTES + 1), { position: 0 });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function nothing<T>(instead: T): (cause: NodeJS.ErrnoException) => T {
  return (cause) => {
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(cause.code ?? "")) return instead;
    throw cause;
  };
}
