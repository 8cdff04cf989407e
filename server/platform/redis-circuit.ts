import type { Logger } from "pino";

export type Circuit = ReturnType<typeof createCircuit>;

type Options = {
  name: string;
  /** Asks for as much as callers do. */
  probe: () => Promise<unknown>;
  /** Called when it goes on behind an outage, of which nothing was heard on the other side. */
  onClosed: () => void;
  log: Logger;
};

/** One after the other, with no success between. */
const MAX_FAILURES = 3;
const FIRST_REST_MS = 250;
const MAX_REST_MS = 4_000;
/** Of a call; less where its caller has less. */
const MAX_WAIT_MS = 100;
/** Answers since it was closed: behind them what opens it is another outage. */
const WELL = 100;

/**
 * Asks somebody without whom it goes too. After a few failures nobody waits for him any more: the circuit is open, until a
 * probe of its own goes well. Where probes go well and callers do not (a Redis that is full still reads) it rests longer
 * each time.
 */
export function createCircuit({ name, probe, onClosed, log }: Options) {
  let failures = 0;
  let answers = WELL;
  let restMs = FIRST_REST_MS;
  let isOpen = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function succeed<T>(result: T): T {
    failures = 0;
    answers++;
    return result;
  }

  function fail(cause: unknown): undefined {
    if (++failures < MAX_FAILURES || isOpen || isStopped) return;
    isOpen = true;
    restMs = answers < WELL ? Math.min(restMs * 2, MAX_REST_MS) : FIRST_REST_MS;
    const message = cause instanceof Error ? cause.message : String(cause);
    log.warn({ circuit: name, err: { message }, restMs }, "a circuit is open");
    schedule();
  }

  function schedule(): void {
    if (!isStopped) timer = setTimeout(tryAgain, restMs).unref();
  }

  async function tryAgain(): Promise<void> {
    try {
      // In the time that callers have: whoever answers later would be given up by all of them again.
      await within(probe(), MAX_WAIT_MS);
    } catch {
      return schedule(); // still away, which was told when the circuit opened
    }
    if (isStopped) return;
    isOpen = false;
    failures = 0;
    answers = 0;
    log.info({ circuit: name }, "a circuit is closed again");
    onClosed();
  }

  return {
    isOpen: (): boolean => isOpen,
    /**
     * Whatever `work` resolves with; undefined where it failed, was not ready within `waitMs` (100 at most), or was not asked because the
     * circuit is open. Where it was asked it may have been done, or may be done later. Never rejects.
     */
    async call<T>(work: () => Promise<T>, waitMs = MAX_WAIT_MS): Promise<T | undefined> {
      if (isOpen) return undefined;
      // Judged by the longest that anybody waits: that a caller has no time says nothing of the other side.
      const judged = within(work(), MAX_WAIT_MS).then(succeed, fail);
      return waitMs < MAX_WAIT_MS ? within(judged, waitMs).catch(() => undefined) : judged;
    },
    stop(): void {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function within<T>(work: Promise<T>, waitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // Where this process itself was held up the answer has come already, and is read before this.
      setImmediate(() => reject(new Error(`no answer within ${Math.ceil(waitMs)} ms`)));
    }, waitMs);
    const end = <V>(settle: (value: V) => void) => {
      return (value: V) => {
        clearTimeout(timer);
        settle(value);
      };
    };
    work.then(end(resolve), end(reject));
  });
}
