import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildTime, dataFolder, onePath } from "../arguments.ts";
import { buildDebug, buildProject } from "../build-project.ts";
import { developmentSigner } from "../keys.ts";
import type { Verb } from "../main.ts";
import { readProject } from "../project.ts";
import { showDiagnostic, shown } from "../terminal.ts";
import { findSigner, SIGNER_FLAGS, SIGNER_HELP } from "../trust/signer-flags.ts";

export const build: Verb = {
  usage: `Usage: haggle build [DIR] [--key FILE | --signer COMMAND --public FILE] [--out DIR] [--debug] [--source-map]

Compiles the rules of a project into one bundle, meters and checks it, signs it and a release of it.
Writes bundle.wasm, release.json and root.json, and beside them the JSON schemas of promotions and policy. Builds
nothing when nothing has changed.

A project is a folder with rules/ in it. Every YAML or JSON file below promotions/ holds a promotion or a list of them,
and so does promotions.json. They run beside the rules that none of them names, and without rules/ too: promotions may
be data alone. policy.yaml or policy.json stands in the place of the default policy; \`extends: saleor\` in it names a
preset of which it changes a part. What is wrong is told with file, line and column, all of it at once.

  DIR         the project; the current folder when left out
${SIGNER_HELP}
  --out DIR   where to write; DIR/dist when left out
  --debug     an unsigned bundle.debug.wasm for @assemblyscript/loader, with names and a source map
  --source-map  bundle.wasm.map beside the bundle: where offsets of stack traces lead to in the rules

Signs with this machine's development key when no key is named. For several people: haggle release draft.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...SIGNER_FLAGS,
        out: { type: "string" },
        debug: { type: "boolean" },
        "source-map": { type: "boolean" },
      },
    });
    const started = performance.now();
    const project = await readProject(onePath(terminal, positionals, "."));
    const out = values.out === undefined ? join(project.root, "dist") : resolve(terminal.cwd, values.out);
    if (values.debug) {
      const debug = await buildDebug(project, out);
      for (const diagnostic of debug.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
      if (debug.ok) terminal.out(`${shown(terminal, debug.path)}: debug build, not signed`);
      return debug.ok ? 0 : 1;
    }
    const given = await findSigner(terminal, values);
    const development = given === undefined;
    const signer = given ?? (await developmentSigner(dataFolder(terminal, project.root)));
    const built = await buildProject({
      ...{ project, out, signer, now: buildTime(terminal), development },
      sourceMap: values["source-map"] ?? false,
    });
    for (const diagnostic of built.diagnostics) showDiagnostic(terminal, project.root, diagnostic);
    if (!built.ok) return 1;
    const target = shown(terminal, join(out, "bundle.wasm"));
    if (!built.changed) terminal.out(`${target}: unchanged`);
    else {
      const ms = Math.round(performance.now() - started);
      const key = development ? "the development key" : (values.key ?? values.public);
      terminal.out(`${target}: ${built.files.bundle.length} bytes, signed with ${key}, ${ms} ms`);
    }
    if (built.sourceMap !== undefined) terminal.out(`${shown(terminal, built.sourceMap)}: source map`);
    return 0;
  },
};
