// A worker that is being watched: what it works on lies in shared memory, so that when it hangs, dies or finds a fault,
// the input that did it can be kept.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setInterval } from "node:timers";
import { Worker } from "node:worker_threads";

const MAX_INPUT_BYTES = 16 * 1024 * 1024;
const COUNT = 0;
const LENGTH = 1;
const HEADER_BYTES = 8;
/** A worker may use so much of the heap, which is far more than any input needs. */
const HEAP_MB = 512;

/** In the worker: says what it works on now. */
export type Watch = (input: Uint8Array) => void;

export function openWatch(shared: SharedArrayBuffer): Watch {
  const words = new Int32Array(shared, 0, HEADER_BYTES / 4);
  const bytes = new Uint8Array(shared, HEADER_BYTES);
  return (input) => {
    const kept = input.subarray(0, bytes.length);
    bytes.set(kept);
    words[LENGTH] = kept.length;
    Atomics.add(words, COUNT, 1);
  };
}

export type WatchedOptions = {
  /** The worker's module, which gets `data` and the shared memory as `{ ...data, watch }`, and posts one answer. */
  module: URL;
  data: object;
  /** So long on one input, in ms, is a hang: far above what the slowest takes on a busy machine. */
  hangMs?: number;
  /** So much more memory in bytes, seen from outside, is a leak. */
  growth?: number;
};

/**
 * Runs the worker to its answer.
 *
 * @throws Error for a hang, for an error in the worker and for memory that grows; the message names the file in which
 * the input at that moment was kept
 */
export function runWatched<Answer>({
  module,
  data,
  hangMs = 60_000,
  growth = 1024 * 1024 * 1024,
}: WatchedOptions): Promise<Answer> {
  const shared = new SharedArrayBuffer(HEADER_BYTES + MAX_INPUT_BYTES);
  const words = new Int32Array(shared, 0, HEADER_BYTES / 4);
  const before = process.memoryUsage.rss();
  const worker = new Worker(module, {
    workerData: { ...data, watch: shared },
    execArgv: ["--conditions=haggle-source", "--no-warnings"],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  return new Promise((resolve, reject) => {
    let seen = -1;
    let since = Date.now();
    const timer = setInterval(() => {
      const count = Atomics.load(words, COUNT);
      if (count !== seen) [seen, since] = [count, Date.now()];
      if (Date.now() - since > hangMs) end(() => reject(faultOf(`hangs for ${hangMs} ms`)));
      const grown = process.memoryUsage.rss() - before;
      if (grown > growth) end(() => reject(faultOf(`takes ${grown} bytes of memory`)));
    }, 500);
    const end = (settle: () => void) => {
      clearInterval(timer);
      worker.removeAllListeners();
      worker.terminate().then(settle, settle);
    };
    const faultOf = (what: string, cause?: unknown) => {
      const input = new Uint8Array(shared, HEADER_BYTES, Atomics.load(words, LENGTH));
      const path = join(mkdtempSync(join(tmpdir(), "haggle-fault-")), "input");
      writeFileSync(path, input);
      return new Error(`input ${Atomics.load(words, COUNT)}: ${what}; kept as ${path}`, { cause });
    };
    worker.once("message", (answer: Answer) => end(() => resolve(answer)));
    worker.once("error", (cause) => end(() => reject(faultOf(String(cause), cause))));
    worker.once("exit", (code) => end(() => reject(faultOf(`the worker ended with ${code}`))));
  });
}
