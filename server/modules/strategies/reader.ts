import { Worker } from "node:worker_threads";
import type { Experiment, RuleMetadata } from "@haggle/abi";
import { type Reading, readStrategies } from "./read.ts";
import { MAX_FILE_BYTES } from "./yaml-file.ts";

/** Those over skus, by their keys. */
export type SkuExperiments = ReadonlyMap<string, Pick<Experiment, "unit" | "variants">>;

/** What a thread is given. */
export type Order = {
  text: string;
  rules?: readonly RuleMetadata[] | undefined;
  experiments?: SkuExperiments | undefined;
};

export type Reader = ReturnType<typeof createReader>;

/** About a millisecond for 2 KiB, during which nobody is answered; a thread takes longer than this to start. */
export const READ_AT_ONCE_CHARACTERS = 64 * 1024;

/** Reads files of strategies, large ones in a thread of their own: 10,000 strategies take a second and more. */
export function createReader() {
  let last: Promise<unknown> = Promise.resolve();

  return {
    /** Everything that is wrong with a text, as `readStrategies` says it. */
    async read(
      text: string,
      rules?: readonly RuleMetadata[],
      experiments?: SkuExperiments,
    ): Promise<Reading> {
      // What is too large is refused before anything is read.
      if (text.length <= READ_AT_ONCE_CHARACTERS || text.length > MAX_FILE_BYTES) {
        return readStrategies(text, rules, experiments && ((key) => experiments.get(key)));
      }
      // One thread at a time: each has some hundred MB of its own.
      const reading = last.then(() => readAside({ text, rules, experiments }));
      last = reading.catch(() => {});
      return reading;
    },
  };
}

function readAside(order: Order): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadUrl(), { workerData: order });
    worker.once("message", (reading: Reading) => {
      resolve(reading);
      void worker.terminate();
    });
    worker.once("error", reject);
    // Without effect when it has answered.
    worker.once("exit", (code) => reject(new Error(`the thread that reads strategies ended with ${code}`)));
  });
}

/** Beside this file from source; in the package everything else is in one folder above. */
function threadUrl(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  return new URL(isSource ? "./read-thread.ts" : "./modules/strategies/read-thread.js", import.meta.url);
}
