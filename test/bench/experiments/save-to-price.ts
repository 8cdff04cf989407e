// From the save of a file of strategies to the price that the server gives by it, signed, against what nobody can go below:
// a bare chokidar event of the same save, and the debounce behind it. By wall time, in one process.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watch } from "chokidar";
import { createPriceWorld, lamp, raise } from "../../support/prices.ts";
import { strategiesText } from "../../support/strategies.ts";
import { median } from "../measure.ts";
import { type Row, withGoal } from "../row.ts";
import type { BenchOptions } from "../run.ts";

const MAX_TIMES = 1.5;
/** As the server waits for the last event of a save. */
const DEBOUNCE_MS = 25;
const SKU = "lamp-a";
/** List price 100.00, 3 in stock. */
const PRICES = { "10": 11_000, "20": 12_000 } as const;

export async function* saveToPrice({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-save-"));
  const world = await createPriceWorld();
  const bare = await createBare(folder);
  try {
    const server = await world.start();
    const operate = await world.operator(server);
    const put = await operate("/v1/skus", [lamp("a")], { method: "PUT" });
    if (put.status !== 200) throw new Error(JSON.stringify(put.body));
    const { releases } = server.app;

    /** Milliseconds until the prices that strategies of this version gave are live. */
    async function save(percent: keyof typeof PRICES): Promise<number> {
      let version: string | undefined;
      let at = 0;
      const isLive = () => version !== undefined && releases.find()?.prices?.strategy.id === version;
      const served = new Promise<void>((resolve) => {
        const end = releases.subscribe(() => {
          at = performance.now();
          if (!isLive()) return;
          end();
          resolve();
        });
      });
      const from = performance.now();
      version = await world.save(raise(percent));
      await served;
      const { unitPrice } = await world.price(server, SKU);
      if (unitPrice !== PRICES[percent]) throw new Error(`${SKU} costs ${unitPrice}`);
      return at - from;
    }

    const [theirs, ours]: [number[], number[]] = [[], []];
    for (let round = -2; round < (quick ? 10 : 30); round++) {
      const percent = round % 2 === 0 ? "10" : "20";
      const bareMs = await bare.save(percent);
      const oursMs = await save(percent);
      if (round < 0) continue;
      theirs.push(bareMs);
      ours.push(oursMs);
    }
    const common = { bench: "experiments", case: "save of a strategy to its price", unit: "ms" } as const;
    yield { ...common, subject: "chokidar and 25 ms", value: median(theirs), best: Math.min(...theirs) };
    const ratio = median(ours.map((ms, round) => ms / theirs[round]!));
    yield withGoal(
      { ...common, subject: "Haggle", value: median(ours), best: Math.min(...ours), ratio, against: "them" },
      { atMost: MAX_TIMES },
    );
  } finally {
    await bare.close();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function createBare(folder: string) {
  const file = join(folder, "strategies.yaml");
  let number = 0;
  let quiet = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { ignoreInitial: true });
  // As the server does: of two changes within 50 ms "all" tells the first alone.
  watcher.on("raw", () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet(), DEBOUNCE_MS);
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return {
    async save(percent: string): Promise<number> {
      let at = 0;
      const heard = new Promise<void>((resolve) => {
        quiet = () => {
          at = performance.now();
          resolve();
        };
      });
      const from = performance.now();
      await writeFile(file, strategiesText(`v2026.11.22-${number++}`, [raise(percent)]));
      await heard;
      return at - from;
    },
    close: () => watcher.close(),
  };
}
