import type { Readable } from "node:stream";

/** Between two pieces of a file. */
const PAUSE_MS = 10_000;

/** The pieces of a file, as long as each comes soon enough after the last. */
export async function* withoutPause(file: Readable): AsyncGenerator<Uint8Array> {
  const wait = () => setTimeout(() => file.destroy(new Error("nothing came for too long")), PAUSE_MS);
  let timer = wait();
  try {
    for await (const chunk of file) {
      // How long we take for it is not the sender's fault.
      clearTimeout(timer);
      yield chunk as Uint8Array;
      timer = wait();
    }
  } finally {
    clearTimeout(timer);
  }
}
