// The worker as a thread of Node's, beside the language server's.

import { parentPort, workerData } from "node:worker_threads";
import { serveCalls, type WorkerOptions, type WorkerTexts } from "./serve.ts";

/** What the thread is started with. */
export type WorkerBeginning = { texts: WorkerTexts; options: WorkerOptions };

const port = parentPort!;
const { texts, options } = workerData as WorkerBeginning;

serveCalls(
  {
    post: (message) => port.postMessage(message),
    listen: (listener) => void port.on("message", listener),
  },
  texts,
  options,
);
