import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { errorText, HaggleError } from "@haggle/abi";
import { type Figures, toFigures } from "@haggle/toolchain/replay";
import { wholeNumber } from "../arguments.ts";
import { writeAtomically } from "../files.ts";
import type { Verb } from "../main.ts";
import { createProgress } from "../progress.ts";
import { replay as replayCarts } from "../replay/replay.ts";
import { createSpelling, formatBasisPoints, formatCount } from "../replay/spelling.ts";
import { counted, shown, type Terminal, usageError } from "../terminal.ts";

export const replay: Verb = {
  usage: `Usage: haggle replay A B CARTS.ndjson [--out FILE.html] [--json FILE] [--workers N]

Prices recorded carts with two releases and compares: what changes in money, by promotion and by segment, in margin where
costs are known, which carts change most and why, which are refused. Files of any length, in constant memory.

  A, B           folders that haggle build wrote: bundle.wasm, release.json, root.json. B is what shall replace A
  CARTS.ndjson   one cart per line, as the SDK takes them; haggle carts generate makes some
  --out FILE     a report as one HTML file
  --json FILE    the same figures
  --workers N    threads; as many as the machine has cores when left out

Neither file holds an id of a cart or customer, or what no release asks for. Exits with 1 when both releases priced no cart,
so that there was nothing to compare.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" }, json: { type: "string" }, workers: { type: "string" } },
    });
    const [a, b, carts, ...more] = positionals.map((path) => resolve(terminal.cwd, path));
    if (a === undefined || b === undefined || carts === undefined || more.length > 0) {
      throw usageError("Two releases and a file of carts; see --help", positionals[3]);
    }
    const workers =
      values.workers === undefined
        ? Math.min(MOST_WORKERS, availableParallelism())
        : wholeNumber("--workers", values.workers, 1, MOST_WORKERS);
    const progress = createProgress(terminal, await sizeOf(carts), "carts");
    const started = performance.now();
    let figures: Figures;
    try {
      const onProgress = (done: { carts: number; bytes: number }) =>
        progress.update({ count: done.carts, bytes: done.bytes });
      const options = { folders: { a, b }, recording: carts, workers, onProgress };
      figures = toFigures(await replayCarts(options));
    } finally {
      progress.end();
    }
    const seconds = (performance.now() - started) / 1000;
    showFigures(terminal, figures);
    const rate = Math.round(figures.carts.read / seconds);
    const how = `${counted(workers, "thread")}, ${seconds.toFixed(1)} s, ${formatCount(rate)} carts/s`;
    terminal.out(terminal.paint("dim", how));
    if (values.json !== undefined) {
      const path = resolve(terminal.cwd, values.json);
      await writeAtomically(path, `${JSON.stringify(figures, null, 2)}\n`);
      terminal.out(`figures: ${shown(terminal, path)}`);
    }
    if (values.out !== undefined) {
      // The chart library takes a while to load; who asks for no report does not wait for it.
      const { createReport } = await import("../replay/report.ts");
      const path = resolve(terminal.cwd, values.out);
      await writeAtomically(path, createReport(figures));
      terminal.out(`report:  ${shown(terminal, path)}`);
    }
    return figures.carts.both > 0 ? 0 : 1;
  },
};

/** Each thread holds two engines and their memory. */
const MOST_WORKERS = 64;

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new HaggleError("CLI_FILE", "No such file", { at: path, cause });
  });
  if (!found.isFile()) throw new HaggleError("CLI_FILE", "Not a regular file", { at: path });
  return found.size;
}

function showFigures(terminal: Terminal, { carts, currencies, refusals, faults }: Figures): void {
  const { read, both, onlyA, onlyB, neither } = carts;
  const noun = read === 1 ? "cart" : "carts";
  terminal.out(`${formatCount(read)} ${noun}, ${formatCount(both)} priced by both releases`);
  if (onlyA + onlyB + neither > 0) {
    const text = `refused: ${formatCount(onlyB)} by A alone, ${formatCount(onlyA)} by B alone, ${formatCount(neither)} by both`;
    terminal.out(terminal.paint("red", text));
    for (const { code, at, line } of refusals.slice(0, SHOWN)) {
      const place = at === "" ? "" : ` at ${at}`;
      terminal.out(`  ${code} ${errorText(code)}${place}, first in line ${line}`);
    }
  }
  for (const { promotion, code, a, b } of faults.slice(0, SHOWN)) {
    const text = `${promotion} failed in ${formatCount(a)} carts of A, ${formatCount(b)} of B: ${code}`;
    terminal.out(terminal.paint("red", text));
  }
  for (const figures of currencies) showCurrency(terminal, figures);
}

const SHOWN = 5;

function showCurrency(terminal: Terminal, figures: Figures["currencies"][number]): void {
  const { currency, carts, sums, difference, margin, promotions } = figures;
  const { money, change } = createSpelling(currency);
  terminal.out("");
  const head = `${currency}: shoppers pay ${money(sums.b.total)} instead of ${money(sums.a.total)}, ${change(difference.total)}`;
  terminal.out(terminal.paint("bold", head));
  terminal.out(
    `  ${formatCount(carts.all)} carts: ${formatCount(carts.cheaper)} cheaper, ${formatCount(carts.dearer)} dearer, ${formatCount(carts.same)} the same`,
  );
  terminal.out(
    `  discounts ${money(sums.a.discount)} -> ${money(sums.b.discount)}, ${change(difference.discount)}`,
  );
  if (margin !== undefined) {
    const [a, b] = [formatBasisPoints(margin.a.basisPoints), formatBasisPoints(margin.b.basisPoints)];
    terminal.out(`  margin ${change(margin.difference)}, ${a} -> ${b}`);
  }
  const changed = promotions.filter(({ difference }) => difference !== 0).slice(0, SHOWN);
  for (const { id, difference: taken, applied } of changed) {
    terminal.out(
      `  ${id}: ${change(taken)}, in ${formatCount(applied.a)} -> ${formatCount(applied.b)} carts`,
    );
  }
}
