import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { onePath } from "../arguments.ts";
import { runProjectCases } from "../cases.ts";
import { differingPages, makePages, writePages } from "../docs/pages.ts";
import type { Verb } from "../main.ts";
import { readProject } from "../project.ts";
import { counted, showDiagnostic, shown } from "../terminal.ts";

export const docs: Verb = {
  usage: `Usage: haggle docs [DIR] [--out DIR] [--check]

Writes a Markdown page for each rule of a project, and an index: what its comments say, its parameters and their
defaults, a promotion to start from, and what the carts of its cases come to, priced by the engine.

  DIR        the project; the current folder when left out
  --out DIR  where to write; DIR/docs when left out. Pages of rules that are gone are removed, other files stay
  --check    writes nothing; exits with 1 when pages are not up to date`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" }, check: { type: "boolean" } },
    });
    const project = await readProject(onePath(terminal, positionals, "."));
    const out = values.out === undefined ? join(project.root, "docs") : resolve(terminal.cwd, values.out);
    const outcome = await runProjectCases(project);
    for (const diagnostic of outcome.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
    if (!outcome.ok) return 1;
    const failed = outcome.results.filter(({ problems }) => problems.length > 0);
    for (const { file, name } of failed) terminal.err(`${terminal.paint("red", "failed")} ${file}: ${name}`);
    if (failed.length > 0) {
      terminal.err("No page tells of what does not hold; see haggle test");
      return 1;
    }
    const pages = makePages(outcome.rules, outcome.results, { root: project.root, out });
    if (values.check) {
      const names = await differingPages(pages, out);
      for (const name of names) terminal.err(`not up to date: ${shown(terminal, join(out, name))}`);
      return names.length === 0 ? 0 : 1;
    }
    const changed = await writePages(pages, out);
    terminal.out(`${shown(terminal, out)}: ${counted(pages.size, "page")}, ${changed} changed`);
    return 0;
  },
};
