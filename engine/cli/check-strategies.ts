import { relative } from "node:path";
import type { Diagnostic } from "@haggle/toolchain";
import { checkStrategyFile } from "@haggle/toolchain/project-files";
import { createKeptCompiler } from "./kept-compiler.ts";
import { readProject } from "./project.ts";

/** Everything that is wrong with a file of strategies, for the rules of a project. */
export async function checkForProject(root: string, path: string, text: string): Promise<Diagnostic[]> {
  const project = await readProject(root);
  const compiler = await createKeptCompiler();
  const compiled = await compiler.compile(project, { withoutRules: false });
  if (!compiled.ok) return compiled.diagnostics;
  return checkStrategyFile(relative(project.root, path), text, compiled.metadata.rules);
}
