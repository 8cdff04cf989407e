// `haggle build` as a function: a project in, three files out, nothing done when they are there already.

import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseRelease, parseRoot } from "@haggle/abi";
import type { Signer } from "@haggle/sdk/sign";
import { build, type Compiler, createCompiler, type Diagnostic } from "@haggle/toolchain";
import { findFile, writeAtomically } from "./files.ts";
import { createKeptCompiler } from "./kept-compiler.ts";
import type { ProjectFolder } from "./project.ts";
import { writeSchemas } from "./promotion-files/schemas.ts";
import { findDocument } from "./release-folder.ts";
import { readRuntimeSources } from "./runtime-sources.ts";
import { digestBuild } from "./source-digest.ts";

export type BuiltFiles = {
  bundle: Uint8Array<ArrayBuffer>;
  release: Uint8Array<ArrayBuffer>;
  root: Uint8Array<ArrayBuffer>;
};

export type ProjectBuild =
  | { ok: false; diagnostics: Diagnostic[] }
  | {
      ok: true;
      changed: boolean;
      files: BuiltFiles;
      /** Path of the source map that lies beside the bundle, where one was asked for. */
      sourceMap?: string;
      diagnostics: Diagnostic[];
    };

const NAMES = { bundle: "bundle.wasm", release: "release.json", root: "root.json" } as const;
/** Says what the files in a folder were built from. */
const STAMP = ".build.json";

/**
 * Builds into `out`: `bundle.wasm`, `release.json` and `root.json`. When sources, toolchain and key are those of the
 * files that lie there, builds nothing. A rebuild goes on from the release that lies there: version + 1, its digest
 * as `previous`, and the same root while its key is the same. The schemas of promotions and policy come with them.
 */
export async function buildProject(options: {
  project: ProjectFolder;
  out: string;
  signer: Signer;
  /** Epoch ms. */
  now: number;
  development: boolean;
  /** Writes `bundle.wasm.map` too. */
  sourceMap?: boolean;
}): Promise<ProjectBuild> {
  const { project, out, signer, now, development, sourceMap = false } = options;
  const runtime = await readRuntimeSources();
  const purpose = sourceMap ? "mapped" : "release";
  const digest = await digestBuild({ project, runtime, publicKey: signer.publicKey, purpose });
  const cached = await findCached(out, digest);
  const mapPath = join(out, `${NAMES.bundle}.map`);
  const isMapThere = sourceMap && (await findFile(mapPath)) !== undefined;
  if (cached !== undefined && isMapThere === sourceMap) {
    return {
      ok: true,
      changed: false,
      files: cached,
      ...(sourceMap && { sourceMap: mapPath }),
      diagnostics: [],
    };
  }

  const before = await findDocument(join(out, NAMES.release), "release", parseRelease);
  const root = await findDocument(join(out, NAMES.root), "root", parseRoot);
  const keyid = createHash("sha256").update(signer.publicKey).digest("hex");
  const keepRoot =
    root !== undefined &&
    root.document.expires > now &&
    Object.keys(root.document.keys).join() === keyid &&
    (root.document.development ?? false) === development;
  const built = await build(project, {
    compiler: await createKeptCompiler(),
    signer,
    now,
    version: (before?.document.version ?? 0) + 1,
    development,
    sourceMap,
    ...project.data,
    ...(before === undefined ? {} : { previous: before.signed.sha256 }),
    ...(keepRoot ? { root: root.signed } : {}),
  });
  if (!built.ok) return built;
  const files = { bundle: built.bundle, release: built.release.bytes, root: built.root.bytes };
  await writeSchemas(out, project, built.metadata.rules);
  // Before the stamp, and gone where there is none: a map that lies there is the bundle's.
  if (built.sourceMap === undefined) await rm(mapPath, { force: true });
  else await writeAtomically(mapPath, built.sourceMap);
  await writeFiles(out, files, digest);
  const written = built.sourceMap === undefined ? {} : { sourceMap: mapPath };
  return { ok: true, changed: true, files, ...written, diagnostics: built.diagnostics };
}

/** Builds for `@assemblyscript/loader`: `bundle.debug.wasm` and its source map, not signed, never cached. */
export async function buildDebug(
  project: ProjectFolder,
  out: string,
): Promise<{ ok: boolean; path: string; diagnostics: Diagnostic[] }> {
  const compiler: Compiler = createCompiler({ runtime: await readRuntimeSources() });
  const compiled = await compiler.compile(project, { debug: true });
  const path = join(out, "bundle.debug.wasm");
  if (!compiled.ok) return { ok: false, path, diagnostics: compiled.diagnostics };
  await writeAtomically(path, compiled.wasm);
  if (compiled.sourceMap !== undefined) await writeAtomically(`${path}.map`, compiled.sourceMap);
  return { ok: true, path, diagnostics: compiled.diagnostics };
}

type Stamp = { digest: string; files: Record<keyof BuiltFiles, string> };

async function findCached(out: string, digest: string): Promise<BuiltFiles | undefined> {
  const stampBytes = await findFile(join(out, STAMP));
  if (stampBytes === undefined) return undefined;
  const stamp = readStamp(stampBytes);
  if (stamp?.digest !== digest) return undefined;
  const files: Partial<BuiltFiles> = {};
  for (const key of ["bundle", "release", "root"] as const) {
    const bytes = await findFile(join(out, NAMES[key]));
    if (bytes === undefined || sha256(bytes) !== stamp.files?.[key]) return undefined;
    files[key] = bytes;
  }
  return files as BuiltFiles;
}

function readStamp(bytes: Uint8Array): Partial<Stamp> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Partial<Stamp>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined; // damaged: build anew
  }
}

/** The stamp comes last: a folder without it, or with an old one, is built anew. */
async function writeFiles(out: string, files: BuiltFiles, digest: string): Promise<void> {
  const stamp: Stamp = { digest, files: { bundle: "", release: "", root: "" } };
  for (const key of ["bundle", "release", "root"] as const) {
    await writeAtomically(join(out, NAMES[key]), files[key]);
    stamp.files[key] = sha256(files[key]);
  }
  await writeAtomically(join(out, STAMP), JSON.stringify(stamp));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
