import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { onePath } from "../arguments.ts";
import { TEMPLATE_FOLDER } from "../assets.ts";
import type { Verb } from "../main.ts";
import { shown } from "../terminal.ts";

export const init: Verb = {
  usage: `Usage: haggle init DIR

Makes a project: one rule with its cases, a promotion of it, a cart to try it on, and scripts. DIR must be new or empty.`,

  async run(args, terminal) {
    const { positionals } = parseArgs({ args, allowPositionals: true });
    const target = onePath(terminal, positionals);
    await mkdir(target, { recursive: true });
    if ((await readdir(target)).length > 0) {
      throw new HaggleError("CLI_NOT_EMPTY", "The folder is not empty", { at: target });
    }
    await cp(TEMPLATE_FOLDER, target, { recursive: true });
    // npm leaves files of this name out of packages, so the template has it without the dot.
    await rename(join(target, "gitignore"), join(target, ".gitignore"));
    const manifest = join(target, "package.json");
    const named = (await readFile(manifest, "utf8")).replace("PROJECT_NAME", packageName(basename(target)));
    await writeFile(manifest, named);
    const folder = shown(terminal, target);
    terminal.out(`${folder}: a project with one rule`);
    terminal.out(`  haggle build ${folder}`);
    terminal.out(`  haggle run ${join(folder, "carts", "example.json")} --project ${folder}`);
    terminal.out(`  haggle test ${folder}`);
    return 0;
  },
};

/** What npm takes as a name: the folder's in lower case, other characters as dashes. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "shop" : name;
}
