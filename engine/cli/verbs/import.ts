import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { onePath } from "../arguments.ts";
import { getJson, writeAtomically } from "../files.ts";
import type { Verb } from "../main.ts";
import { readPolicies } from "../policies.ts";
import { shown, usageError } from "../terminal.ts";
import { convertCase } from "../vocabulary/convert.ts";

export const importVerb: Verb = {
  usage: `Usage: haggle import --from vocabulary FILE [--out DIR]

Turns one case of the neutral vocabulary of promotions into the engine's own data: promotions, a policy and a cart.
What cannot be said is refused with the mechanism that is missing, never approximated.

  FILE       JSON: one case, or a list of one
  --from     the format; "vocabulary" is the one there is
  --out DIR  writes promotions.json, policy.json and cart.json there; else all three are printed as one object`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { from: { type: "string" }, out: { type: "string" } },
    });
    if (values.from !== "vocabulary") throw usageError("--from vocabulary is needed", values.from);
    const path = onePath(terminal, positionals);
    const given = await getJson(path);
    if (Array.isArray(given) && given.length !== 1)
      throw usageError("The file holds more or less than one case");
    const converted = convertCase(Array.isArray(given) ? given[0] : given, await readPolicies());
    if ("refused" in converted) {
      const { mechanism, at } = converted.refused;
      throw new HaggleError("CLI_IMPORT", `This cannot be said: ${mechanism}`, { at });
    }
    const { promotions, policy, cart } = converted;
    if (values.out === undefined) {
      terminal.out(JSON.stringify({ promotions, policy, cart }, null, 2));
      return 0;
    }
    for (const [name, content] of Object.entries({ promotions, policy, cart })) {
      const file = join(resolve(terminal.cwd, values.out), `${name}.json`);
      await writeAtomically(file, `${JSON.stringify(content, null, 2)}\n`);
      terminal.out(shown(terminal, file));
    }
    return 0;
  },
};
