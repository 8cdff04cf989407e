// The group commit: what is to be written while one write is under way goes together into the next one, as databases commit
// their logs. Nobody is answered before what he gave is durable.

import { HaggleError } from "@haggle/abi";

export type GroupCommit<T, R> = {
  /** Resolves when it is durable. @throws what `write` throws for it alone; HaggleError SERVER_DATABASE */
  submit(item: T): Promise<R>;
  /** What waits for the next write: how much of it, and its size. */
  waiting(): { count: number; size: number };
};

type Options<T, R> = {
  /**
   * Writes all of them, and what it gives stands in their order. Where it throws nothing of them is written, and each half is
   * tried by itself: what is wrong with one fails no other one.
   */
  write: (batch: readonly T[]) => Promise<readonly R[]>;
  /** Such as its lines: `maxSize` of them make a batch long, and all others in it wait. */
  sizeOf: (item: T) => number;
  maxSize: number;
  maxBatch: number;
  /** Writes at a time, at most: connections of the pool. */
  maxWriters: number;
  /** So many are worth a write beside the one that is under way; fewer cost more than they would wait. */
  worthAnother: number;
};

type Waiting<T, R> = { item: T; resolve: (result: R) => void; reject: (cause: unknown) => void };

export function createGroupCommit<T, R>(options: Options<T, R>): GroupCommit<T, R> {
  const { write, sizeOf, maxSize, maxBatch, maxWriters, worthAnother } = options;
  let waiting: Waiting<T, R>[] = [];
  let size = 0;
  let writers = 0;
  let isTurnDue = false;

  /** Requests of one turn of the event loop go together. */
  function pumpSoon(): void {
    if (isTurnDue) return;
    isTurnDue = true;
    setImmediate(() => {
      isTurnDue = false;
      pump();
    });
  }

  function pump(): void {
    while (waiting.length >= (writers === 0 ? 1 : worthAnother) && writers < maxWriters) {
      writers += 1;
      void commit(take()).finally(() => {
        writers -= 1;
        pump();
      });
    }
  }

  function take(): Waiting<T, R>[] {
    let count = 0;
    let taken = 0;
    do {
      taken += sizeOf(waiting[count]!.item);
      count += 1;
    } while (count < Math.min(maxBatch, waiting.length) && taken + sizeOf(waiting[count]!.item) <= maxSize);
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    size -= taken;
    return batch;
  }

  async function commit(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await write(batch.map(({ item }) => item));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i]!);
    } catch (cause) {
      // What became of it is not known, or nothing can be written at all.
      const isLost = cause instanceof HaggleError && cause.code === "SERVER_DATABASE";
      if (batch.length === 1 || isLost) {
        for (const { reject } of batch) reject(cause);
        return;
      }
      const middle = batch.length >> 1;
      await commit(batch.slice(0, middle));
      await commit(batch.slice(middle));
    }
  }

  return {
    submit: (item) =>
      new Promise<R>((resolve, reject) => {
        size += sizeOf(item);
        waiting.push({ item, resolve, reject });
        pumpSoon();
      }),
    waiting: () => ({ count: waiting.length, size }),
  };
}
