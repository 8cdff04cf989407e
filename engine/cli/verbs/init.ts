import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { onePath } from "../arguments.ts";
import { TEMPLATE_FOLDER } from "../assets.ts";
import { listFolder } from "../files.ts";
import { isCiService, writeCi } from "../init-ci.ts";
import type { Verb } from "../main.ts";
import { pasted, shown, type Terminal, usageError } from "../terminal.ts";

export const init: Verb = {
  usage: `Usage: haggle init DIR [--ci github]

Makes a project: one rule with its cases, a promotion of it, a cart to try it on, and scripts. DIR must be new or empty, but
for .git.

  --ci github   writes .github/workflows/haggle.yml too, into a project that is there already as well: each commit on main is
                built, tried, checked, signed by a signer of your own, published and given to a few shoppers first`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ci: { type: "string" } },
    });
    const { ci } = values;
    if (ci !== undefined && !isCiService(ci)) throw usageError("--ci takes github", ci);
    const target = onePath(terminal, positionals, ci && ".");
    const isProject = ci !== undefined && (await listFolder(join(target, "rules"))).length > 0;
    if (!isProject) await makeProject(target, terminal);
    if (ci === undefined) return 0;
    for (const file of await writeCi(target, ci)) terminal.out(`  ${shown(terminal, join(target, file))}`);
    terminal.out("What it needs before its first run stands in its first lines.");
    return 0;
  },
};

async function makeProject(target: string, terminal: Terminal): Promise<void> {
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).some((name) => name !== ".git")) {
    throw new HaggleError("CLI_NOT_EMPTY", "The folder is not empty", { at: target });
  }
  try {
    await copyTemplate(target);
  } catch (cause) {
    // A half of it would be refused as not empty, when there is room.
    for (const name of [...(await readdir(TEMPLATE_FOLDER)), ".gitignore"]) {
      await rm(join(target, name), { recursive: true, force: true });
    }
    throw cause;
  }
  const folder = shown(terminal, target);
  const inside = join(folder, "carts", "example.json");
  terminal.out(`${folder}: a project with one rule`);
  terminal.out(`  haggle build ${pasted(folder)}`);
  terminal.out(`  haggle run ${pasted(inside)}`);
  terminal.out(`  haggle test ${pasted(folder)}`);
}

async function copyTemplate(target: string): Promise<void> {
  await cp(TEMPLATE_FOLDER, target, { recursive: true });
  // npm leaves files of this name out of packages, so the template has it without the dot.
  await rename(join(target, "gitignore"), join(target, ".gitignore"));
  const manifest = join(target, "package.json");
  const named = (await readFile(manifest, "utf8")).replace("PROJECT_NAME", packageName(basename(target)));
  await writeFile(manifest, named);
}

/** What npm takes as a name: the folder's in lower case and without accents, other characters as dashes. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "shop" : name;
}
