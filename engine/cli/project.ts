// A project is a folder with rules/ in it. Only text is read: building runs no code of the project.

import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { HaggleError } from "@haggle/abi";
import type { Project } from "@haggle/toolchain";

export type ProjectFolder = Project & {
  /** Absolute. */
  root: string;
};

/** What would make asc run code or read options of the project's. */
const CONFIGURATION = "asconfig.json";
const CODE = /\.(?:[cm]?js|[cm]ts|jsx|tsx|node|wasm)$/;

/**
 * Reads the sources of the project at `root`: every `.ts` file below `rules/`, without links.
 *
 * @throws HaggleError CLI_NO_PROJECT, BUILD_PROJECT_CODE
 */
export async function readProject(root: string): Promise<ProjectFolder> {
  const absolute = resolve(root);
  if (!(await hasRules(absolute))) {
    throw new HaggleError("CLI_NO_PROJECT", "No project here: it would have a folder rules/", {
      at: absolute,
    });
  }
  if (await exists(join(absolute, CONFIGURATION))) throw refuse(join(absolute, CONFIGURATION));
  const files: Record<string, string> = {};
  await readFolder(absolute, join(absolute, "rules"), files);
  return { root: absolute, files };
}

/**
 * The nearest folder from `start` upwards that has rules/ in it.
 *
 * @throws HaggleError CLI_NO_PROJECT
 */
export async function findProject(start: string): Promise<string> {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (await hasRules(folder)) return folder;
    if (dirname(folder) === folder) {
      throw new HaggleError("CLI_NO_PROJECT", "No folder from here upwards has rules/ in it", {
        at: resolve(start),
      });
    }
  }
}

async function readFolder(root: string, folder: string, files: Record<string, string>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === CONFIGURATION || (entry.isFile() && CODE.test(entry.name))) throw refuse(path);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && !entry.name.startsWith(".")) await readFolder(root, path, files);
    } else if (entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) {
      files[relative(root, path).split(sep).join("/")] = await readFile(path, "utf8");
    }
  }
}

function refuse(path: string): HaggleError {
  return new HaggleError(
    "BUILD_PROJECT_CODE",
    "Building runs no project code and takes no compiler options",
    {
      at: path,
    },
  );
}

async function hasRules(folder: string): Promise<boolean> {
  return stat(join(folder, "rules")).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
