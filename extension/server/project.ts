// Which project a rule file belongs to, and that project's sources as the editor sees them.

import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Project } from "@haggle/toolchain";

/** Text of a file that is open in the editor, saved or not; undefined when it is not open. */
type FindText = (uri: string) => string | undefined;

/** The folder above the innermost `rules/` around a file; undefined for files outside of any, or not on disk. */
export function findProjectRoot(uri: string): string | undefined {
  if (!uri.startsWith("file:")) return undefined;
  const path = fileURLToPath(uri);
  const at = path.lastIndexOf(`${sep}rules${sep}`);
  return at < 0 ? undefined : path.slice(0, at);
}

/** Every `.ts` file below `rules/`, as it is in the editor or else on disk. */
export async function readOpenProject(root: string, findText: FindText): Promise<Project> {
  const files: Record<string, string> = {};
  await readFolder(root, join(root, "rules"), findText, files);
  return { files };
}

export function uriOf(root: string, file: string): string {
  return pathToFileURL(join(root, file)).href;
}

/** Editors escape more in addresses than Node does (`file:///c%3A/`): one spelling to compare by. */
export function canonicalUri(uri: string): string {
  return pathToFileURL(fileURLToPath(uri)).href;
}

async function readFolder(
  root: string,
  folder: string,
  findText: FindText,
  files: Record<string, string>,
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && !entry.name.startsWith(".")) {
        await readFolder(root, path, findText, files);
      }
    } else if (entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) {
      const file = relative(root, path).split(sep).join("/");
      files[file] = findText(uriOf(root, file)) ?? (await readFile(path, "utf8"));
    }
  }
}
