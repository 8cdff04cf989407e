// One thread of a replay. This file is both sides: what starts threads, and what runs in them. Packed, there is no other
// file that a thread could be started from.

import { parentPort, Worker, workerData } from "node:worker_threads";
import {
  createComparer,
  createTally,
  openRelease,
  type Pair,
  type ReleaseFiles,
  type ShopWords,
  type Tally,
} from "@haggle/toolchain/replay";
import { type Batch, linesOf } from "./recording.ts";

export type Job = { releases: Pair<ReleaseFiles>; words: ShopWords };

/** To a thread: some lines, or that there are no more. */
type Order = Batch | "finish";

/** From a thread: the next lines may come, or all that it counted. */
type Report = { read: number; bytes: number } | { tally: Tally };

export type ReplayWorker = {
  /** Takes the memory of the batch. Resolves when its carts are priced. */
  price(batch: Batch): Promise<{ read: number; bytes: number }>;
  finish(): Promise<Tally>;
  stop(): Promise<unknown>;
};

export function startWorker(job: Job): ReplayWorker {
  const worker = new Worker(new URL(import.meta.url), { workerData: { [MARK]: job } });
  const waiting: { resolve(report: Report): void; reject(cause: Error): void }[] = [];
  let failure: Error | undefined;
  worker.on("message", (report: Report) => waiting.shift()?.resolve(report));
  worker.on("error", (cause) => {
    failure = cause;
    for (const { reject } of waiting.splice(0)) reject(cause);
  });
  const ask = (order: Order, transfer: ArrayBuffer[] = []) =>
    new Promise<Report>((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      waiting.push({ resolve, reject });
      worker.postMessage(order, transfer);
    });
  return {
    async price(batch) {
      const report = await ask(batch, [batch.bytes.buffer]);
      if ("tally" in report) throw new Error("A thread ended before its carts did");
      return report;
    },
    async finish() {
      const report = await ask("finish");
      if (!("tally" in report)) throw new Error("A thread ended without its figures");
      return report.tally;
    },
    stop: () => worker.terminate(),
  };
}

/** Says that a thread was started from here: others have data of their own. */
const MARK = "haggle-replay";

const job: Job | undefined = workerData?.[MARK];
if (job !== undefined && parentPort !== null) await work(job, parentPort);

async function work({ releases, words }: Job, port: NonNullable<typeof parentPort>): Promise<void> {
  const tally = createTally();
  const orders: Order[] = [];
  let compare: ReturnType<typeof createComparer> | undefined;
  const obey = (order: Order) => {
    if (compare === undefined) return void orders.push(order);
    port.postMessage(order === "finish" ? { tally } : priceBatch(order, tally, compare));
  };
  // Orders come while the engines are being made.
  port.on("message", obey);
  const engines = { a: await openRelease(releases.a, "A"), b: await openRelease(releases.b, "B") };
  compare = createComparer(tally, engines, words);
  for (const order of orders) obey(order);
}

function priceBatch(batch: Batch, { carts }: Tally, compare: ReturnType<typeof createComparer>): Report {
  const before = carts.read;
  const bytes = batch.bytes.length;
  for (const [text, line] of linesOf(batch)) compare(text, line);
  return { read: carts.read - before, bytes };
}
