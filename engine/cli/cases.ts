// The cases beside the rules of a folder, run through the whole way from source to price.

import { join, relative, sep } from "node:path";
import type { RuleMetadata } from "@haggle/abi";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, type Diagnostic } from "@haggle/toolchain";
import { type CaseFile, type CaseResult, holdsCases, parseCases, runCases } from "@haggle/toolchain/cases";
import { getProjectJson, listFolder } from "./files.ts";
import { createKeptCompiler } from "./kept-compiler.ts";
import type { ProjectFolder } from "./project.ts";

export type CasesOutcome =
  | { ok: false; diagnostics: Diagnostic[] }
  | { ok: true; rules: readonly RuleMetadata[]; results: CaseResult[]; diagnostics: Diagnostic[] };

/** The documents of a test run live for one process. */
const TEST_TIME = 0;

/**
 * Builds the project once and runs all its cases.
 *
 * @throws HaggleError CLI_CASES, CLI_NOT_JSON for a file that is not one of cases; CART_UNKNOWN_FIELD for a cart in it
 */
export async function runProjectCases(project: ProjectFolder): Promise<CasesOutcome> {
  const stated = await readCases(project.root);
  const signer = await signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
  const compiler = await createKeptCompiler();
  const built = await build(project, {
    compiler,
    signer,
    version: 1,
    now: TEST_TIME,
    development: true,
    ...project.data,
  });
  if (!built.ok) return built;
  const results = await runCases(built, stated, { signer, policy: project.data.policy });
  return { ok: true, rules: built.metadata.rules, results, diagnostics: built.diagnostics };
}

/** All of them before anything is compiled, which takes longer. */
async function readCases(root: string): Promise<CaseFile[]> {
  const files = await findCaseFiles(root, join(root, "rules"));
  return Promise.all(
    files.map(async (file) => ({ file, cases: parseCases(await getProjectJson(join(root, file)), file) })),
  );
}

async function findCaseFiles(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name);
    const file = relative(root, path).split(sep).join("/");
    if (entry.isDirectory()) found.push(...(await findCaseFiles(root, path)));
    else if (holdsCases(file)) found.push(file);
  }
  return found.sort();
}
