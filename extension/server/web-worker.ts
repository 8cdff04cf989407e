// The compiler's workers in a browser: the client starts each, and gives it the other end of a channel of its own.

import type { WorkerEnd, WorkerWish } from "../shared/beginnings.ts";
import type { Started } from "../worker/caller.ts";

/** What starts a worker. `wishes` is where the client hears. */
export function createWebWorkers(wishes: MessagePort): () => Started {
  const ends = new Map<number, (why: string) => void>();
  let last = 0;
  wishes.onmessage = ({ data: { worker, why } }: MessageEvent<WorkerEnd>) => ends.get(worker)?.(why);

  return () => {
    last += 1;
    const worker = last;
    const { port1, port2 } = new MessageChannel();
    wishes.postMessage({ worker, begin: port2 } satisfies WorkerWish, [port2]);
    return {
      post: (message) => port1.postMessage(message),
      listen(listener) {
        port1.onmessage = ({ data }) => listener(data);
      },
      onEnd: (listener) => void ends.set(worker, listener),
      end() {
        ends.delete(worker);
        port1.close();
        wishes.postMessage({ worker, end: true } satisfies WorkerWish);
      },
    };
  };
}
