import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { NewQuote } from "../../server/modules/quotes/store.ts";
import { createQuoteWriter } from "../../server/modules/quotes/writer.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl } from "../support/server.ts";

// Quotes of one moment are written together: each of them is durable, or its own caller hears why not.

let database: Database;

beforeAll(async () => {
  database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: `quotes-${randomBytes(6).toString("hex")}`,
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
});
afterAll(() => database.close());

function makeQuote(more: Partial<NewQuote> = {}): NewQuote {
  const line = { id: "1", sku: 'a "quoted" \\ sku', quantity: 1 };
  return {
    id: `quote_${randomBytes(18).toString("base64url")}`,
    channel: "stable",
    channelDocument: "c".repeat(64),
    release: "a".repeat(64),
    policy: "default",
    off: "none",
    pricesVersion: null,
    strategy: null,
    customer: null,
    shopper: null,
    asked: { id: "cart", currency: "EUR", lines: [line] },
    coupons: [],
    attribution: null,
    cart: {
      id: "cart",
      currency: "EUR",
      now: 1,
      lines: [{ ...line, productId: "a", categories: [], unitPrice: 100 }],
      shipping: [],
      coupons: [],
    },
    decision: '{"total":100,"note":"\\"quoted\\", \\u00e9"}',
    digest: "d".repeat(64),
    cartDigest: "e".repeat(64),
    currency: "EUR",
    total: 100,
    createdAt: 1,
    expiresAt: 2,
    ...more,
  };
}

const countStored = async (ids: readonly string[]) =>
  (await database.query("select from quotes where quote_id = any($1)", [ids])).length;

/** As many lines. */
function makeLong(length: number): NewQuote {
  const quote = makeQuote();
  const lines = Array.from({ length }, (_, i) => ({ ...quote.cart.lines[0]!, id: String(i) }));
  return { ...quote, cart: { ...quote.cart, lines } };
}

function createCounting() {
  let statements = 0;
  const query = ((text, values, name) => {
    statements += 1;
    return database.query(text, values, name);
  }) as Database["query"];
  return { query, count: () => statements };
}

it("writes no more lines in a statement than others may wait for", async () => {
  const { query, count } = createCounting();
  const writer = createQuoteWriter({ database: { query }, telemetry: createTelemetry() });
  const quotes = [1, 1_000, 1_000, 1_000, 999].map(makeLong);
  await Promise.all(quotes.map((quote) => writer.write(quote)));
  expect([count(), await countStored(quotes.map(({ id }) => id))]).toEqual([3, 5]);
});

it("writes what comes at one time in few statements, and answers when it is there", async () => {
  const { query, count } = createCounting();
  const writer = createQuoteWriter({ database: { query }, telemetry: createTelemetry() });
  const quotes = Array.from({ length: 150 }, () => makeQuote());
  await Promise.all(
    quotes.map(async (quote) => {
      await writer.write(quote);
      expect(await countStored([quote.id])).toBe(1);
    }),
  );
  expect(count()).toBe(3);
});

it("fails those that cannot be written, and no others", async () => {
  const writer = createQuoteWriter({ database, telemetry: createTelemetry() });
  const quotes = [makeQuote(), makeQuote({ currency: "euros" }), makeQuote(), makeQuote({ total: -1 })];
  const outcomes = await Promise.allSettled(quotes.map((quote) => writer.write(quote)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  expect(await countStored(quotes.map(({ id }) => id))).toBe(2);
});

it("takes no more than it may hold", async () => {
  const writer = createQuoteWriter({ database, telemetry: createTelemetry(), capacity: 2 });
  const quotes = Array.from({ length: 3 }, () => makeQuote());
  const outcomes = await Promise.allSettled(quotes.map((quote) => writer.write(quote)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(outcomes[2]).toMatchObject({ reason: { code: "QUOTE_BUSY", at: "queue", value: 2 } });
  // It is lines that take memory.
  const long = await Promise.allSettled([1, 2].map((length) => writer.write(makeLong(length))));
  expect(long.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  const more = makeQuote();
  await writer.write(more);
  expect(await countStored([more.id])).toBe(1);
});
