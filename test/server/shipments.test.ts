import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type OrderJson,
  openPaymentWorld,
  type PaymentWorld,
  refusalOf,
  type ShipmentJson,
} from "../support/payments.ts";
import { line } from "../support/quotes.ts";

// What of an order leaves the house, and what is taken for it.

let world: PaymentWorld;

beforeAll(async () => {
  world = await openPaymentWorld();
});
afterAll(() => world.close());

const ship = (order: OrderJson, body: object = {}, key?: string) =>
  world.post<ShipmentJson>(`/v1/orders/${order.id}/shipments`, body, { ...(key && { key }) });
const deliver = ({ id }: { id: string }) => world.done<ShipmentJson>(`/v1/shipments/${id}/deliver`, {});

/** What each unit of each line costs, by the order's own ledger. */
async function worthOf(order: OrderJson, shipped: Readonly<Record<string, number>>): Promise<number> {
  type Entry = {
    part: string;
    line: string;
    kind: string;
    firstUnit: number;
    units: number;
    amountEach: number;
  };
  const { body } = await world.operate<{ entries: Entry[] }>(`/v1/orders/${order.id}/ledger`);
  let sum = 0;
  for (const { part, line: id, kind, firstUnit, units, amountEach } of body.entries) {
    for (let unit = firstUnit; unit < firstUnit + units; unit++) {
      const isCounted = kind !== "taxIncluded" && (part !== "line" || unit < (shipped[id] ?? 0));
      if (isCounted) sum += amountEach;
    }
  }
  return sum;
}

const LINES = [line("1", "lamp-a", 3), line("2", "book-1", 2)];

async function paid(pay: object = {}, lines: readonly object[] = LINES): Promise<OrderJson> {
  const order = await world.place(lines);
  expect((await world.pay(order.id, pay)).status).toBe(201);
  return order;
}

