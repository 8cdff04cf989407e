// The worker as a thread of Node's, beside the language server's.

import { parentPort, workerData } from "node:worker_threads";
import { serveCalls, type WorkerTexts } from "./serve.ts";

const port = parentPort!;

serveCalls(
  {
    post: (message) => port.postMessage(message),
    listen: (listener) => void port.on("message", listener),
  },
  workerData as WorkerTexts,
);
