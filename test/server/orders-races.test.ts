import { refuse } from "@haggle/abi";
import { createLog } from "@haggle/server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPlace, type PlaceDependencies } from "../../server/modules/orders/place.ts";
import { createOutbox } from "../../server/platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { createOrderWorld, type OrderWorld } from "../support/orders.ts";
import { line } from "../support/quotes.ts";
import type { Call } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Many who place at the same moment, at two servers, and what is left when placing ends halfway.

let world: OrderWorld;
let second: TestServer;
let calls: Call[];
beforeAll(async () => {
  world = await createOrderWorld();
  second = await world.start();
  await until(async () => (await second.ready()).keys.receipt === "ready");
  calls = [world.operate, await world.callTo(second)];
});
beforeEach(() => world.rest());
afterAll(() => world.close());

const stockOf = async (...skus: string[]) => Promise.all(skus.map(world.stock));

/** Rows that an order has anywhere. */
async function rowsOf(id: string): Promise<Record<string, number>> {
  const [row] = await world.database.query<Record<string, number>>(
    `select (select count(*)::int from orders where order_id = $1) orders,
       (select count(*)::int from order_history where order_id = $1) history,
       (select count(*)::int from order_ledger where order_id = $1) ledger,
       (select count(*)::int from outbox_events where subject = $1 and type like 'order.%') events,
       (select count(*)::int from idempotency_keys where answer::text like '%' || $1 || '%') keys`,
    [id],
  );
  return row!;
}

/** Places by the server's own parts, but for one of them. */
function placeWith(changed: Partial<PlaceDependencies>) {
  const { inventory, quotes, customers } = world.server.app;
  const { database } = world;
  const telemetry = createTelemetry();
  const clock = Date.now;
  const outbox = createOutbox({ database, telemetry, clock, log: createLog("silent") });
  const { reservations } = inventory;
  const claim = async () => {};
  const place = createPlace({
    ...{ database, outbox, quotes, reservations, claim, customers, telemetry, clock },
    observeFailure: async () => {},
    ...changed,
  });
  let keys = 0;
  return (quote: string) => {
    const repeatable = { actor: "test", key: `with-${quote}-${keys++}`, request: "0".repeat(64) };
    return place({ quote }, repeatable, SYSTEM_ACTOR);
  };
}

