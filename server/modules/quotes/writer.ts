// Quotes by group commit: what is quoted while one statement is under way goes together into the next one.

import { refuse } from "@haggle/abi";
import type { Queryable } from "../../platform/database/database.ts";
import { createGroupCommit } from "../../platform/group-commit.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { insertQuotes, type NewQuote } from "./store.ts";

type Dependencies = {
  database: Queryable;
  telemetry: Pick<Telemetry, "gauge">;
  /** Lines of the carts of all quotes that wait, at most. */
  capacity?: number;
};

/** About a kilobyte each; more than the callers of a healthy server wait for at once. */
const CAPACITY = 64 * 1024;
const MAX_BATCH = 64;
/** Of one statement, beyond its first quote: it is one text, and others wait for it. */
const MAX_BATCH_LINES = 2_000;
/** Of the pool's ten connections. */
const MAX_WRITERS = 2;
const WORTH_ANOTHER = 16;

export function createQuoteWriter({ database, telemetry, capacity = CAPACITY }: Dependencies) {
  const group = createGroupCommit<NewQuote, undefined>({
    async write(quotes) {
      await insertQuotes(database, quotes);
      return [];
    },
    sizeOf: linesOf,
    maxSize: MAX_BATCH_LINES,
    maxBatch: MAX_BATCH,
    maxWriters: MAX_WRITERS,
    worthAnother: WORTH_ANOTHER,
  });

  telemetry.gauge({
    name: "haggle_quotes_waiting",
    help: "Quotes that are priced and not yet written.",
    read: () => [["", group.waiting().count]],
  });

  return {
    /** Resolves when it is durable. @throws HaggleError QUOTE_BUSY, SERVER_DATABASE */
    async write(quote: NewQuote): Promise<void> {
      const { count, size } = group.waiting();
      if (size + linesOf(quote) > capacity) throw refuse("QUOTE_BUSY", "queue", count);
      await group.submit(quote);
    },
  };
}

const linesOf = ({ cart }: NewQuote): number => cart.lines.length;
