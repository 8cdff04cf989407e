import type { Compiler, RuntimeSources } from "./project.ts";

/**
 * A compiler of rules. It keeps nothing between calls, but the first call loads asc and pays for the JIT, so keep one
 * around in programs that watch files.
 *
 * @example
 * const compiler = createCompiler({ runtime });
 * const compiled = await compiler.compile({ files: { "rules/a.rule.ts": source } });
 */
export function createCompiler({ runtime }: { runtime: RuntimeSources }): Compiler {
  // asc and binaryen are 15 MB; whoever only signs or verifies never loads them.
  return {
    async compile(project, options = {}) {
      return (await import("./compile.ts")).compile(runtime, project, options);
    },
    async check(project) {
      return (await import("./compile.ts")).check(runtime, project);
    },
  };
}
