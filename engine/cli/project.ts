// A project is a folder with rules/ in it, or with promotions that need none. Only text is read: building runs no code
// of the project.

import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { HaggleError } from "@haggle/abi";
import type { Project } from "@haggle/toolchain";
import { PROMOTIONS_FILE, PROMOTIONS_FOLDER, type ProjectData } from "@haggle/toolchain/project-files";
import { getProjectText } from "./files.ts";
import { hasPromotions, readDataOf } from "./promotion-files/read.ts";

export type ProjectFolder = Project & {
  /** Absolute. */
  root: string;
  /** What goes into the release beside the bundle. A build gets all of it, and refuses what is wrong with it. */
  data: ProjectData;
  /** What it was read from. */
  texts: Readonly<Record<string, string>>;
};

const RULES = "rules";

/** What would make asc run code or read options of the project's. */
const CONFIGURATION = "asconfig.json";
const CODE = /\.(?:[cm]?js|[cm]ts|jsx|tsx|node|wasm)$/;

/**
 * Reads the project at `root`: every `.ts` file below `rules/`, without links, and its promotions and policy.
 *
 * @throws HaggleError CLI_NO_PROJECT, BUILD_PROJECT_CODE, CLI_FILE, CLI_FILE_TOO_LARGE
 */
export async function readProject(root: string): Promise<ProjectFolder> {
  const absolute = resolve(root);
  if (!(await isProject(absolute))) {
    const message = `No project here (haggle init makes one): it would have a folder rules/, promotions in ${PROMOTIONS_FOLDER}/, or ${PROMOTIONS_FILE}`;
    throw new HaggleError("CLI_NO_PROJECT", message, { at: absolute });
  }
  if (await exists(join(absolute, CONFIGURATION))) throw refuse(join(absolute, CONFIGURATION));
  const files: Record<string, string> = {};
  if (await hasRules(absolute)) await readFolder(absolute, join(absolute, RULES), files);
  return { root: absolute, files, ...(await readDataOf(absolute)) };
}

/**
 * The nearest folder that is a project, from the first of `starts` upwards, else from the next one.
 *
 * @throws HaggleError CLI_NO_PROJECT
 */
export async function findProject(...starts: [string, ...string[]]): Promise<string> {
  for (const start of starts) {
    for (let folder = resolve(start); ; folder = dirname(folder)) {
      if (await isProject(folder)) return folder;
      if (dirname(folder) === folder) break;
    }
  }
  const message = `No folder from here upwards has rules/, ${PROMOTIONS_FOLDER}/ or ${PROMOTIONS_FILE} in it`;
  throw new HaggleError("CLI_NO_PROJECT", message, { at: resolve(starts[0]) });
}

async function readFolder(root: string, folder: string, files: Record<string, string>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === CONFIGURATION || (entry.isFile() && CODE.test(entry.name))) throw refuse(path);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && !entry.name.startsWith(".")) await readFolder(root, path, files);
    } else if (entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) {
      files[relative(root, path).split(sep).join("/")] = await getProjectText(path);
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

async function isProject(folder: string): Promise<boolean> {
  return (await hasRules(folder)) || (await hasPromotions(folder));
}

async function hasRules(folder: string): Promise<boolean> {
  return stat(join(folder, RULES)).then(
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
