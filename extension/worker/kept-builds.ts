// Builds that are kept: compiled once for the same sources, and priced with many times. They are signed by a key of
// this process that nobody else has, and never leave it.

import type { Policy } from "@haggle/abi";
import { type Signer, signerFromSeed } from "@haggle/sdk/sign";
import {
  type Build,
  build,
  type Compiled,
  type Compiler,
  type Diagnostic,
  type Draft,
  type DraftOptions,
  draftRelease,
} from "@haggle/toolchain";
import { readProjectData } from "@haggle/toolchain/project-files";
import type { ProjectTexts } from "./calls.ts";

/** Of each, since a bundle and what it is priced by are a few hundred kilobytes. */
const MAX_KEPT = 4;

/** One object for one build: whoever keeps engines keeps them by it. */
export type KeptBuild = {
  built: Extract<Build, { ok: true }>;
  signer: Signer;
  /** The project's own; undefined where it has none. */
  policy: Policy | undefined;
  /** The source map of this very bundle: made when somebody asks, and then kept. */
  findMap(): Promise<string | undefined>;
};

export type BuildOutcome = { ok: true; kept: KeptBuild } | { ok: false; diagnostics: Diagnostic[] };

export type KeptBuilds = {
  /** The build of these texts, whatever of it is there already. */
  get(project: ProjectTexts): Promise<BuildOutcome>;
  /** A release of these texts for somebody else to sign; only what was compiled is kept of it. */
  draft(project: ProjectTexts, options: DraftMoment): Promise<Draft>;
};

export type DraftMoment = Pick<DraftOptions, "version" | "now" | "expires" | "previous" | "tenant">;

/** `presets` are the policies that a policy may extend, by name. */
export function createKeptBuilds({
  compiler,
  presets,
}: {
  compiler: Compiler;
  presets: Readonly<Record<string, Policy>>;
}): KeptBuilds {
  const keptCompiler = keepCompiled(compiler);
  const builds = new Map<string, Promise<BuildOutcome>>();
  let signer: Promise<Signer> | undefined;

  async function make({ files, data: texts }: ProjectTexts): Promise<BuildOutcome> {
    signer ??= signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
    const data = readProjectData(texts, presets);
    const options = { ...data, signer: await signer, version: 1, now: Date.now(), development: true };
    const built = await build({ files }, { ...options, compiler: keptCompiler });
    if (!built.ok) return built;
    let map: Promise<string | undefined> | undefined;
    const findMap = async () => {
      const mapped = await build({ files }, { ...options, compiler, sourceMap: true });
      return mapped.ok && mapped.digest === built.digest ? mapped.sourceMap : undefined;
    };
    const kept: KeptBuild = {
      built,
      signer: options.signer,
      policy: data.policy,
      findMap() {
        map ??= findMap();
        return map;
      },
    };
    return { ok: true, kept };
  }

  return {
    get(project) {
      const key = keyOf([project.files, project.data]);
      return keep(builds, key, () => make(project));
    },
    draft({ files, data }, options) {
      return draftRelease(
        { files },
        { ...readProjectData(data, presets), ...options, compiler: keptCompiler },
      );
    },
  };
}

/** Who changes a promotion or a policy has changed no rule, and compiling is most of what a build takes. */
function keepCompiled(compiler: Compiler): Compiler {
  const compiled = new Map<string, Promise<Compiled>>();
  return {
    ...compiler,
    compile: (project, options = {}) =>
      keep(compiled, keyOf([project.files, options]), () => compiler.compile(project, options)),
  };
}

/** The newest are kept. What fails is tried again when it is asked for again. */
function keep<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = kept.get(key) ?? make();
  kept.delete(key);
  kept.set(key, found);
  found.catch(() => kept.delete(key));
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT) kept.delete(oldest!);
  return found;
}

/** The same for the same texts, in whatever order somebody listed them. */
function keyOf(parts: readonly object[]): string {
  return JSON.stringify(parts.map((part) => Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))));
}
