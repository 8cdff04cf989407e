import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createLog } from "@haggle/server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFollow } from "../../server/modules/orders/follow.ts";
import { createMoves } from "../../server/modules/orders/moves.ts";
import { createOutbox } from "../../server/platform/outbox.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { childEnv } from "../support/child-env.ts";
import { createOrderWorld, type OrderWorld } from "../support/orders.ts";
import { line } from "../support/quotes.ts";
import { type TestServer, tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// Orders that nobody pays, orders that are paid too late, and stock that follows what becomes of them.

const HOUR_MS = 3_600_000;

let world: OrderWorld;
let second: TestServer;
beforeAll(async () => {
  world = await createOrderWorld();
  second = await world.start();
});
afterEach(() => {
  world.time.now = undefined;
});
afterAll(() => world.close());

const servers = () => [world.server, second].map(({ app }) => app.commerce.orders);

async function placed(
  more: object = {},
  asked: object = {},
  lines = [line("1", "book-1", 2)],
): Promise<{ id: string; total: number; expires: number }> {
  const { quote } = await world.quoteOf(lines, asked);
  return (await world.place(quote.id, { more })).body.order;
}

/** Until nobody finds anything to do any more. */
async function expireAll(): Promise<void> {
  const left = () => Promise.all(servers().map((orders) => orders.expire()));
  while ((await left()).includes(true));
}
async function settleAll(): Promise<void> {
  await Promise.all(servers().map((orders) => orders.settle()));
}

type Ends = { state: string; ends: number; events: number };

/** How often each order came to its end, and was told of. */
const endsOf = (ids: readonly string[]) =>
  world.database.query<Ends>(
    `select o.state,
       (select count(*)::int from order_history h where h.order_id = o.order_id and h.to_state = 'expired') ends,
       (select count(*)::int from outbox_events e where e.subject = o.order_id and e.type = 'order.expired') events
     from orders o where order_id = any($1)`,
    [ids],
  );

const ENDED = { state: "expired", ends: 1, events: 1 };

describe("an order that nobody pays", () => {
  it("ends at its time and not before, and its goods are on sale again", async () => {
    const before = await world.stock("book-1");
    const { id, expires } = await placed({ payWithinMs: 10 * 60_000 }, { customer: "c-late" });
    world.time.now = expires - 1;
    await expireAll();
    expect((await world.get(id)).order.state).toBe("awaiting_payment");
    world.time.now = expires;
    await expireAll();
    await settleAll();
    await until(async () => (await world.stock("book-1")).reserved === before.reserved);
    expect(await endsOf([id])).toEqual([ENDED]);
    const { history } = await world.get(id);
    expect(history.at(-1)).toMatchObject({ to: "expired", cause: "not paid in time", actor: "server" });
    const { counters } = (await world.operate<{ counters: object }>("/v1/customers/c-late")).body;
    expect(counters).toEqual({ orders: 0 });
    expect((await world.cancel(id)).body.error.code).toBe("ORDER_STATE");
  });

  it("ends once, of many, with two servers that look at the same time", async () => {
    const before = await world.stock("book-1");
    const ids = (await Promise.all(Array.from({ length: 30 }, () => placed()))).map(({ id }) => id);
    world.time.now = Date.now() + HOUR_MS;
    await expireAll();
    // What the servers' own looks are at is over a moment later.
    await until(async () => (await endsOf(ids)).every(({ state }) => state === ENDED.state));
    expect(await endsOf(ids)).toEqual(ids.map(() => ENDED));
    await settleAll();
    await until(async () => (await world.stock("book-1")).reserved === before.reserved);
  });

  it("stops nobody behind it, whatever is wrong with it", async () => {
    const [wrong, fine] = [await placed({ payWithinMs: 60_000 }), await placed()];
    const { database } = world;
    const { inventory } = world.server.app;
    const lines: { msg: string; orders?: string[] }[] = [];
    const log = createLog("error", { write: (text: string) => void lines.push(JSON.parse(text)) });
    const clock = () => fine.expires;
    const telemetry = createTelemetry();
    const nothing = async () => {};
    const moves = createMoves({
      outbox: createOutbox({ database, telemetry, clock, log }),
      reservations: inventory.reservations,
      budgets: { giveBack: nothing },
      uncount: nothing,
      money: {
        giveBack: async (_, { order }) => {
          if (order === wrong.id) throw new Error("no money");
        },
      },
      clock,
    });
    const { expire } = createFollow({ database, moves, inventory, telemetry, clock, log });
    // More at once than there are connections: some look when it has just failed.
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (await expire());
      }),
    );
    expect(await endsOf([wrong.id])).toEqual([{ state: "awaiting_payment", ends: 0, events: 0 }]);
    expect(await endsOf([fine.id])).toEqual([ENDED]);
    // Told once, and looked at again later.
    expect(lines.map(({ msg, orders }) => [msg, orders])).toEqual([
      ["orders are looked at again later", [wrong.id]],
    ]);
    const [row] = await database.query<{ at: number }>(
      'select due_at as "at" from orders where order_id = $1',
      [wrong.id],
    );
    expect(row!.at).toBe(fine.expires + 60_000);
  });
});

