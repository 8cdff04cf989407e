// A compiler that remembers. Compiling is most of what `build`, `test`, `check` and `run` wait for, and whoever changes a
// promotion, a case or a policy has changed no rule.

import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import {
  type Compiled,
  type CompileOptions,
  type Compiler,
  createCompiler,
  type Project,
} from "@haggle/toolchain";
import { writeAtomically } from "./files.ts";
import { keptFolder } from "./kept-folder.ts";
import { readRuntimeSources } from "./runtime-sources.ts";
import { digestCompile } from "./source-digest.ts";

/** Of about a hundred kilobytes each. */
const MAX_KEPT = 64;
const DIGEST_BYTES = 32;

/**
 * Compiles what no run before compiled, for the same sources, runtime library and toolchain. Only for what its own author
 * is about to sign or to try: a check of somebody else's bundle against its sources compiles them itself. Debug builds and
 * what does not compile are not kept. A folder that cannot be written keeps nothing.
 */
export async function createKeptCompiler(folder = join(keptFolder(), "rules")): Promise<Compiler> {
  const runtime = await readRuntimeSources();
  const compiler = createCompiler({ runtime });
  return {
    ...compiler,
    async compile(project: Project, options: CompileOptions = {}) {
      if (options.debug) return compiler.compile(project, options);
      const path = join(folder, await digestCompile({ files: project.files, runtime, options }));
      const kept = await findKept(path);
      if (kept !== undefined) return kept;
      const compiled = await compiler.compile(project, options);
      if (compiled.ok) await keep(folder, path, compiled).catch(isUnwritable);
      return compiled;
    },
  };
}

async function findKept(path: string): Promise<Compiled | undefined> {
  const bytes = await readOwn(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const content = bytes.subarray(DIGEST_BYTES);
  // Damaged, or another's under this name: compile.
  if (!bytes.subarray(0, DIGEST_BYTES).equals(digestOf(path, content))) return undefined;
  // The oldest go first, by when they were last of use.
  const now = new Date();
  await utimes(path, now, now).catch(isUnwritable);
  return deserialize(content) as Compiled;
}

/** undefined for what somebody else has written, or could have: it would be signed. */
async function readOwn(path: string): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const { uid, mode } = await file.stat();
    // Windows has neither, and a folder for each person.
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return isOwn ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

async function keep(folder: string, path: string, compiled: Compiled): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const content = serialize(compiled);
  await writeAtomically(path, Buffer.concat([digestOf(path, content), content]), 0o600);
  const names = await readdir(folder);
  if (names.length <= MAX_KEPT) return;
  const times = await Promise.all(
    // Somebody else may be clearing up as well.
    names.map(
      async (name) => [name, (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0] as const,
    ),
  );
  const oldest = times.sort(([, a], [, b]) => a - b).slice(0, names.length - MAX_KEPT);
  for (const [name] of oldest) await rm(join(folder, name), { force: true });
}

/** Of the content under its name, which tells of what it was compiled. */
function digestOf(path: string, content: Uint8Array): Buffer {
  return createHash("sha256").update(basename(path)).update(content).digest();
}

/** What is kept saves time; a full or a read-only disk must not cost a build. */
function isUnwritable(cause: unknown): void {
  if (!(cause instanceof Error && "code" in cause)) throw cause;
}
