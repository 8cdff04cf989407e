import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError, type Policy } from "@haggle/abi";
import { onePath } from "../arguments.ts";
import { getJson, listFolder, writeAtomically } from "../files.ts";
import type { Verb } from "../main.ts";
import { readPolicies } from "../policies.ts";
import type { Imported } from "../rivals/drafts.ts";
import { importRival, RIVAL_NAMES } from "../rivals/import-rival.ts";
import { counted, shown, type Terminal, usageError } from "../terminal.ts";
import { convertCase } from "../vocabulary/convert.ts";

const FORMATS = [...RIVAL_NAMES, "vocabulary"];
const PRICES: readonly Policy["tax"]["prices"][] = ["untaxed", "net", "gross"];

/** Codes are for the shop's server alone. */
const PRIVATE_MODE = 0o600;

export const importVerb: Verb = {
  usage: `Usage: haggle import --from FORMAT FILE [--out DIR] [--currency CODE] [--prices net|gross|untaxed]

Turns the promotions of another product into the engine's own data. Nothing is approximated: what cannot be said is
left out and listed, with its place and the reason.

  FILE        JSON, as the product exports it
  --from      shopify     discount nodes of the Admin GraphQL API
              medusa      what GET /admin/promotions answers (Medusa 2)
              vendure     promotions of the Admin API
              saleor      promotions and vouchers of the GraphQL API
              vocabulary  one case of the neutral vocabulary of promotions; also gives a cart
  --out DIR   writes promotions.json, policy.json, coupons.json (which code stands for which symbol: for the shop's
              server, never part of a release), allowances.json (limits that the shop counts) and
              not-carried-over.json there, over those of an import before, but over no others; else all of it is
              printed as one object
  --currency  which currency to import, where the file has several or does not say
  --prices    whether prices of the shop hold tax; the export does not say`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: "string" },
        out: { type: "string" },
        currency: { type: "string" },
        prices: { type: "string" },
      },
    });
    const { from, out, currency, prices } = values;
    if (from === undefined || !FORMATS.includes(from))
      throw usageError(`--from needs one of ${FORMATS.join(", ")}`, from);
    const tax = PRICES.find((each) => each === prices);
    if (prices !== undefined && tax === undefined)
      throw usageError("--prices is net, gross or untaxed", prices);
    const given = await getJson(onePath(terminal, positionals));
    const policies = await readPolicies();
    if (from === "vocabulary") {
      if (currency !== undefined || prices !== undefined)
        throw usageError("A case says its currency and its tax itself");
      await give(fromVocabulary(given, policies), out, terminal);
      return 0;
    }
    const imported = importRival(from, given, { policies, currency, prices: tax });
    if (out !== undefined) await refuseOthers(resolve(terminal.cwd, out), imported);
    await give(imported, out, terminal);
    report(imported, terminal);
    return 0;
  },
};

function fromVocabulary(given: unknown, policies: Record<string, Policy>): object {
  if (Array.isArray(given) && given.length !== 1)
    throw usageError("The file holds more or less than one case");
  const converted = convertCase(Array.isArray(given) ? given[0] : given, policies);
  if ("refused" in converted) {
    const { mechanism, at } = converted.refused;
    throw new HaggleError("CLI_IMPORT", `This cannot be said: ${mechanism}`, { at });
  }
  const { promotions, policy, cart } = converted;
  return { promotions, policy, cart };
}

/** What no import wrote is somebody's work. */
async function refuseOthers(folder: string, imported: Imported): Promise<void> {
  const names = (await listFolder(folder)).map(({ name }) => name);
  if (names.includes(fileOf("notCarriedOver" satisfies keyof Imported))) return;
  const other = Object.keys(imported)
    .map(fileOf)
    .find((name) => names.includes(name));
  if (other === undefined) return;
  const message = "The file is there already, and no import wrote it; take another folder";
  throw new HaggleError("CLI_NOT_EMPTY", message, { at: join(folder, other) });
}

/** A file for each part, or all of it on the terminal. */
async function give(parts: object, out: string | undefined, terminal: Terminal): Promise<void> {
  if (out === undefined) {
    terminal.out(JSON.stringify(parts, null, 2));
    return;
  }
  for (const [name, content] of Object.entries(parts)) {
    const file = join(resolve(terminal.cwd, out), fileOf(name));
    const mode = name === "coupons" ? PRIVATE_MODE : undefined;
    await writeAtomically(file, `${JSON.stringify(content, null, 2)}\n`, mode);
    terminal.out(shown(terminal, file));
  }
}

function report({ promotions, notCarriedOver }: Imported, { err, paint }: Terminal): void {
  const left = notCarriedOver.filter(({ kept }) => !kept).length;
  err(`${counted(promotions.length, "promotion")} carried over, ${left} left out`);
  for (const { at, reason, kept } of notCarriedOver) {
    const label = kept ? paint("yellow", "note") : paint("red", "left out");
    err(`${label} ${at === "" ? "" : `${at}: `}${reason}`);
  }
}

/** Where a part of it stands. */
function fileOf(part: string): string {
  return `${part.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.json`;
}
