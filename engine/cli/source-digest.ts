// Whether a build would give what is there already: one digest over everything that goes into it.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RuntimeSources } from "@haggle/toolchain";
import type { ProjectFolder } from "./project.ts";

/** Hex digest of sources, promotions, policy, runtime library, toolchain and key. `purpose` keeps debug and release builds apart. */
export async function digestBuild(parts: {
  project: ProjectFolder;
  runtime: RuntimeSources;
  publicKey: Uint8Array;
  purpose: "release" | "mapped" | "debug";
}): Promise<string> {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Uint8Array) => {
    const bytes = Buffer.from(content);
    hash.update(`${name}\n${bytes.length}\n`).update(bytes);
  };
  add("purpose", parts.purpose);
  add("key", parts.publicKey);
  for (const [name, text] of sorted(parts.runtime)) add(`~lib/${name}`, text);
  for (const [name, text] of sorted(parts.project.files)) add(name, text);
  for (const [name, text] of sorted(parts.project.texts)) add(name, text);
  for (const [name, text] of sorted(await toolchainFiles())) add(`toolchain/${name}`, text);
  return hash.digest("hex");
}

/** The toolchain's own code, so that an upgrade builds anew. Its manifest pins the version of asc. */
async function toolchainFiles(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of ["@haggle/toolchain", "@haggle/sdk", "@haggle/abi"]) {
    const entry = findModule(name);
    if (entry === undefined) continue; // the abi is part of the other two when they are installed
    const folder = dirname(entry);
    for (const file of await readdir(folder)) {
      if (/\.[jt]s$/.test(file)) files[`${name}/${file}`] = await readFile(join(folder, file), "utf8");
    }
  }
  const manifest = findModule("@haggle/toolchain/package.json");
  if (manifest !== undefined) files.manifest = await readFile(manifest, "utf8");
  return files;
}

function findModule(name: string): string | undefined {
  try {
    return fileURLToPath(import.meta.resolve(name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    return undefined;
  }
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
