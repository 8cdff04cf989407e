// What listeners are told when a transaction is committed. Behind the commit, and once for all that was committed meanwhile: a
// notification within it makes PostgreSQL commit one transaction at a time, however many connections there are.

type Send = (topics: readonly string[]) => Promise<void>;

/** As often as somebody who listens has use for it. */
const REST_MS = 10;

export function createHints(send: Send) {
  let waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let endRest: (() => void) | undefined;
  let isClosed = false;

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      const topics = [...waiting];
      waiting = new Set();
      // A hint that is lost is none: whoever listens looks by himself as well.
      await send(topics).catch(() => {});
      if (!isClosed) await rest();
    }
    // At once, so that nobody comes between this and the last look.
    running = undefined;
  }

  function rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REST_MS);
      timer.unref();
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    /** The first one at once. */
    tell(topic: string): void {
      waiting.add(topic);
      running ??= run();
    },
    /** Resolves when all are told. */
    async close(): Promise<void> {
      isClosed = true;
      endRest?.();
      await running;
    },
  };
}
