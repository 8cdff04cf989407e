import type { Compiler, RuntimeSources } from "./project.ts";

/**
 * A compiler of rules. The first call loads asc, pays for the JIT and parses the libraries, whose trees are kept for the
 * next ones: keep a compiler around in programs that watch files. With `isPlain` each call does everything anew, as asc's
 * own front end would, and says and makes the same.
 *
 * @example
 * const compiler = createCompiler({ runtime });
 * const compiled = await compiler.compile({ files: { "rules/a.rule.ts": source } });
 */
export function createCompiler({
  runtime,
  isPlain = false,
}: {
  runtime: RuntimeSources;
  isPlain?: boolean;
}): Compiler {
  // asc and binaryen are 15 MB; whoever only signs or verifies never loads them.
  let loaded: Promise<Stages> | undefined;
  const load = () => {
    loaded ??= loadStages(runtime, isPlain);
    return loaded;
  };
  return {
    async compile(project, options = {}) {
      const { compile, library } = await load();
      return compile(library, project, options);
    },
    async check(project) {
      const { check, library } = await load();
      return check(library, project);
    },
  };
}

type Stages = Awaited<ReturnType<typeof loadStages>>;

async function loadStages(runtime: RuntimeSources, isPlain: boolean) {
  const [{ compile }, { check }, { createLibraryCache, NO_CACHE }] = await Promise.all([
    import("./compile.ts"),
    import("./check-sources.ts"),
    import("./library-cache.ts"),
  ]);
  return { compile, check, library: { runtime, isPlain, cache: isPlain ? NO_CACHE : createLibraryCache() } };
}
