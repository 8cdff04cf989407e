import { parseArgs } from "node:util";
import { onePath } from "../arguments.ts";
import { runProjectCases } from "../cases.ts";
import type { Verb } from "../main.ts";
import { findProject, readProject } from "../project.ts";
import { showDiagnostic } from "../terminal.ts";

export const test: Verb = {
  usage: `Usage: haggle test [DIR]

Runs the cases beside the rules of a project: NAME.cases.json beside NAME.rule.ts, or cases.json for all rules of a
folder. A file is an array of { name, cart, expect, parameters?, promotions?, policy? }; "expect" is a part of the
decision's JSON, "parameters" are the rule's where not its defaults, "promotions" all that runs instead of the rules
beside the file, "policy" what differs from the project's. A case fails too where a rule was stopped, unless it expects
"promotions" itself.

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
    return failed.length === 0 ? 0 : 1;
  },
};
