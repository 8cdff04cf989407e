// The compiler's worker in a browser: the client starts it, and gives it the other end of our channel.

import type { WorkerEnd, WorkerWish } from "../shared/beginnings.ts";
import type { Started } from "../worker/caller.ts";

/** `wishes` is where the client hears. */
export function startWebWorker(wishes: MessagePort): Started {
  const { port1, port2 } = new MessageChannel();
  wishes.postMessage({ begin: port2 } satisfies WorkerWish, [port2]);
  return {
    post: (message) => port1.postMessage(message),
    listen(listener) {
      port1.onmessage = ({ data }) => listener(data);
    },
    onEnd(listener) {
      wishes.onmessage = ({ data }: MessageEvent<WorkerEnd>) => listener(data.why);
    },
    end() {
      port1.close();
      wishes.postMessage({ end: true } satisfies WorkerWish);
    },
  };
}
