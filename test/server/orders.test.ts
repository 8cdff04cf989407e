import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createOrderWorld, type OrderAnswer, type OrderWorld, sumOf } from "../support/orders.ts";
import { line } from "../support/quotes.ts";
import { caller } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// Orders by HTTP: what is placed, what it says again, who may ask, and what becomes of its stock.

let world: OrderWorld;
beforeAll(async () => {
  world = await createOrderWorld();
});
beforeEach(() => world.rest());
afterAll(() => world.close());

const DAY_MS = 86_400_000;

const refusalOf = ({ status, body: { error } }: OrderAnswer) => [status, error?.code, error?.at];

/** What the reservation of an order is by now. */
const reservationOf = async (id: string) =>
  (await world.operate<{ state: string; expiresAt: number }>(`/v1/reservations/${id}`)).body;

describe("placing an order", () => {
  it("reserves its goods, and writes down how it came to be, whose it is and what it costs", async () => {
    const before = await world.stock("lamp-a");
    const lines = [line("1", "lamp-a", 3), line("2", "runner-42"), line("3", "book-1", 2)];
    const { quote, decision } = await world.quoteOf(lines, { customer: "c-place", shippingMethod: "parcel" });
    const { status, body } = await world.place(quote.id);
    expect([status, body.order]).toEqual([
      201,
      expect.objectContaining({
        id: quote.id.replace("quote_", "order_"),
        quote: quote.id,
        state: "awaiting_payment",
        release: quote.release,
        currency: "EUR",
        total: decision.total,
        captured: 0,
      }),
    ]);
    const { order, lines: kept, history } = await world.get(body.order.id);
    expect(order).toEqual({ ...body.order, customer: "c-place" });
    expect(kept).toEqual(lines.map(({ id, sku, quantity }) => ({ id, sku, quantity })));
    expect(history.map(({ from, to }) => [from, to])).toEqual([
      [undefined, "draft"],
      ["draft", "reserved"],
      ["reserved", "awaiting_payment"],
    ]);
    expect(await world.stock("lamp-a")).toEqual({ ...before, reserved: before.reserved + 3 });
    // The order's own end comes first.
    const reserved = await reservationOf(order.id);
    expect([reserved.state, reserved.expiresAt > order.expires]).toEqual(["held", true]);
    expect(await world.events(order.id)).toEqual(["order.placed"]);
    const { quote: used } = (await world.operate<{ quote: object }>(`/v1/quotes/${quote.id}`)).body;
    expect(used).toMatchObject({ state: "used", order: order.id });
    const { counters } = (await world.operate<{ counters: object }>("/v1/customers/c-place")).body;
    expect(counters).toEqual({ orders: 1 });
  });

  it("keeps of each unit what it costs and who took what off, which comes to the total", async () => {
    const { quote, decision } = await world.quoteOf([line("1", "runner-42", 3), line("2", "book-1")], {
      shippingMethod: "parcel",
    });
    const { id } = (await world.place(quote.id)).body.order;
    const { total, entries } = await world.ledger(id);
    expect([total, sumOf(entries)]).toEqual([decision.total, decision.total]);
    const shoes = decision.lines[0]!;
    expect(shoes.discount).toBeGreaterThan(0);
    const discounts = entries.filter(({ line, kind }) => line === "1" && kind === "discount");
    expect(new Set(discounts.map(({ promotion }) => promotion))).toEqual(
      new Set(shoes.discounts.map(({ promotion }) => promotion)),
    );
    expect(-sumOf(discounts)).toBe(shoes.discount);
    const taxes = entries.filter(({ kind }) => kind === "taxIncluded");
    expect(taxes.reduce((sum, { units, amountEach }) => sum + units * amountEach, 0)).toBe(decision.taxTotal);
    expect(entries.filter(({ part }) => part === "shipping").map(({ kind }) => kind)).toEqual([
      "price",
      "taxIncluded",
    ]);
  });

  it("has the same answer again, with its key and with another one, whatever became of it", async () => {
    const { quote } = await world.quoteOf();
    const first = await world.place(quote.id, { key: "again" });
    await world.cancel(first.body.order.id);
    const again = await world.place(quote.id, { key: "again" });
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body]);
    const other = await world.place(quote.id, { key: "again-other" });
    expect([other.status, other.body.order]).toEqual([
      200,
      expect.objectContaining({ id: first.body.order.id, state: "cancelled" }),
    ]);
    // What that key was answered stays, too.
    expect((await world.place(quote.id, { key: "again-other" })).body).toEqual(other.body);
    expect(await world.events(first.body.order.id)).toEqual(["order.placed", "order.cancelled"]);
  });

  it("needs a key, and a new one for another request", async () => {
    const [one, other] = [await world.quoteOf(), await world.quoteOf()];
    expect(refusalOf(await world.place(one.quote.id, { key: null }))).toEqual([
      400,
      "ORDER_KEY_NEEDED",
      "headers/idempotency-key",
    ]);
    expect((await world.place(one.quote.id, { key: "taken" })).status).toBe(201);
    for (const [quote, more] of [
      [other.quote.id, {}],
      [one.quote.id, { payWithinMs: 60_000 }],
    ] as const) {
      expect(refusalOf(await world.place(quote, { key: "taken", more }))).toEqual([
        422,
        "SERVER_IDEMPOTENCY_KEY",
        "headers/idempotency-key",
      ]);
    }
    // Nothing was placed of it.
    expect((await world.place(other.quote.id)).status).toBe(201);
  });

  it("tells which goods are gone, and holds nothing of the others", async () => {
    const [lamp, book] = [await world.stock("lamp-b"), await world.stock("book-1")];
    const { quote } = await world.quoteOf([line("1", "book-1"), line("2", "lamp-b", lamp.onHand + 1)]);
    const refused = await world.place(quote.id, { key: "short" });
    expect([refusalOf(refused)[1], refused.body.short]).toEqual([
      "INVENTORY_SHORT",
      [{ sku: "lamp-b", quantity: lamp.onHand + 1, available: lamp.onHand - lamp.reserved }],
    ]);
    expect([await world.stock("lamp-b"), await world.stock("book-1")]).toEqual([lamp, book]);
    // A refusal is no answer for ever: the key may ask again when there is more.
    await world.receive("lamp-b", 10);
    expect((await world.place(quote.id, { key: "short" })).status).toBe(201);
  });

  it("refuses a quote that nobody made, that another order has used, or that was switched off", async () => {
    const unknown = `quote_${"x".repeat(24)}`;
    expect(refusalOf(await world.place(unknown))).toEqual([404, "QUOTE_UNKNOWN", "id"]);
    const { quote } = await world.quoteOf();
    await world.use(quote.id, "somebody-elses");
    expect(refusalOf(await world.place(quote.id))).toEqual([409, "QUOTE_USED", "id"]);
  });

  it("is paid at once where there is nothing to pay, and its goods are sold", async () => {
    const before = await world.stock("book-1");
    const { quote } = await world.quoteOf();
    await world.database.query("update quotes set total = 0, decision = $2 where quote_id = $1", [
      quote.id,
      JSON.stringify({ lines: [], shipping: [], added: [], claims: [], coupons: [], total: 0 }),
    ]);
    const { order } = (await world.place(quote.id)).body;
    expect(order.state).toBe("paid");
    expect((await world.get(order.id)).history.map(({ to }) => to)).toEqual(["draft", "reserved", "paid"]);
    expect(await world.events(order.id)).toEqual(["order.placed", "order.paid"]);
    // Also where nobody came to confirm it in a day.
    expect((await reservationOf(order.id)).expiresAt).toBeGreaterThan(order.expires + DAY_MS);
    await until(async () => (await world.stock("book-1")).onHand === before.onHand - 2);
  });

  it("is for those who may, and so is looking", async () => {
    const { quote } = await world.quoteOf();
    const { id } = (await world.place(quote.id)).body.order;
    const shopper = caller(world.server);
    expect((await world.place(quote.id, { by: shopper })).status).toBe(401);
    for (const path of ["/v1/orders", `/v1/orders/${id}`, `/v1/orders/${id}/ledger`])
      expect([path, (await shopper(path)).status]).toEqual([path, 401]);
    const other = `order_${"x".repeat(24)}`;
    for (const path of [`/v1/orders/${other}`, `/v1/orders/${other}/ledger`]) {
      const { status, body } = await world.operate<OrderAnswer["body"]>(path);
      expect([status, body.error.code]).toEqual([404, "ORDER_UNKNOWN"]);
    }
    expect(refusalOf(await world.cancel(other))).toEqual([404, "ORDER_UNKNOWN", "order"]);
  });
});