describe("one quote", () => {
  it("makes one order of its goods, however many ask for it under keys of their own", async () => {
    const [before] = await stockOf("book-1");
    const { quote } = await world.quoteOf(undefined, { customer: "c-crowd" });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => world.place(quote.id, { by: calls[i % 2]! })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const { id } = answers[0]!.body.order;
    expect(await rowsOf(id)).toMatchObject({ orders: 1, history: 3, events: 1, keys: 20 });
    expect(await stockOf("book-1")).toEqual([{ ...before, reserved: before!.reserved + 2 }]);
    const { counters } = (await world.operate<{ counters: object }>("/v1/customers/c-crowd")).body;
    expect(counters).toEqual({ orders: 1 });
    // It is no call's any more that could give its stock back.
    const { claim } = await world.server.app.inventory.reservations.get(id);
    expect(claim).toBe(null);
  });

  it("makes one order under one key, and the same answer for all who have it", async () => {
    const { quote } = await world.quoteOf();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => world.place(quote.id, { key: "one-key", by: calls[i % 2]! })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(11).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await rowsOf(answers[0]!.body.order.id)).toMatchObject({ orders: 1, keys: 1 });
  });

  it("leaves one of two quotes that come under one key", async () => {
    const quotes = [(await world.quoteOf()).quote.id, (await world.quoteOf()).quote.id];
    const before = await stockOf("book-1");
    const answers = await Promise.all(
      quotes.map((quote, i) => world.place(quote, { key: "two-quotes", by: calls[i]! })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
    const lost = quotes[answers.findIndex(({ status }) => status === 422)]!;
    expect(await rowsOf(lost.replace("quote_", "order_"))).toMatchObject({ orders: 0, events: 0 });
    // Nothing is held of what was not placed.
    await until(async () => (await world.stock("book-1")).reserved === before[0]!.reserved + 2);
  });

  it("never sells a piece twice", async () => {
    const { onHand, reserved } = await world.stock("lamp-b");
    const left = 5;
    const most = { kind: "adjust", sku: "lamp-b", location: "hall", quantity: left - (onHand - reserved) };
    await world.operate("/v1/stock/movements", { movements: [most] });
    const quotes = await Promise.all(Array.from({ length: 12 }, () => world.quoteOf([line("1", "lamp-b")])));
    const answers = await Promise.all(
      quotes.map(({ quote }, i) => world.place(quote.id, { by: calls[i % 2]! })),
    );
    const said = answers.map(({ status, body }) => body.error?.code ?? String(status));
    expect(said.filter((each) => each === "201")).toHaveLength(left);
    expect(new Set(said)).toEqual(new Set(["201", "INVENTORY_SHORT"]));
    const after = await world.stock("lamp-b");
    expect(after.onHand - after.reserved).toBe(0);
    await world.receive("lamp-b", 100);
  });
});

describe("an order that is refused in its second transaction", () => {
  it("leaves nothing, gives its stock back at once, and may be placed later", async () => {
    const before = await stockOf("book-1");
    const { quote } = await world.quoteOf();
    const id = quote.id.replace("quote_", "order_");
    let isUsedUp = true;
    const place = placeWith({
      claim: async () => {
        if (isUsedUp) throw refuse("COUPON_USED_UP", "coupons");
      },
    });
    await expect(place(quote.id)).rejects.toMatchObject({ code: "COUPON_USED_UP" });
    expect(await stockOf("book-1")).toEqual(before);
    expect(await rowsOf(id)).toEqual({ orders: 0, history: 0, ledger: 0, events: 0, keys: 0 });
    isUsedUp = false;
    expect((await place(quote.id)).order.state).toBe("awaiting_payment");
    expect(await stockOf("book-1")).toEqual([{ ...before[0]!, reserved: before[0]!.reserved + 2 }]);
    const { attempt, state } = await world.server.app.inventory.reservations.get(id);
    expect([attempt, state]).toEqual([2, "held"]);
  });

  it("takes none of its neighbours down that were written with it", async () => {
    const before = await stockOf("book-1");
    const quotes = await Promise.all(Array.from({ length: 12 }, () => world.quoteOf()));
    const ids = quotes.map(({ quote }) => quote.id);
    const bad = [ids[3], ids[8]];
    const sizes: number[] = [];
    const place = placeWith({
      database: {
        ...world.database,
        transaction: (work) =>
          world.database.transaction(async (tx) => {
            sizes.push(0);
            return work(tx);
          }),
      },
      quotes: {
        ...world.server.app.quotes,
        async takeAll(tx, usables) {
          sizes[sizes.length - 1] = usables.length;
          const one = usables.find(({ row }) => bad.includes(row.id));
          if (one !== undefined) throw refuse("QUOTE_REVOKED", "id", one.row.id);
          return world.server.app.quotes.takeAll(tx, usables);
        },
      },
    });
    const outcomes = await Promise.allSettled(ids.map(place));
    // Together, and by halves where that was refused.
    expect(Math.max(...sizes)).toBeGreaterThan(4);
    for (const [i, outcome] of outcomes.entries()) {
      const isBad = bad.includes(ids[i]);
      expect(outcome).toMatchObject(isBad ? { reason: { code: "QUOTE_REVOKED" } } : { status: "fulfilled" });
      const rows = isBad ? { orders: 0, history: 0, events: 0 } : { orders: 1, history: 3, events: 1 };
      expect(await rowsOf(ids[i]!.replace("quote_", "order_"))).toMatchObject(rows);
    }
    expect(await stockOf("book-1")).toEqual([{ ...before[0]!, reserved: before[0]!.reserved + 20 }]);
  });

  it("is a failure of ours where the database did not ask to repeat it", async () => {
    const { quote } = await world.quoteOf();
    const seen: string[] = [];
    let cause: Error = new Error("broken");
    const place = placeWith({
      claim: async () => {
        throw cause;
      },
      observeFailure: async ({ id }) => {
        seen.push(id);
      },
    });
    await expect(place(quote.id)).rejects.toThrow("broken");
    expect(seen).toEqual([quote.id]);
    for (const code of ["40001", "40P01"]) {
      cause = Object.assign(new Error("again"), { code });
      await expect(place(quote.id)).rejects.toThrow("again");
    }
    expect(seen).toEqual([quote.id]);
  });

  it("keeps the stock that another call for the same order has placed it with", async () => {
    const { quote } = await world.quoteOf();
    const id = quote.id.replace("quote_", "order_");
    const { reservations } = world.server.app.inventory;
    const place = placeWith({
      reservations: {
        ...reservations,
        reserve: async (...asked) => {
          const done = await reservations.reserve(...asked);
          // Somebody else is faster.
          expect([done.isRepeat, (await world.place(quote.id)).status]).toEqual([false, 201]);
          return done;
        },
      },
      claim: async () => {
        throw refuse("COUPON_USED_UP", "coupons");
      },
    });
    // It is told of the order that there is.
    expect(await place(quote.id)).toMatchObject({ isRepeat: true, order: { id, state: "awaiting_payment" } });
    expect((await world.server.app.inventory.reservations.get(id)).state).toBe("held");
  });

  it("is placed again where its stock was lost meanwhile, and told so where that goes on", async () => {
    const before = await stockOf("book-1");
    const { reservations } = world.server.app.inventory;
    let losses = 1;
    const place = placeWith({
      reservations: {
        ...reservations,
        keepAll: async (tx, meant) => (losses-- > 0 ? new Set<string>() : reservations.keepAll(tx, meant)),
      },
    });
    const [one, other] = [await world.quoteOf(), await world.quoteOf()];
    const { order } = await place(one.quote.id);
    expect((await reservations.get(order.id)).attempt).toBe(2);
    losses = Number.POSITIVE_INFINITY;
    await expect(place(other.quote.id)).rejects.toMatchObject({ code: "ORDER_STOCK_LOST" });
    expect(await stockOf("book-1")).toEqual([{ ...before[0]!, reserved: before[0]!.reserved + 2 }]);
  });

  it("is placed by whoever comes after a process that ended between the two", async () => {
    const { reservations } = world.server.app.inventory;
    const lines = [{ sku: "book-1", quantity: 2 }];
    // One whose stock is still held, one whose stock is on sale again.
    for (const [ending, attempt] of [
      [async () => {}, 1],
      [(order: string) => reservations.release({ order, attempt: 1 }), 2],
    ] as const) {
      const { quote } = await world.quoteOf();
      const order = quote.id.replace("quote_", "order_");
      await reservations.reserve({ order, attempt: 1, lines }, { deadlineMs: 5_000 });
      await ending(order);
      expect((await world.place(quote.id)).status).toBe(201);
      const kept = await reservations.get(order);
      expect([kept.attempt, kept.state, kept.claim]).toEqual([attempt, "held", null]);
    }
  });
});

describe("a reservation that is kept", () => {
  it("is kept as long as it is held, and no more", async () => {
    const { reservations } = world.server.app.inventory;
    const lines = [{ sku: "book-1", quantity: 1 }];
    const { reservation } = await reservations.reserve(
      { order: "kept", attempt: 1, lines },
      { deadlineMs: 5_000 },
    );
    const until = reservation.expiresAt + 1_000;
    const keep = (attempt: number, at = until) =>
      reservations.keep(world.database, { order: "kept", attempt, until: at });
    expect([await keep(1), await keep(2)]).toEqual([true, false]);
    // Never shorter than it was, and given back by no call that was too late.
    expect(await keep(1, 0)).toBe(true);
    await reservations.giveBack({ order: "kept", attempt: 1, claim: reservation.claim! });
    const kept = await reservations.get("kept");
    expect([kept.state, kept.expiresAt]).toEqual(["held", until]);
    await reservations.release({ order: "kept", attempt: 1 });
    expect(await keep(1)).toBe(false);
  });
});