describe("money that comes too late", () => {
  it("makes its order paid after all, where the goods are still there", async () => {
    const before = await world.stock("lamp-b");
    const { id, total } = await placed({}, { customer: "c-revived" }, [line("1", "lamp-b", 2)]);
    world.time.now = Date.now() + HOUR_MS;
    await expireAll();
    expect(await world.pay(id, total)).toEqual({ state: "expired", late: "reserve", excess: 0 });
    const [orders] = servers();
    const by = { cause: "late payment", actor: "till" };
    const revived = await Promise.all(servers().map((each) => each.revive(id, by)));
    expect(revived).toEqual([true, true]);
    expect(await orders!.revive(id, by)).toBe(true);
    expect((await world.get(id)).history.map(({ to }) => to).slice(-2)).toEqual(["expired", "paid"]);
    await settleAll();
    await until(async () => (await world.stock("lamp-b")).onHand === before.onHand - 2);
    expect((await world.stock("lamp-b")).reserved).toBe(before.reserved);
    expect((await world.operate<{ counters: object }>("/v1/customers/c-revived")).body.counters).toEqual({
      orders: 1,
    });
  });

  it("is not kept waiting by stock that had not followed yet", async () => {
    const { id, total } = await placed({}, {}, [line("1", "lamp-b")]);
    world.time.now = Date.now() + HOUR_MS;
    const { reservations } = world.server.app.inventory;
    // What it had held was not given back yet when its goods were held anew.
    await world.database.query("update orders set due_at = 9e15 where order_id = $1", [id]);
    await world.database.transaction(async (tx) => {
      const { orders } = world.server.app.commerce;
      await orders.move(tx, { order: id, to: "expired", cause: "test", actor: "test" });
      await tx.query("update orders set due_at = 9e15 where order_id = $1", [id]);
    });
    await world.pay(id, total);
    const lines = [{ sku: "lamp-b", quantity: 1 }];
    await reservations.reserve({ order: id, attempt: 2, lines }, { deadlineMs: 5_000 });
    await world.database.query("update orders set due_at = 0 where order_id = $1", [id]);
    const stockOf = async () =>
      (
        await world.database.query<{ stock: string }>("select stock from orders where order_id = $1", [id])
      )[0]!.stock;
    await settleAll();
    await until(async () => (await stockOf()) === "released");
    expect(await servers()[0]!.revive(id, { cause: "late payment", actor: "till" })).toBe(true);
    await settleAll();
    await until(async () => (await stockOf()) === "confirmed");
    expect((await reservations.get(id)).state).toBe("confirmed");
  });

  it("makes no order paid whose goods are gone, or that says so, or that was cancelled", async () => {
    const [short, refunded] = [await placed(), await placed({ latePayment: "refund" })];
    world.time.now = Date.now() + HOUR_MS;
    await expireAll();
    await settleAll();
    // What they had is on sale again, or some of it comes back for the late one.
    const ended = [short.id, refunded.id];
    await until(async () => {
      const sql = "select from orders where order_id = any($1) and stock = 'released'";
      return (await world.database.query(sql, [ended])).length === ended.length;
    });
    expect((await world.pay(refunded.id, refunded.total)).late).toBe("refund");
    const { onHand, reserved } = await world.stock("book-1");
    const all = { kind: "adjust", sku: "book-1", location: "hall", quantity: 1 - (onHand - reserved) };
    await world.operate("/v1/stock/movements", { movements: [all] });
    const [orders] = servers();
    await world.pay(short.id, short.total);
    expect(await orders!.revive(short.id, { cause: "late payment", actor: "till" })).toBe(false);
    expect((await world.get(short.id)).order.state).toBe("expired");
    await world.receive("book-1", 1_000);
    const cancelled = await placed();
    await world.cancel(cancelled.id);
    await world.pay(cancelled.id, cancelled.total);
    expect(await orders!.revive(cancelled.id, { cause: "late payment", actor: "till" })).toBe(false);
  });

  it("finds an order expired whose stock is on sale again, though nobody had looked", async () => {
    const { id, total } = await placed();
    await world.server.app.inventory.reservations.release({ order: id, attempt: 1 });
    expect(await world.pay(id, total)).toEqual({ state: "expired", late: "reserve", excess: 0 });
    expect((await world.get(id)).history.at(-1)).toMatchObject({ to: "expired", cause: "stock expired" });
  });
});

