// The runtime library's sources: beside the built CLI when it is installed, in their own rooms in the repository.

import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { RuntimeSources } from "@haggle/toolchain";
import { RUNTIME_FOLDER } from "./assets.ts";

/** Library name -> source, for `createCompiler`. */
export async function readRuntimeSources(): Promise<RuntimeSources> {
  return (await isFolder(RUNTIME_FOLDER)) ? readTree(RUNTIME_FOLDER, "") : readRepository();
}

async function readRepository(): Promise<RuntimeSources> {
  const require = createRequire(import.meta.url);
  const runtime = dirname(require.resolve("@haggle/runtime/package.json"));
  const abi = dirname(require.resolve("@haggle/abi/package.json"));
  const library = await readTree(join(runtime, "haggle"), "haggle/");
  const read = (folder: string, name: string) => readFile(join(folder, `${name}.ts`), "utf8");
  library.haggle = await read(runtime, "haggle");
  // One module for asc, since its parts are nothing but constants.
  const parts = await readTree(join(abi, "layout"), "");
  library["haggle/layout"] = Object.keys(parts)
    .sort()
    .map((name) => parts[name]!)
    .join("\n");
  library["rt/stub"] = await read(runtime, "arena");
  library["haggle/debug-arena"] = await read(runtime, "debug-arena");
  return library;
}

async function readTree(folder: string, prefix: string): Promise<Record<string, string>> {
  const library: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) Object.assign(library, await readTree(path, `${prefix}${entry.name}/`));
    else if (entry.name.endsWith(".ts")) {
      library[prefix + entry.name.slice(0, -".ts".length)] = await readFile(path, "utf8");
    }
  }
  return library;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
