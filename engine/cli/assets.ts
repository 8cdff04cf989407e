// Files that the command carries with it. Code that looks for them stands in this folder and not below it: packed, all
// modules lie in dist/, and the assets beside them.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeSources } from "@haggle/toolchain";

const HERE = dirname(fileURLToPath(import.meta.url));

/** What `haggle init` copies. */
export const TEMPLATE_FOLDER = join(HERE, "templates", "project");

/** What `haggle init --ci` writes. */
export const CI_FOLDER = join(HERE, "templates", "ci");

/** The runtime library's sources when the command is installed. In the repository they lie in their own rooms. */
export const RUNTIME_FOLDER = join(HERE, "runtime");

/** The policies that come with the command, when it is installed. */
export const POLICY_FOLDER = join(HERE, "policies");

/** Where they lie in the repository. */
export const POLICY_ROOM = join(HERE, "../policies");

/** Lays the library out as `readRuntimeSources` finds it in an installed command: `NAME.ts` below `folder`. */
export async function writeRuntimeSources(folder: string, sources: RuntimeSources): Promise<void> {
  for (const [name, text] of Object.entries(sources)) {
    const path = join(folder, `${name}.ts`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