describe("stock that follows", () => {
  it("keeps nobody from its order meanwhile", async () => {
    const { id, total } = await placed();
    const { database } = world;
    const { inventory } = world.server.app;
    // Nobody else is at it, and so it is due to this one alone.
    await database.transaction(async (tx) => {
      const paid = { order: id, authorised: 0, captured: total, cause: "paid by card", actor: "till" };
      await world.server.app.commerce.orders.pay(tx, paid);
      await tx.query("update orders set due_at = $2 where order_id = $1", [id, Date.now() + 9 * HOUR_MS]);
    });
    const held: string[] = [];
    const reservations = {
      ...inventory.reservations,
      async confirm(...asked: Parameters<typeof inventory.reservations.confirm>) {
        await database.query("select from orders where order_id = $1 for update nowait", [asked[0].order]);
        held.push(asked[0].order);
        return inventory.reservations.confirm(...asked);
      },
    };
    const { settle } = createFollow({
      ...{ database, telemetry: createTelemetry(), log: createLog("silent") },
      moves: {} as never,
      inventory: { ...inventory, reservations },
      clock: () => Date.now() + 10 * HOUR_MS,
    });
    await settle();
    expect(held).toContain(id);
    const [row] = await database.query<{ stock: string }>("select stock from orders where order_id = $1", [
      id,
    ]);
    expect(row!.stock).toBe("confirmed");
  });

  it("follows at once also an order that was paid under a clock which was far ahead", async () => {
    const { id, total } = await placed();
    const { inventory, commerce } = world.server.app;
    await world.database.transaction(async (tx) => {
      world.time.now = Date.now() + 10 * HOUR_MS;
      const paid = { order: id, authorised: 0, captured: total, cause: "paid by card", actor: "till" };
      await commerce.orders.pay(tx, paid);
      world.time.now = undefined;
    });
    await settleAll();
    await until(async () => (await inventory.reservations.get(id)).state === "confirmed");
  });

  it("is sold of all that are paid, however wrong one of them is", async () => {
    const orders = await Promise.all(Array.from({ length: 5 }, () => placed()));
    const [lost, ...fine] = orders.map(({ id }) => id);
    const { inventory, commerce } = world.server.app;
    await world.database.transaction(async (tx) => {
      const { total } = orders[0]!;
      const paid = { order: lost!, authorised: 0, captured: total, cause: "paid by card", actor: "till" };
      await commerce.orders.pay(tx, paid);
      // As no order would find it.
      await tx.query("update reservations set attempt = 7 where order_id = $1", [lost]);
    });
    for (const { id, total } of orders.slice(1)) await world.pay(id, total);
    await settleAll();
    await until(async () => {
      const sql = "select from orders where order_id = any($1) and stock = 'confirmed'";
      return (await world.database.query(sql, [fine])).length === fine.length;
    });
    for (const id of fine) expect((await inventory.reservations.get(id)).state).toBe("confirmed");
    await world.database.query("update reservations set attempt = 1 where order_id = $1", [lost]);
    world.time.now = Date.now() + 120_000;
    await settleAll();
    await until(async () => (await inventory.reservations.get(lost!)).state === "confirmed");
  });
});

describe("two processes, one of which is killed", () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
  });

  /** Whose clock is an hour ahead. */
  async function startProcess(): Promise<ChildProcess> {
    const program = join(import.meta.dirname, "../support/serve-fast.ts");
    const child = spawn(
      process.execPath,
      ["--conditions=haggle-source", program, String(Date.now() - HOUR_MS), "2"],
      {
        env: {
          ...childEnv(),
          HAGGLE_DATA: world.shop.dataFolder,
          DATABASE_URL: testDatabaseUrl(),
          HAGGLE_TENANT: tenantOf(world.shop.dataFolder),
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    await once(createInterface(child.stdout!), "line");
    return child;
  }

  it("end each order once", async () => {
    const before = await world.stock("runner-42");
    const orders = await Promise.all(
      Array.from({ length: 40 }, () => placed({}, {}, [line("1", "runner-42")])),
    );
    const ids = orders.map(({ id }) => id);
    const [first] = await Promise.all([startProcess(), startProcess()]);
    await until(async () => (await endsOf(ids)).some(({ ends }) => ends > 0));
    first!.kill("SIGKILL");
    await until(async () => (await endsOf(ids)).every(({ state }) => state === "expired"));
    expect(await endsOf(ids)).toEqual(ids.map(() => ENDED));
    await until(async () => (await world.stock("runner-42")).reserved === before.reserved);
  });
});
