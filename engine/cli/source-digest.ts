// Whether a build would give what is there already: one digest over everything that goes into it.

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompileOptions, type Project, RULE_SUFFIX, type RuntimeSources } from "@haggle/toolchain";
import type { ProjectFolder } from "./project.ts";

/** Hex digest of sources, promotions, policy, runtime library, toolchain and key. `purpose` keeps debug and release builds apart. */
export async function digestBuild(parts: {
  project: ProjectFolder;
  runtime: RuntimeSources;
  publicKey: Uint8Array;
  purpose: "release" | "mapped" | "debug";
}): Promise<string> {
  const { project, runtime, publicKey, purpose } = parts;
  return digestOf([
    ["purpose", purpose],
    ["key", publicKey],
    ...(await codeOf(project.files, runtime)),
    ...sorted(project.texts),
  ]);
}

/** Hex digest of what goes into a module before it is signed: rules, runtime library, toolchain and what was asked for. */
export async function digestCompile(parts: {
  files: Project["files"];
  runtime: RuntimeSources;
  options: CompileOptions;
}): Promise<string> {
  const { sourceMap = false, withoutRules = false } = parts.options;
  // Where there is a rule it changes nothing that they may be left out.
  const hasRules = Object.keys(parts.files).some((path) => path.endsWith(RULE_SUFFIX));
  return digestOf([
    ["options", JSON.stringify({ sourceMap, withoutRules: withoutRules && !hasRules })],
    ...(await codeOf(parts.files, parts.runtime)),
  ]);
}

type Part = readonly [name: string, content: string | Uint8Array];

async function codeOf(files: Project["files"], runtime: RuntimeSources): Promise<Part[]> {
  return [...prefixed("~lib/", runtime), ...sorted(files), ...prefixed("toolchain/", await toolchainFiles())];
}

function digestOf(parts: readonly Part[]): string {
  const hash = createHash("sha256");
  for (const [name, content] of parts) {
    const bytes = Buffer.from(content);
    hash.update(`${name}\n${bytes.length}\n`).update(bytes);
  }
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

function prefixed(prefix: string, record: Readonly<Record<string, string>>): Part[] {
  return sorted(record).map(([name, text]) => [prefix + name, text]);
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
