// Finds the files that hold promotions, policy and bounds of a project.

import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import {
  BOUNDS_FILES,
  holdsPromotions,
  POLICY_FILES,
  PROMOTIONS_FILE,
  PROMOTIONS_FOLDER,
  type ProjectData,
  readProjectData,
} from "@haggle/toolchain/project-files";
import { getProjectText } from "../files.ts";
import { readPolicies } from "../policies.ts";

/** What runs in the project at `root` beside its rules, and the texts that say so by their names. */
export async function readDataOf(
  root: string,
): Promise<{ data: ProjectData; texts: Record<string, string> }> {
  const policies = await present(root, POLICY_FILES);
  const names = [...(await findDataFiles(root)), ...policies, ...(await present(root, BOUNDS_FILES))];
  const texts: Record<string, string> = {};
  for (const name of names) texts[name] = await getProjectText(join(root, name));
  const presets = policies.length === 0 ? {} : await readPolicies();
  return { data: readProjectData(texts, presets), texts };
}

/** Whether there are promotions in a project's folder. */
export async function hasPromotions(root: string): Promise<boolean> {
  return (await findDataFiles(root)).length > 0;
}

async function findDataFiles(root: string): Promise<string[]> {
  return [...(await present(root, [PROMOTIONS_FILE])), ...(await list(root, join(root, PROMOTIONS_FOLDER)))];
}

/** Links are not followed: what is built lies in the project. */
async function list(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return [];
    throw cause;
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const file = relative(root, path).split(sep).join("/");
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) found.push(...(await list(root, path)));
    else if (entry.isFile() && holdsPromotions(file)) found.push(file);
  }
  return found.sort();
}

async function present(root: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      stat(join(root, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, i) => found[i]);
}
