// `npm run bench:page -- FILE...`: what a run printed with `--json`, as BENCHMARKS.md and its picture. A figure stands there because
// a run said it, and a goal that was missed with why.

import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { drawRivals } from "./picture.ts";
import { findReason } from "./reasons.ts";
import type { Row } from "./row.ts";

const PAGE = fileURLToPath(new URL("../../BENCHMARKS.md", import.meta.url));
const PICTURE = fileURLToPath(new URL("rivals.svg", import.meta.url));

const HEADING = /^### `npm run bench -- (\w+)`$/gm;

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error(
    "npm run bench -- --json > rows.ndjson, and then: npm run bench:page -- rows.ndjson [MORE...]",
  );
  process.exit(2);
}
const rows = (await Promise.all(files.map(readRows))).flat();
const lost = [...(await readFile(PAGE, "utf8")).matchAll(HEADING)].filter(([, name]) => !hasGoal(name!));
if (lost.length > 0) {
  const names = lost.map(([, name]) => name).join(", ");
  console.error(
    `The page is written whole, and has figures of ${names}: give the rows of a run with these as well, or take out the section of a bench that there is no more`,
  );
  process.exit(1);
}
const unexplained = rows.filter((row) => row.met === false && findReason(row) === undefined);
if (unexplained.length > 0) {
  for (const { bench, case: name, subject } of unexplained) {
    console.error(`${bench}, ${name}, ${subject}: missed, and test/bench/reasons.ts does not say why`);
  }
  process.exit(1);
}
await writeFile(PICTURE, drawRivals(rows));
await writeFile(PAGE, toPage(rows));

function hasGoal(name: string): boolean {
  return rows.some(({ bench, goal }) => bench === name && goal !== undefined);
}

async function readRows(file: string): Promise<Row[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line));
}

function toPage(rows: readonly Row[]): string {
  const goals = rows.filter(({ met }) => met !== undefined);
  const met = goals.filter((row) => row.met);
  const benches = [...new Set(goals.map(({ bench }) => bench))].join(", ");
  const parts = [
    "# Benchmarks",
    `Written by \`npm run bench:page\` from what \`npm run bench -- --quick --json\` printed of ${benches}, on ${describeMachine()}.
Only ratios mean something: each is to a peer or a bound that ran in the same minutes on the same machine, after both had given equal
answers. It is the median of the ratios of all rounds, so that two medians do not give it. Figures without a ratio are sizes, counts and
limits.`,
    "![What one cart costs, Haggle and its rivals](test/bench/rivals.svg)",
    `${met.length} of ${goals.length} goals are met. Those that are not:`,
    toMissed(goals.filter((row) => !row.met)),
    "## All figures that have a goal",
    ...[...Map.groupBy(goals, ({ bench }) => bench)].flatMap(([bench, rows]) => [
      `### \`npm run bench -- ${bench}\``,
      toTable(rows),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Those that have one reason, together. */
function toMissed(missed: readonly Row[]): string {
  const byReason = Map.groupBy(missed, (row) => `${row.bench}\n${findReason(row)}`);
  const items = [...byReason.values()].map((rows) => {
    const figures = rows.map((row) => `${row.case}, ${row.subject}: ${figureOf(row)} (${row.goal})`);
    return `- **${rows[0]!.bench}** ${figures.join("; ")}. ${findReason(rows[0]!)}`;
  });
  return items.join("\n");
}

function toTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const value = `${format(row.value)} ${row.unit}`;
    const ratio = row.ratio === undefined ? "" : figureOf(row);
    return `| ${row.case} | ${row.subject} | ${value} | ${ratio} | ${row.goal} | ${row.met ? "met" : "**missed**"} |`;
  });
  return [
    "| case | subject | value | ratio | goal | |",
    "| --- | --- | --: | --: | --- | --- |",
    ...lines,
  ].join("\n");
}

function figureOf({ value, unit, ratio, against }: Row): string {
  return ratio === undefined ? `${format(value)} ${unit}` : `${format(ratio)} x ${against}`;
}

function format(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(1);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toFixed(2)));
}

function describeMachine(): string {
  const [first] = cpus();
  return `${availableParallelism()} cores of ${first?.model.trim() ?? process.arch}, ${process.platform}, Node ${process.versions.node}`;
}
