import { Worker } from "node:worker_threads";
import { HaggleError } from "@haggle/abi";
import { type Answer, carryOut, type Order } from "./order.ts";
import { MAX_FILE_BYTES } from "./yaml-file.ts";

export type Reader = ReturnType<typeof createReader>;

/** About a millisecond for 2 KiB, during which nobody is answered; a thread takes longer than this to start. */
export const READ_AT_ONCE_CHARACTERS = 64 * 1024;

/** Some seconds of the thread, and some hundred KB of text each. */
const MAX_ASKED: number = 8;

type Waiting = { order: Order; resolve: (answer: Answer) => void; reject: (cause: Error) => void };

/** Reads files of strategies, large ones in a thread of their own: 10,000 strategies take a second and more. */
export function createReader() {
  const own: Waiting[] = [];
  const asked: Waiting[] = [];
  let isReading = false;

  /** Everything that is wrong with a text, as `readStrategies` says it. */
  async function read(order: Order, queue: Waiting[], most: number): Promise<Answer> {
    // What is too large is refused before anything is read.
    const { length } = order.text;
    if (length <= READ_AT_ONCE_CHARACTERS || length > MAX_FILE_BYTES) return carryOut(order);
    if (queue.length >= most) {
      throw new HaggleError("SERVER_TOO_MANY_REQUESTS", "Too many large files wait to be read", {
        value: queue.length,
      });
    }
    return new Promise((resolve, reject) => {
      queue.push({ order, resolve, reject });
      if (!isReading) void readAll();
    });
  }

  /** One thread at a time: each has some hundred MB of its own. */
  async function readAll(): Promise<void> {
    isReading = true;
    let next = own.shift() ?? asked.shift();
    while (next !== undefined) {
      await readAside(next.order).then(next.resolve, next.reject);
      next = own.shift() ?? asked.shift();
    }
    isReading = false;
  }

  return {
    /** What is to be in force here, which goes before all requests: one for the database's, one for the folder's. */
    readOwn: (order: Order): Promise<Answer> => read(order, own, Number.POSITIVE_INFINITY),
    /** For a request. @throws HaggleError SERVER_TOO_MANY_REQUESTS when as many wait as may */
    readAsked: (order: Order): Promise<Answer> => read(order, asked, MAX_ASKED),
  };
}

function readAside(order: Order): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadUrl(), { workerData: order });
    worker.once("message", (answer: Answer) => {
      resolve(answer);
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
