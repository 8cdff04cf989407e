// How fast recorded carts go through two releases: on two threads against one, and a hundred thousand in one go.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createCatalogue } from "../../engine/cli/carts/catalogue.ts";
import { createCartMaker } from "../../engine/cli/carts/generate.ts";
import { streamAtomically } from "../../engine/cli/files.ts";
import { replay } from "../../engine/cli/replay/replay.ts";
import { median } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import { makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { type BenchShop, createShop } from "./shop.ts";

const LINES = 10;

/**
 * Threads win wall time, which on a busy machine says more about the others: two threads get as little of two cores as
 * one does. So the ratio stands there by CPU time too, as two free cores would run it. Figures begin when a half of
 * the carts is done: threads start and warm up once, and files are longer than these.
 */
export async function* replays({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-replay-"));
  try {
    const folders = { a: join(folder, "a"), b: join(folder, "b") };
    await writeShop(folders.a, await createShop(makeRules(20)));
    await writeShop(folders.b, await createShop(makeRules(30)));
    yield* compareThreads(folders, folder, quick);
    yield await finishMany(folders, folder, quick ? 20_000 : 100_000);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Folders = Parameters<typeof replay>[0]["folders"];

async function* compareThreads(folders: Folders, folder: string, quick: boolean): AsyncGenerator<Row> {
  const carts = quick ? 20_000 : 40_000;
  const recording = await writeCarts(join(folder, "some.ndjson"), carts);
  const rounds: [one: Span, two: Span][] = [];
  for (let round = 0; round < (quick ? 3 : 5); round++) {
    const one = await measureSpan({ folders, recording, workers: 1 }, carts);
    rounds.push([one, await measureSpan({ folders, recording, workers: 2 }, carts)]);
  }
  const row = (subject: string, rates: [one: number, two: number][]): Row => ({
    ...{ bench: "replay", case: `20 and 30 promotions, ${LINES} lines`, subject, unit: "carts/s" },
    ...{ value: median(rates.map(([, two]) => two)), against: "one thread" },
    ratio: median(rates.map(([one, two]) => two / one)),
  });
  const {
    ratio: _,
    against: __,
    ...alone
  } = row(
    "one thread",
    rounds.map(([one]) => [1, one.carts / one.wallS]),
  );
  yield alone;
  const goal = { atLeast: 1.6 };
  const byWall = rounds.map(([one, two]): [number, number] => [one.carts / one.wallS, two.carts / two.wallS]);
  yield withGoal(row("two threads", byWall), goal);
  // One thread prices while the main one reads; two cores have to do all that two threads and the main one do.
  const byCpu = rounds.map(([one, two]): [number, number] => [
    one.carts / (one.cpuS - one.mainS),
    two.carts / Math.max(two.cpuS / 2, two.mainS),
  ]);
  yield withGoal(row("two threads, by CPU", byCpu), goal);
}

async function finishMany(folders: Folders, folder: string, carts: number): Promise<Row> {
  const recording = await writeCarts(join(folder, "many.ndjson"), carts);
  const workers = availableParallelism();
  const started = performance.now();
  const { tally } = await replay({ folders, recording, workers });
  const seconds = (performance.now() - started) / 1000;
  if (tally.carts.both !== carts) throw new Error(`Of ${carts} carts ${tally.carts.both} were priced`);
  return {
    ...{ bench: "replay", case: `${carts} carts of ${LINES} lines`, subject: `${workers} threads, in all` },
    ...{ value: carts / seconds, unit: "carts/s" },
  };
}

/** Seconds of wall time, of CPU time of all threads, and of the main one, for so many carts. */
type Span = { carts: number; wallS: number; cpuS: number; mainS: number };

async function measureSpan(
  options: Omit<Parameters<typeof replay>[0], "onProgress">,
  carts: number,
): Promise<Span> {
  let begin: Span | undefined;
  let end: Span | undefined;
  await replay({
    ...options,
    onProgress(done) {
      if (begin !== undefined && done.carts < carts) return;
      if (done.carts < carts / 2) return;
      end = readClocks(done.carts);
      begin ??= end;
    },
  });
  if (begin === undefined || end === undefined) throw new Error("The replay told of no progress");
  return {
    carts: end.carts - begin.carts,
    wallS: end.wallS - begin.wallS,
    cpuS: end.cpuS - begin.cpuS,
    mainS: end.mainS - begin.mainS,
  };
}

function readClocks(carts: number): Span {
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
  return {
    ...{ carts, wallS: performance.now() / 1000, cpuS: seconds(process.cpuUsage()) },
    mainS: seconds(process.threadCpuUsage()),
  };
}

async function writeShop(folder: string, { bundle, release, root }: BenchShop): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "bundle.wasm"), bundle);
  await writeFile(join(folder, "release.json"), release);
  await writeFile(join(folder, "root.json"), root);
}

async function writeCarts(path: string, count: number): Promise<string> {
  const makeCart = createCartMaker({
    ...{ catalogue: createCatalogue(), seed: 1, from: Date.UTC(2026, 0, 1), days: 28, lines: LINES },
  });
  function* write() {
    for (let number = 1; number <= count; number++) yield `${JSON.stringify(makeCart(number))}\n`;
  }
  await streamAtomically(path, write());
  return path;
}
