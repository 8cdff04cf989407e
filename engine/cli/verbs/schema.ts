import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { onePath } from "../arguments.ts";
import { writeAtomically } from "../files.ts";
import { createKeptCompiler } from "../kept-compiler.ts";
import type { Verb } from "../main.ts";
import { readProject } from "../project.ts";
import { schemasOf } from "../promotion-files/schemas.ts";
import { showDiagnostic, shown } from "../terminal.ts";

export const schema: Verb = {
  usage: `Usage: haggle schema [DIR] [--policy | --bounds | --strategies] [--out FILE]

Prints the JSON schema (draft 2020-12) of a project's promotion files: what a promotion may say, and the parameters of
each rule. \`haggle build\` writes it to dist/promotions.schema.json, those of policy, bounds and strategies beside it.
Editors check YAML files that name it in their first line:

  # yaml-language-server: $schema=../dist/promotions.schema.json

  DIR           the project; the current folder when left out
  --policy      the schema of policy files
  --bounds      the schema of bounds files: within which strategies may set prices
  --strategies  the schema of files of strategies: which pricing rule prices which skus
  --out FILE    where to write; printed when left out`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        policy: { type: "boolean" },
        bounds: { type: "boolean" },
        strategies: { type: "boolean" },
        out: { type: "string" },
      },
    });
    const project = await readProject(onePath(terminal, positionals, "."));
    const compiler = await createKeptCompiler();
    const { withoutRules = false } = project.data;
    const compiled = await compiler.compile(project, { withoutRules });
    if (!compiled.ok) {
      for (const diagnostic of compiled.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
      return 1;
    }
    const schemas = await schemasOf(project, compiled.metadata.rules);
    const other = (["policy", "bounds", "strategies"] as const).find((name) => values[name]);
    const text = schemas[other ?? "promotions"];
    if (values.out === undefined) terminal.out(text.trimEnd());
    else {
      const file = resolve(terminal.cwd, values.out);
      await writeAtomically(file, text);
      terminal.out(shown(terminal, file));
    }
    return 0;
  },
};
