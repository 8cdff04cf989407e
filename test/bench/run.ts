// `npm run bench`: what the product promises about speed and size, measured against peers in the same run.

import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { cold } from "./cold.ts";
import { evaluate } from "./evaluate.ts";
import { experiments } from "./experiments.ts";
import { inventory } from "./inventory.ts";
import { lsp } from "./lsp.ts";
import { metering } from "./metering.ts";
import { orders } from "./orders.ts";
import { replays } from "./replay.ts";
import { rollout } from "./rollout.ts";
import { printHeader, printRow, type Row } from "./row.ts";
import { scale } from "./scale.ts";
import { sdk } from "./sdk.ts";
import { size } from "./size.ts";
import { trust } from "./trust.ts";

const HELP = `npm run bench [-- NAME...] [--quick] [--json]

  evaluate   hand-written JavaScript, Haggle and five rivals price the same carts (results compared first)
  scale      how cost grows with lines, promotions, and promotions that a cart has nothing to do with
  metering   Haggle with fuel against the same rules without
  cold       verify, compile, instantiate and price once, against compile, instantiate and run; in fresh processes
  size       what a storefront downloads for createEngine and evaluate
  check      faults planted into promotion tables and found, false alarms, and the time for 200 promotions
  replay     recorded carts through two releases: two threads against one, and 100,000 carts
  rollout    looks at a channel, a publish and a kill against a bare Fastify and bare events
  experiments  assignments, OFREP, events, strategies and prices against peers or bare counterparts
  inventory  durable reservations against an UPDATE of the hot row, quotes against a bare Fastify that reads their skus;
             HAGGLE_FULL=1: a million attempts, none oversold
  orders     orders over HTTP against a bare Fastify that inserts a row, 100 lines against 10, how long one waits
  sdk        in Chromium: a keystroke in a cart and the first price of a page, against json-rules-engine, QuickJS and the
             server on the same machine; one changed line of 100 against the whole cart
  lsp        the language server of the extension on 50 rules: open, keystroke, completion, hover, memory and size, against a
             server that parses its libraries every time, and against a bare LanguageService
  trust      the profile check as modules grow, in shapes that are meant to slow it, against WebAssembly.compile

  --quick    fewer rounds and the two smaller cart cases left out: about a minute instead of four
  --json     one object per line: bench, case, subject, value, unit, ratio, against, goal, met

Values are medians of CPU time, rates and what a page does of wall time; a ratio is the median of the rounds' ratios, and
"at best" a least wall time. Only ratios mean something on a busy machine, and those of wall time not even then. A missed
goal is reported and does not fail the run.
`;

export type BenchOptions = { quick: boolean };

const BENCHES: Record<string, (options: BenchOptions) => AsyncGenerator<Row>> = {
  evaluate,
  scale,
  metering,
  cold,
  size,
  check,
  replay: replays,
  rollout,
  experiments,
  inventory,
  orders,
  sdk,
  lsp,
  trust,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean" }, quick: { type: "boolean" }, json: { type: "boolean" } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No bench is called ${unknown.join(", ")}\n`);
  console.log(HELP);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const rows: Row[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  if (!values.json) printHeader(name);
  for await (const row of BENCHES[name]!({ quick: values.quick ?? false })) {
    rows.push(row);
    if (values.json) console.log(JSON.stringify(row));
    else printRow(row);
  }
}
if (!values.json) {
  const goals = rows.filter((row) => row.met !== undefined);
  console.log(`\n${goals.filter((row) => row.met).length} of ${goals.length} goals met`);
}
// The rivals leave timers and worker threads behind.
process.exit(0);
