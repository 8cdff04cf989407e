import { parseArgs } from "node:util";
import type { RuleMetadata } from "@haggle/abi";
import type { CaseResult } from "@haggle/toolchain/cases";
import { onePath } from "../arguments.ts";
import { runProjectCases } from "../cases.ts";
import type { Verb } from "../main.ts";
import { findProject, readProject } from "../project.ts";
import { counted, showDiagnostic } from "../terminal.ts";

/** More would hide how the cases went. */
const MAX_NAMED = 10;

export const test: Verb = {
  usage: `Usage: haggle test [DIR]

Runs the cases beside the rules of a project: NAME.cases.json beside NAME.rule.ts, or cases.json for all rules of a
folder. A file is an array of { name, cart, expect, parameters?, promotions?, policy? }; "expect" is a part of the
decision's JSON, "parameters" are the rule's where not its defaults, "promotions" all that runs instead of the rules
beside the file, "policy" what differs from the project's. A case fails too where a rule was stopped, unless it expects
"promotions" itself. Rules that no case runs are named at the end, and are no failure.

  DIR  the project; found from the current folder upwards when left out`,

  async run(args, terminal) {
    const { positionals } = parseArgs({ args, allowPositionals: true });
    const root = positionals.length === 0 ? await findProject(terminal.cwd) : onePath(terminal, positionals);
    const project = await readProject(root);
    const outcome = await runProjectCases(project);
    for (const diagnostic of outcome.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
    if (!outcome.ok) return 1;
    const failed = outcome.results.filter(({ problems }) => problems.length > 0);
    for (const { file, name, problems } of failed) {
      terminal.err(`${terminal.paint("red", "failed")} ${file}: ${name}`);
      for (const problem of problems) terminal.err(`  ${problem}`);
    }
    terminal.out(`${outcome.results.length - failed.length} passed, ${failed.length} failed`);
    const untested = namesOfUntested(outcome.rules, outcome.results);
    if (untested.length > 0) {
      const more = untested.length > MAX_NAMED ? ` and ${untested.length - MAX_NAMED} more` : "";
      const has = `${counted(untested.length, "rule")} ${untested.length === 1 ? "has" : "have"} no cases`;
      terminal.err(terminal.paint("dim", `${has}: ${untested.slice(0, MAX_NAMED).join(", ")}${more}`));
    }
    return failed.length === 0 ? 0 : 1;
  },
};

/** Of rules that no case runs. Templates too: what they do is up to their parameters, and cases state those. */
function namesOfUntested(rules: readonly RuleMetadata[], results: readonly CaseResult[]): string[] {
  const run = new Set(
    results.flatMap(({ stated, rules: beside }) =>
      stated.promotions === undefined
        ? beside.map(({ name }) => name)
        : stated.promotions.map(({ rule }) => rule),
    ),
  );
  return rules.map(({ name }) => name).filter((name) => !run.has(name));
}
