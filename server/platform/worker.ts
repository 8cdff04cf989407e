import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";

type Options = {
  name: string;
  /** Does what there is to do. Resolves with whether there may be more at once. */
  work: () => Promise<boolean>;
  /** How long it sleeps when nobody wakes it. */
  everyMs: number;
  log: Logger;
};

export type Worker = ReturnType<typeof startWorker>;

/**
 * Runs `work` again and again, one at a time: when it is woken, and now and then. A failure is logged and tried again
 * at the next turn; while the same code fails it is told once.
 */
export function startWorker({ name, work, everyMs, log }: Options) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;
  let isWoken = false;
  let told: string | undefined;

  function wake(): void {
    if (isStopped) return;
    isWoken = true;
    clearTimeout(timer);
    running ??= run().finally(() => {
      running = undefined;
      if (isWoken) wake();
      else if (!isStopped) timer = setTimeout(wake, everyMs).unref();
    });
  }

  async function run(): Promise<void> {
    isWoken = false;
    try {
      while (!isStopped && (await work()));
      if (told !== undefined) log.info({ worker: name }, "a worker goes on");
      told = undefined;
    } catch (cause) {
      const code = cause instanceof HaggleError ? cause.code : "SERVER_INTERNAL";
      if (code !== told) log.error({ err: cause, code, worker: name }, "a worker failed");
      told = code;
    }
  }

  wake();
  return {
    wake,
    /** Resolves when what is under way is done. */
    async stop(): Promise<void> {
      isStopped = true;
      isWoken = false;
      clearTimeout(timer);
      await running;
    },
  };
}