describe("a shipment", () => {
  it("of all that was bought ships the order, which is completed when it has arrived", async () => {
    const order = await paid();
    const { status, body } = await ship(order);
    expect([status, body.lines]).toEqual([
      201,
      [
        { line: "1", firstUnit: 0, units: 3 },
        { line: "2", firstUnit: 0, units: 2 },
      ],
    ]);
    expect((await world.orderOf(order.id)).state).toBe("shipped");
    await deliver(body);
    await deliver(body);
    expect((await world.orderOf(order.id)).state).toBe("completed");
    const { body: view } = await world.operate<{ history: { to: string }[] }>(`/v1/orders/${order.id}`);
    expect(view.history.map(({ to }) => to).slice(-3)).toEqual(["fulfilling", "shipped", "completed"]);
    const events = await world.eventsOf(order.id);
    for (const type of ["shipment.shipped", "shipment.delivered", "order.shipped", "order.completed"]) {
      expect(events.filter((one) => one === type)).toHaveLength(1);
    }
    expect(await world.booked(order.id)).toMatchObject({ capture: order.total });
  });

  it("takes of what is promised so much as its units cost, and the last one the rest", async () => {
    const order = await paid({ capture: "later" });
    expect(await world.orderOf(order.id)).toMatchObject({
      state: "paid",
      authorised: order.total,
      captured: 0,
    });
    const first = await ship(order, { lines: [{ line: "1", units: 1 }], reference: "parcel-1" });
    expect(first.body.lines).toEqual([{ line: "1", firstUnit: 0, units: 1 }]);
    let captured = await worthOf(order, { 1: 1 });
    await world.becomes(order.id, { state: "fulfilling", captured, authorised: order.total - captured });
    const second = await ship(order, {
      lines: [
        { line: "1", units: 2 },
        { line: "2", units: 1 },
      ],
    });
    expect(second.body.lines).toEqual([
      { line: "1", firstUnit: 1, units: 2 },
      { line: "2", firstUnit: 0, units: 1 },
    ]);
    captured = await worthOf(order, { 1: 3, 2: 1 });
    await world.becomes(order.id, { state: "fulfilling", captured });
    const third = await ship(order);
    await world.becomes(order.id, { state: "shipped", captured: order.total, authorised: 0 });
    expect(await world.booked(order.id)).toMatchObject({ capture: order.total, void: 0 });
    await deliver(first.body);
    await deliver(second.body);
    expect((await world.orderOf(order.id)).state).toBe("shipped");
    await deliver(third.body);
    expect((await world.orderOf(order.id)).state).toBe("completed");
    const listed = await world.operate<{ shipments: ShipmentJson[] }>(`/v1/orders/${order.id}/shipments`);
    expect(listed.body.shipments.map(({ id }) => id)).toEqual(
      [first, second, third].map(({ body }) => body.id),
    );
  });

  it("is one when it is told again under its key, and no unit leaves twice", async () => {
    const order = await paid();
    const body = { lines: [{ line: "1", units: 2 }] };
    const keyless = await world.operate(`/v1/orders/${order.id}/shipments`, body);
    expect(refusalOf(keyless as never).slice(0, 2)).toEqual([400, "PAYMENT_KEY_NEEDED"]);
    const answers = await Promise.all([1, 2, 3].map(() => ship(order, body, `ship-${order.id}`)));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(refusalOf(await ship(order, body))).toEqual([409, "SHIPMENT_TOO_MANY", "lines[0].units", 1]);
    // Each of them would be the last unit.
    const many = await Promise.all(
      Array.from({ length: 5 }, () => ship(order, { lines: [{ line: "1", units: 1 }] })),
    );
    expect(many.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const wrong = world.database.query(
      "update shipped_lines set shipped = 4 where order_id = $1 and line = '1'",
      [order.id],
    );
    await expect(wrong).rejects.toMatchObject({ code: "23514" });
  });

  it("is of lines that the order has, and of an order that is paid", async () => {
    const order = await paid();
    for (const lines of [
      [{ line: "3", units: 1 }],
      [
        { line: "1", units: 1 },
        { line: "1", units: 1 },
      ],
    ]) {
      const { line: last } = lines.at(-1)!;
      const at = `lines[${lines.length - 1}].line`;
      expect(refusalOf(await ship(order, { lines }))).toEqual([422, "SHIPMENT_UNKNOWN_LINE", at, last]);
    }
    const unpaid = await world.place();
    expect(refusalOf(await ship(unpaid))).toEqual([409, "ORDER_STATE", "order", "awaiting_payment"]);
    const unknown = await world.post(`/v1/shipments/ship_${"x".repeat(24)}/deliver`, {});
    expect(refusalOf(unknown)).toEqual([404, "SHIPMENT_UNKNOWN", "id", `ship_${"x".repeat(24)}`]);
  });

  it("of what is not promised any more does not leave", async () => {
    const order = await paid({ capture: "later" });
    const [payment] = await world.paymentsOf(order.id);
    await world.done(`/v1/payments/${payment!.id}/void`, {});
    await world.becomes(order.id, { authorised: 0 });
    expect(refusalOf(await ship(order))).toEqual([409, "SHIPMENT_UNPAID", "order", order.total]);
    expect((await world.orderOf(order.id)).state).toBe("paid");
  });
});

describe("an order that is being packed", () => {
  const cancel = (order: OrderJson) => world.post(`/v1/orders/${order.id}/cancel`, {});

  it("can be cancelled until something of it has left", async () => {
    const [off, gone] = [await paid(), await paid()];
    for (const order of [off, gone]) await world.done(`/v1/orders/${order.id}/fulfil`, {});
    expect((await world.orderOf(off.id)).state).toBe("fulfilling");
    expect((await cancel(off)).status).toBe(200);
    await world.becomes(off.id, { state: "cancelled", refunded: off.total });
    await ship(gone, { lines: [{ line: "1", units: 1 }] });
    expect(refusalOf(await cancel(gone))).toEqual([409, "ORDER_STATE", "order", "fulfilling"]);
    expect(await world.orderOf(gone.id)).toMatchObject({ state: "fulfilling", refunded: 0 });
    expect(refusalOf(await ship(off))).toEqual([409, "ORDER_STATE", "order", "cancelled"]);
  });
});
