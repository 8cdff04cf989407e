import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createAuthorKey } from "../keys.ts";
import type { Verb } from "../main.ts";
import { shown, usageError } from "../terminal.ts";

export const keys: Verb = {
  usage: `Usage: haggle keys new [--out DIR]

Makes an Ed25519 key pair: author.sk (secret, mode 600) and author.pk. Never overwrites one.

  --out DIR  where to write; the current folder when left out`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" } },
    });
    const [action, folder] = positionals;
    if (action === "new" && folder !== undefined) throw usageError("keys new: use --out DIR", folder);
    if (action !== "new") {
      throw usageError("keys knows one thing to do: new", positionals.join(" "));
    }
    const paths = await createAuthorKey(resolve(terminal.cwd, values.out ?? "."));
    terminal.out(`secret  ${shown(terminal, paths.secret)}  (keep it, and keep it out of git)`);
    terminal.out(`public  ${shown(terminal, paths.public)}`);
    return 0;
  },
};
