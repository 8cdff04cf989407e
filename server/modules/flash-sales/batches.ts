import { refuse } from "@haggle/abi";

type Options<Ask, Answer> = {
  /** An answer, or why there is none, for each that is asked, in their order. When it rejects nobody has one. */
  run: (asks: readonly Ask[]) => Promise<(Answer | Error)[]>;
  /** In one run. */
  max: number;
  /** That wait, at most. */
  capacity: number;
};

type Waiting<Ask, Answer> = {
  ask: Ask;
  resolve: (answer: Answer) => void;
  reject: (cause: unknown) => void;
};

/** What is asked while one run is under way goes together into the next one: a crowd costs as little as a few. */
export function createBatches<Ask, Answer>({ run, max, capacity }: Options<Ask, Answer>) {
  const queue: Waiting<Ask, Answer>[] = [];
  let isRunning = false;

  /** Never rejects: what fails is told to those who asked. */
  async function work(): Promise<void> {
    isRunning = true;
    // Requests of one turn of the event loop go together.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (queue.length > 0) {
      const batch = queue.splice(0, max);
      try {
        const answers = await run(batch.map(({ ask }) => ask));
        for (const [i, { resolve, reject }] of batch.entries()) {
          const answer = answers[i]!;
          if (answer instanceof Error) reject(answer);
          else resolve(answer);
        }
      } catch (cause) {
        for (const { reject } of batch) reject(cause);
      }
    }
    isRunning = false;
  }

  return {
    /** @throws HaggleError FLASH_SALE_FULL where too many wait; what the run has for it */
    ask(ask: Ask): Promise<Answer> {
      return new Promise((resolve, reject) => {
        if (queue.length >= capacity) return reject(refuse("FLASH_SALE_FULL", "queue", queue.length));
        queue.push({ ask, resolve, reject });
        if (!isRunning) work();
      });
    },
  };
}
