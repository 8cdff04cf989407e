// A project is a folder with rules/ in it, or with promotions that need none. Only text is read: building runs no code
// of the project.

import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { HaggleError, type Policy, type Promotion, parsePolicy, parsePromotions } from "@haggle/abi";
import type { Project } from "@haggle/toolchain";
import { getJson } from "./files.ts";

export type ProjectFolder = Project & {
  /** Absolute. */
  root: string;
  /** What goes into the release beside the bundle. */
  data: { promotions?: Promotion[]; policy?: Policy };
};

const RULES = "rules";
/** What runs beside one promotion for each rule that it does not name. */
export const PROMOTIONS_FILE = "promotions.json";
/** A complete policy in the place of the default one. */
export const POLICY_FILE = "policy.json";

/** What would make asc run code or read options of the project's. */
const CONFIGURATION = "asconfig.json";
const CODE = /\.(?:[cm]?js|[cm]ts|jsx|tsx|node|wasm)$/;

/**
 * Reads the project at `root`: every `.ts` file below `rules/`, without links, and its promotions and policy.
 *
 * @throws HaggleError CLI_NO_PROJECT, BUILD_PROJECT_CODE, and for what is wrong with promotions or policy
 */
export async function readProject(root: string): Promise<ProjectFolder> {
  const absolute = resolve(root);
  if (!(await isProject(absolute))) {
    const message = `No project here: it would have a folder rules/, or ${PROMOTIONS_FILE}`;
    throw new HaggleError("CLI_NO_PROJECT", message, { at: absolute });
  }
  if (await exists(join(absolute, CONFIGURATION))) throw refuse(join(absolute, CONFIGURATION));
  const files: Record<string, string> = {};
  if (await hasRules(absolute)) await readFolder(absolute, join(absolute, RULES), files);
  const promotions = await findData(absolute, PROMOTIONS_FILE, parsePromotions);
  const policy = await findData(absolute, POLICY_FILE, parsePolicy);
  const data = {
    ...(promotions === undefined ? {} : { promotions }),
    ...(policy === undefined ? {} : { policy }),
  };
  return { root: absolute, files, data };
}

async function findData<T>(
  root: string,
  name: string,
  parse: (value: unknown, at: string) => T,
): Promise<T | undefined> {
  const path = join(root, name);
  return (await exists(path)) ? parse(await getJson(path), name) : undefined;
}

/**
 * The nearest folder from `start` upwards that is a project.
 *
 * @throws HaggleError CLI_NO_PROJECT
 */
export async function findProject(start: string): Promise<string> {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (await isProject(folder)) return folder;
    if (dirname(folder) === folder) {
      const message = `No folder from here upwards has rules/ or ${PROMOTIONS_FILE} in it`;
      throw new HaggleError("CLI_NO_PROJECT", message, { at: resolve(start) });
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

async function isProject(folder: string): Promise<boolean> {
  return (await hasRules(folder)) || (await exists(join(folder, PROMOTIONS_FILE)));
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
