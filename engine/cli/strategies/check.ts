import { relative } from "node:path";
import { checkStrategies, isWholeStrategies, type RuleMetadata, type StrategyFault } from "@haggle/abi";
import { bySource, type Diagnostic, didYouMean } from "@haggle/toolchain";
import { createKeptCompiler } from "../kept-compiler.ts";
import { readProject } from "../project.ts";
import { readSource } from "../promotion-files/source.ts";

/** Everything that is wrong with a file of strategies, for the rules of a project. */
export async function checkForProject(root: string, path: string, text: string): Promise<Diagnostic[]> {
  const project = await readProject(root);
  const compiler = await createKeptCompiler();
  const compiled = await compiler.compile(project, { withoutRules: false });
  if (!compiled.ok) return compiled.diagnostics;
  return checkFile(relative(project.root, path), text, compiled.metadata.rules);
}

function checkFile(file: string, text: string, rules: readonly RuleMetadata[]): Diagnostic[] {
  // A server reads it as YAML, whatever its name.
  const source = readSource(file.endsWith(".json") ? `${file}.yaml` : file, text);
  const isTorn = !isWholeStrategies(text);
  if (source.faults.length > 0)
    return source.faults.map((fault) => ({ ...fault, code: "STRATEGY_NOT_YAML" }));
  const { faults } = checkStrategies(source.value, { rules, near: didYouMean });
  const all: StrategyFault[] =
    isTorn && !faults.some(({ code }) => code === "STRATEGY_TORN") ? [TORN, ...faults] : faults;
  return all.map(({ path, ...fault }) => source.faultAt(path, fault)).sort(bySource);
}

const TORN: StrategyFault = {
  severity: "error",
  code: "STRATEGY_TORN",
  path: ["end"],
  message: "The last line is not `end:` with the version that the file begins with",
};
