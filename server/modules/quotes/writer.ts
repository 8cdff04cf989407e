// The group commit of quotes: what is quoted while one statement is under way goes together into the next one. Nobody is
// answered before his quote is durable.

import { HaggleError, refuse } from "@haggle/abi";
import type { Queryable } from "../../platform/database/database.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { insertQuotes, type NewQuote } from "./store.ts";

type Dependencies = {
  database: Queryable;
  telemetry: Pick<Telemetry, "gauge">;
  /** Lines of the carts of all quotes that wait, at most. */
  capacity?: number;
};

type Waiting = { quote: NewQuote; resolve: () => void; reject: (cause: unknown) => void };

/** About a kilobyte each; more than the callers of a healthy server wait for at once. */
const CAPACITY = 64 * 1024;
const MAX_BATCH = 64;
/** Of one statement, beyond its first quote: it is one text, and others wait for it. */
const MAX_BATCH_LINES = 2_000;
/** Of the pool's ten connections. */
const MAX_WRITERS = 2;
/** So many are worth a statement beside the one that is under way; fewer cost more than they would wait. */
const WORTH_ANOTHER = 16;

export function createQuoteWriter({ database, telemetry, capacity = CAPACITY }: Dependencies) {
  let waiting: Waiting[] = [];
  /** Of those that wait. */
  let lines = 0;
  let writers = 0;
  let isTurnDue = false;

  telemetry.gauge({
    name: "haggle_quotes_waiting",
    help: "Quotes that are priced and not yet written.",
    read: () => [["", waiting.length]],
  });

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
    while (waiting.length >= (writers === 0 ? 1 : WORTH_ANOTHER) && writers < MAX_WRITERS) {
      const batch = take();
      writers += 1;
      void write(batch).finally(() => {
        writers -= 1;
        pump();
      });
    }
  }

  function take(): Waiting[] {
    let count = 0;
    let taken = 0;
    do {
      taken += linesOf(waiting[count]!.quote);
      count += 1;
    } while (
      count < Math.min(MAX_BATCH, waiting.length) &&
      taken + linesOf(waiting[count]!.quote) <= MAX_BATCH_LINES
    );
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    lines -= taken;
    return batch;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      await insertQuotes(
        database,
        batch.map(({ quote }) => quote),
      );
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const isLost = cause instanceof HaggleError && cause.code === "SERVER_DATABASE";
      if (batch.length === 1 || isLost) for (const { reject } of batch) reject(cause);
      // What is wrong with one of them fails no other one.
      else for (const each of batch) await write([each]);
    }
  }

  return {
    /** Resolves when it is durable. @throws HaggleError QUOTE_BUSY, SERVER_DATABASE */
    write(quote: NewQuote): Promise<void> {
      return new Promise<void>((resolve, reject) => {
        if (lines + linesOf(quote) > capacity) return reject(refuse("QUOTE_BUSY", "queue", waiting.length));
        lines += linesOf(quote);
        waiting.push({ quote, resolve, reject });
        pumpSoon();
      });
    },
  };
}

const linesOf = ({ cart }: NewQuote): number => cart.lines.length;