describe("the list of orders", () => {
  it("comes in pages, the newest first, of a state or of a customer", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { quote } = await world.quoteOf(undefined, { customer: "c-list" });
      ids.unshift((await world.place(quote.id)).body.order.id);
    }
    await world.cancel(ids[1]!);
    type Listed = { orders: { id: string; customer: string }[]; next?: string };
    const list = async (query: string) => (await world.operate<Listed>(`/v1/orders?${query}`)).body;
    const first = await list("customer=c-list&limit=2");
    const second = await list(`customer=c-list&limit=2&after=${first.next}`);
    const third = await list(`customer=c-list&limit=2&after=${second.next}`);
    const pages = [first, second, third].map(({ orders }) => orders.map(({ id }) => id));
    expect([pages.flat(), third.next]).toEqual([ids, undefined]);
    const cancelled = await list("customer=c-list&state=cancelled");
    expect(cancelled.orders.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await list("limit=1")).orders.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await world.operate("/v1/orders?after=nonsense")).status).toBe(400);
  });
});

describe("paying and cancelling", () => {
  it("sells the goods when all is paid, and not before", async () => {
    const before = await world.stock("book-1");
    const { quote } = await world.quoteOf();
    const { id, total } = (await world.place(quote.id)).body.order;
    expect(await world.pay(id, total - 1)).toEqual({ state: "awaiting_payment", late: undefined, excess: 0 });
    expect(await world.pay(id, 3)).toEqual({ state: "paid", late: undefined, excess: 2 });
    await until(async () => (await reservationOf(id)).state === "confirmed");
    expect(await world.stock("book-1")).toEqual({ onHand: before.onHand - 2, reserved: before.reserved });
    expect(await world.events(id)).toEqual(["order.placed", "order.paid"]);
    // Once more than it costs is once more too much.
    expect(await world.pay(id, 5)).toEqual({ state: "paid", late: undefined, excess: 7 });
  });

  it("puts the goods back when it is cancelled, once", async () => {
    const before = await world.stock("book-1");
    const { quote } = await world.quoteOf(undefined, { customer: "c-cancel" });
    const { id } = (await world.place(quote.id)).body.order;
    const done = await world.cancel(id, { cause: "changed his mind" });
    expect([done.status, done.body.order.state, done.body.history.at(-1)]).toEqual([
      200,
      "cancelled",
      expect.objectContaining({ from: "awaiting_payment", to: "cancelled", cause: "changed his mind" }),
    ]);
    expect((await world.cancel(id)).body).toEqual(done.body);
    await until(async () => (await reservationOf(id)).state === "released");
    expect(await world.stock("book-1")).toEqual(before);
    expect(await world.events(id)).toEqual(["order.placed", "order.cancelled"]);
    const { counters } = (await world.operate<{ counters: object }>("/v1/customers/c-cancel")).body;
    expect(counters).toEqual({ orders: 0 });
    // Money that comes now is nobody's.
    expect(await world.pay(id, 100)).toEqual({ state: "cancelled", late: "refund", excess: 0 });
  });

  it("brings goods back that were sold already, where nothing of them has left", async () => {
    const before = await world.stock("book-1");
    const { quote } = await world.quoteOf();
    const { id, total } = (await world.place(quote.id)).body.order;
    await world.pay(id, total);
    await until(async () => (await world.stock("book-1")).onHand === before.onHand - 2);
    expect((await world.cancel(id)).body.order.state).toBe("cancelled");
    await until(async () => (await world.stock("book-1")).onHand === before.onHand);
    const { movements } = (
      await world.operate<{ movements: { kind: string; order?: string }[] }>("/v1/stock/book-1/movements")
    ).body;
    const of = movements.filter(({ order }) => order === id).map(({ kind }) => kind);
    expect(of).toEqual(["return", "ship"]);
  });

  it("brings them back also when nobody knows its reservation any more", async () => {
    const before = await world.stock("book-1");
    const { quote } = await world.quoteOf();
    const { id, total } = (await world.place(quote.id)).body.order;
    await world.pay(id, total);
    await until(async () => (await world.stock("book-1")).onHand === before.onHand - 2);
    await world.rest();
    await world.database.query("update reservations set updated_at = 0 where order_id = $1", [id]);
    await world.server.app.inventory.sweep();
    await expect(world.server.app.inventory.reservations.get(id)).rejects.toMatchObject({
      code: "INVENTORY_UNKNOWN_RESERVATION",
    });
    expect((await world.cancel(id)).body.order.state).toBe("cancelled");
    await until(async () => (await world.stock("book-1")).onHand === before.onHand);
  });

  it("cancels nothing that has left the house", async () => {
    const { quote } = await world.quoteOf();
    const { id, total } = (await world.place(quote.id)).body.order;
    await world.pay(id, total);
    const { orders } = world.server.app.commerce;
    for (const to of ["fulfilling", "shipped"] as const) {
      await world.database.transaction((tx) =>
        orders.move(tx, { order: id, to, cause: "sent", actor: "hall" }),
      );
    }
    expect(refusalOf(await world.cancel(id))).toEqual([409, "ORDER_STATE", "order"]);
    expect(await world.events(id)).toEqual(["order.placed", "order.paid", "order.shipped"]);
    await expect(
      world.database.transaction((tx) => orders.move(tx, { order: id, to: "paid", cause: "x", actor: "x" })),
    ).rejects.toMatchObject({ code: "ORDER_STATE", value: "shipped" });
  });
});

describe("a customer who is erased", () => {
  it("is not known by his orders any more, whose money stays", async () => {
    const { quote } = await world.quoteOf(undefined, { customer: "c-gone" });
    const { id, total } = (await world.place(quote.id, { key: "gone" })).body.order;
    const before = await world.ledger(id);
    expect(await world.erase("c-gone")).toBe(204);
    const { order } = await world.get(id);
    expect([order.customer, order.total]).toEqual([undefined, total]);
    expect(await world.ledger(id)).toEqual(before);
    const holding = await world.database.query(
      "select from orders o where o::text like '%c-gone%' union all select from idempotency_keys i where i::text like '%c-gone%'",
    );
    expect(holding).toEqual([]);
    // His order can be cancelled all the same.
    expect((await world.cancel(id)).body.order.state).toBe("cancelled");
  });
});
