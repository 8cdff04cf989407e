// The compiler's worker as a thread, from the file that the build puts beside the server.

import { Worker } from "node:worker_threads";
import type { Started } from "../worker/caller.ts";
import type { WorkerBeginning } from "../worker/main-node.ts";

/** Rules are small; what needs more than this is stuck in a circle, and must not take the machine with it. */
const MAX_OLD_SPACE_MB = 1024;
/** Trees of a check live as long as the check. */
const MAX_YOUNG_SPACE_MB = 8;
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** Starts `file`, a module's address. */
export function startNodeWorker(file: URL, beginning: WorkerBeginning): Started {
  const worker = new Worker(file, {
    workerData: beginning,
    resourceLimits: {
      maxOldGenerationSizeMb: MAX_OLD_SPACE_MB,
      maxYoungGenerationSizeMb: MAX_YOUNG_SPACE_MB,
    },
  });
  // Whoever ends the server need not wait for it.
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) => void worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", ({ code, message }: NodeJS.ErrnoException) =>
        listener(code === OUT_OF_MEMORY ? `it needed more than ${MAX_OLD_SPACE_MB} MB of memory` : message),
      );
      worker.on("exit", (code) => listener(`exit code ${code}`));
    },
    end: () => void worker.terminate(),
  };
}
