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
const PROBE_EVERY_MS = 250;
/** Of a call; less where its caller has less. */
const MAX_WAIT_MS = 100;

/**
 * Asks somebody without whom it goes too. After a few failures nobody waits for him any more: the circuit is open, until a
 * probe of its own goes well.
 */
export function createCircuit({ name, probe, onClosed, log }: Options) {
  let failures = 0;
  let isOpen = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  function fail(cause: unknown): void {
    if (++failures < MAX_FAILURES || isOpen || isStopped) return;
    isOpen = true;
    const message = cause instanceof Error ? cause.message : String(cause);
    log.warn({ circuit: name, err: { message } }, "a circuit is open");
    schedule();
  }

  function schedule(): void {
    if (!isStopped) timer = setTimeout(tryAgain, PROBE_EVERY_MS).unref();
  }

  async function tryAgain(): Promise<void> {
    try {
      await probe();
    } catch {
      return schedule(); // still away, which was told when the circuit opened
    }
    if (isStopped) return;
    isOpen = false;
    failures = 0;
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
      try {
        const result = await within(work(), Math.min(waitMs, MAX_WAIT_MS));
        failures = 0;
        return result;
      } catch (cause) {
        fail(cause);
        return undefined;
      }
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
