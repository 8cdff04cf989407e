import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { onePath } from "../arguments.ts";
import { getJson } from "../files.ts";
import { createKeptCompiler } from "../kept-compiler.ts";
import type { Verb } from "../main.ts";
import { readPolicies } from "../policies.ts";
import { counted, type Terminal } from "../terminal.ts";
import { convertCase, type Policies } from "../vocabulary/convert.ts";
import { type Figures, figuresOf } from "../vocabulary/figures.ts";
import { differencesOf } from "../vocabulary/judge.ts";
import { createPricer, type Pricer } from "../vocabulary/price.ts";

/** What becomes of one case. */
type Outcome = Figures | { id: string; status: "refused"; reason: string };

/** Long files say how far they are, this often. */
const PROGRESS_EVERY = 100;

export const conformance: Verb = {
  usage: `Usage: haggle conformance FILE [--json]

Prices cases of the neutral vocabulary of promotions, each under the policy of its product, by the engine's own way:
a signed release for each, verified and evaluated. A case that cannot be said is refused with the missing mechanism.
What a case expects is compared and never looked at before.

  FILE    JSON: a list of cases, or one
  --json  one object per line with the fields of what cases expect; else a table by policy and what differs

Exits with 0 when every case has its line, refused ones included.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    const given = await getJson(onePath(terminal, positionals));
    const cases: unknown[] = Array.isArray(given) ? given : [given];
    const policies = await readPolicies();
    const pricer = await createPricer(await createKeptCompiler());
    const table = new Map<string, Row>();
    const remarks: string[] = [];
    for (const [index, each] of cases.entries()) {
      const outcome = await priceCase(each, policies, pricer);
      if (values.json) terminal.out(JSON.stringify(outcome));
      else remarks.push(...count(table, each, outcome));
      if ((index + 1) % PROGRESS_EVERY === 0)
        terminal.err(`${index + 1} of ${counted(cases.length, "case")}`);
    }
    if (!values.json) show(terminal, table, remarks);
    return 0;
  },
};

async function priceCase(given: unknown, policies: Policies, pricer: Pricer): Promise<Outcome> {
  const converted = convertCase(given, policies);
  const { id } = converted;
  if ("refused" in converted) {
    const { mechanism, at } = converted.refused;
    return { id, status: "refused", reason: `${mechanism} at ${at}` };
  }
  try {
    return figuresOf(converted, await pricer.price(converted));
  } catch (cause) {
    // Beyond a limit of the format, such as too many lines; everything else is a bug.
    if (!(cause instanceof HaggleError)) throw cause;
    return { id, status: "refused", reason: cause.message };
  }
}

type Row = { cases: number; priced: number; refused: number; equal: number; "not equal": number };

/** Counts a case for its policy; returns what a person wants to know of it. */
function count(table: Map<string, Row>, given: unknown, outcome: Outcome): string[] {
  const name = String((given as { policy?: unknown } | null)?.policy);
  const row = table.get(name) ?? { cases: 0, priced: 0, refused: 0, equal: 0, "not equal": 0 };
  table.set(name, row);
  row.cases++;
  row[outcome.status]++;
  if (outcome.status === "refused") return [`${outcome.id} refused: ${outcome.reason}`];
  const differences = differencesOf(given, outcome);
  if (differences === undefined) return [];
  row[differences.length === 0 ? "equal" : "not equal"]++;
  return differences.map((difference) => `${outcome.id} ${difference}`);
}

function show(terminal: Terminal, table: ReadonlyMap<string, Row>, remarks: readonly string[]): void {
  const columns = ["cases", "priced", "refused", "equal", "not equal"] as const;
  const rows = [...table].map(([name, row]) => [name, ...columns.map((column) => String(row[column]))]);
  const totals = columns.map((column) =>
    String([...table.values()].reduce((sum, row) => sum + row[column], 0)),
  );
  const all = [["policy", ...columns], ...rows, ["all", ...totals]];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  for (const row of all) {
    terminal.out(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
    );
  }
  for (const remark of remarks) terminal.out(remark);
}
