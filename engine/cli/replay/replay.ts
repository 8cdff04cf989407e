// A recording through two releases, on several threads, in memory that does not grow with it.

import {
  createTally,
  mergeTally,
  openRelease,
  type Pair,
  type Replay,
  wordsOf,
} from "@haggle/toolchain/replay";
import { type Batch, readBatches } from "./recording.ts";
import { readRelease } from "./releases.ts";
import { type ReplayWorker, startWorker } from "./worker.ts";

export type ReplayOptions = {
  /** Folders with `bundle.wasm`, `release.json` and `root.json`. */
  folders: Pair<string>;
  /** A file with one cart per line. */
  recording: string;
  workers: number;
  /** Called with what is done so far. */
  onProgress?: (done: { carts: number; bytes: number }) => void;
};

/** Waiting at each thread: one is priced, one lies ready. */
const BATCHES_PER_WORKER = 2;

/** @throws HaggleError as `readRelease` and `openRelease` */
export async function replay({ folders, recording, workers, onProgress }: ReplayOptions): Promise<Replay> {
  const releases = { a: await readRelease(folders.a), b: await readRelease(folders.b) };
  // Here too, so that what is wrong with a release is told before any thread starts.
  const engines = {
    a: await openRelease(releases.a, folders.a),
    b: await openRelease(releases.b, folders.b),
  };
  const words = wordsOf([releases.a, releases.b]);
  const team = Array.from({ length: workers }, () => startWorker({ releases, words }));
  try {
    await shareOut(readBatches(recording), team, onProgress);
    const tally = createTally();
    for (const part of await Promise.all(team.map((worker) => worker.finish()))) mergeTally(tally, part);
    return { engines, tally };
  } finally {
    await Promise.all(team.map((worker) => worker.stop()));
  }
}

/** Each thread's places take the next batch when they are free; nothing is read before there is a place for it. */
async function shareOut(
  batches: AsyncGenerator<Batch>,
  team: readonly ReplayWorker[],
  onProgress: ReplayOptions["onProgress"],
): Promise<void> {
  const done = { carts: 0, bytes: 0 };
  const serve = async (worker: ReplayWorker) => {
    for (;;) {
      const { value, done: isOver } = await batches.next();
      if (isOver) return;
      const { read, bytes } = await worker.price(value);
      done.carts += read;
      done.bytes += bytes;
      onProgress?.(done);
    }
  };
  const places = team.flatMap((worker) => Array.from({ length: BATCHES_PER_WORKER }, () => serve(worker)));
  try {
    await Promise.all(places);
  } finally {
    await batches.return(undefined);
  }
}
