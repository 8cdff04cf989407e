// Which project a file on disk belongs to.

import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The folder above the innermost `rules/` around a file; undefined for files outside of any, or not on disk. */
export function findProjectRoot(uri: string): string | undefined {
  if (!uri.startsWith("file:")) return undefined;
  const path = fileURLToPath(uri);
  const at = path.lastIndexOf(`${sep}rules${sep}`);
  return at < 0 ? undefined : path.slice(0, at);
}

export function uriOf(root: string, file: string): string {
  return pathToFileURL(join(root, file)).href;
}
