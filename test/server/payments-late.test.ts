import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type OrderJson,
  openPaymentWorld,
  type PaymentJson,
  type PaymentWorld,
} from "../support/payments.ts";
import { line } from "../support/quotes.ts";
import { type TestServer, until } from "../support/server.ts";

// Money that comes when its order has ended. Two servers look for it.

const PAY_WITHIN_MS = 60_000;

let world: PaymentWorld;
let second: TestServer;

beforeAll(async () => {
  world = await openPaymentWorld();
  second = await world.startSecond();
  // What the provider comes to is told by nobody: it is asked.
  await world.sandbox.trouble({ lose: 1_000_000 });
});
afterAll(async () => {
  await second.close();
  await world.close();
});

/** An order whose bank takes longer than the order lasts. */
async function expire(
  sku: string,
  more: object = {},
  pay: object = {},
): Promise<{ order: OrderJson; payment: PaymentJson }> {
  const order = await world.place([line("1", sku, 2)], { payWithinMs: PAY_WITHIN_MS, ...more });
  const { status, body: payment } = await world.pay(order.id, { token: "tok_pending", ...pay });
  expect(status).toBe(202);
  world.time.ahead += PAY_WITHIN_MS + 1;
  await world.becomes(order.id, { state: "expired" });
  await until(async () => (await world.eventsOf(order.id)).includes("reservation.released"));
  return { order, payment };
}

/** The bank says yes, and the shop asks. */
async function succeed({ operations }: PaymentJson): Promise<void> {
  await world.sandbox.finish(operations[0]!.id, "succeeded");
  world.time.ahead += 10 * PAY_WITHIN_MS;
}

const countOf = async (order: OrderJson, type: string) =>
  (await world.eventsOf(order.id)).filter((one) => one === type).length;

describe("money that comes when its order has expired", () => {
  it("pays it after all, with its goods reserved anew, once", async () => {
    const before = await world.availableOf("lamp-a");
    const { order, payment } = await expire("lamp-a");
    expect(await world.availableOf("lamp-a")).toBe(before);
    await succeed(payment);
    await world.becomes(order.id, { state: "paid", captured: order.total, refunded: 0 });
    await until(async () => (await world.eventsOf(order.id)).includes("reservation.confirmed"));
    expect(await world.availableOf("lamp-a")).toBe(before - 2);
    expect(await countOf(order, "payment.late")).toBe(1);
    expect(await countOf(order, "order.paid")).toBe(1);
    expect(await world.booked(order.id)).toMatchObject({ capture: order.total, refund: 0 });
  });

  it("pays it also where it is only promised", async () => {
    const { order, payment } = await expire("lamp-a", {}, { capture: "later" });
    await succeed(payment);
    await world.becomes(order.id, { state: "paid", authorised: order.total, captured: 0 });
    expect(await world.booked(order.id)).toMatchObject({ capture: 0, void: 0 });
  });

  it("goes back where its goods are gone", async () => {
    const { order, payment } = await expire("lamp-b");
    const rest = await world.availableOf("lamp-b");
    const other = await world.place([line("1", "lamp-b", rest)]);
    await world.pay(other.id);
    await succeed(payment);
    await world.becomes(order.id, { state: "expired", captured: order.total, refunded: order.total });
    expect(await world.booked(order.id)).toMatchObject({ capture: order.total, refund: order.total });
    expect(await world.availableOf("lamp-b")).toBe(0);
    await world.receive("lamp-b", 1_000);
  });

  it("is let go of where it is only promised and its goods are gone", async () => {
    const { order, payment } = await expire("lamp-b", {}, { capture: "later" });
    const other = await world.place([line("1", "lamp-b", await world.availableOf("lamp-b"))]);
    await world.pay(other.id);
    await succeed(payment);
    await until(async () => (await world.booked(order.id)).void === order.total);
    await world.becomes(order.id, { state: "expired", authorised: 0, captured: 0 });
    await world.receive("lamp-b", 1_000);
  });

  it("goes back where the shop wants that, with its goods on sale", async () => {
    const { order, payment } = await expire("lamp-a", { latePayment: "refund" });
    const before = await world.availableOf("lamp-a");
    await succeed(payment);
    await world.becomes(order.id, { state: "expired", captured: order.total, refunded: order.total });
    expect(await world.availableOf("lamp-a")).toBe(before);
    expect((await world.booked(order.id)).refund).toBe(order.total);
  });

  it("goes back where it is less than the order costs", async () => {
    const { order, payment } = await expire("lamp-a", {}, { amount: 100 });
    await succeed(payment);
    await world.becomes(order.id, { state: "expired", captured: 100, refunded: 100 });
    expect((await world.booked(order.id)).refund).toBe(100);
  });

  it("goes back with what was paid before, where the order expired in between", async () => {
    const order = await world.place([line("1", "lamp-a")], { payWithinMs: PAY_WITHIN_MS });
    await world.pay(order.id, { amount: 300 });
    world.time.ahead += PAY_WITHIN_MS + 1;
    await world.becomes(order.id, { state: "expired", captured: 300, refunded: 300 });
    expect((await world.booked(order.id)).refund).toBe(300);
  });
});

describe("money of which the last part comes when the goods were lost", () => {
  it("goes back with what came before it", async () => {
    const { reservations } = world.server.app.inventory;
    for (const latePayment of ["refund", "reserve"]) {
      const order = await world.place([line("1", "lamp-b", 2)], { latePayment });
      await world.pay(order.id, { amount: 300 });
      // Nobody had looked after orders for so long.
      await reservations.release({ order: order.id, attempt: 1 }, { deadlineMs: 5_000 });
      await world.place([line("1", "lamp-b", await world.availableOf("lamp-b"))]);
      await world.pay(order.id);
      await world.becomes(order.id, { state: "expired", captured: order.total, refunded: order.total });
      expect((await world.booked(order.id)).refund).toBe(order.total);
      await world.receive("lamp-b", 1_000);
    }
  });
});

describe("money that comes when its order was cancelled", () => {
  it("goes back, and the order stays cancelled", async () => {
    const order = await world.place([line("1", "lamp-a")]);
    const { body: payment } = await world.pay(order.id, { token: "tok_pending" });
    await world.post(`/v1/orders/${order.id}/cancel`, {});
    await succeed(payment);
    await world.becomes(order.id, { state: "cancelled", captured: order.total, refunded: order.total });
    expect((await world.booked(order.id)).refund).toBe(order.total);
    expect(await countOf(order, "order.paid")).toBe(0);
  });
});

describe("more money than the order costs", () => {
  it("goes back also where all of it came late", async () => {
    const { order, payment } = await expire("lamp-a");
    const { total } = order;
    const sums = { authorised: 2 * total, captured: 2 * total, voided: 0, refunded: 0, operations: [] };
    const { id: key } = payment.operations[0]!;
    const body = JSON.stringify({ data: { id: "sbx_late", key, currency: "EUR", ...sums } });
    const [at, id] = [new Date(), `evt_${key}`];
    const [secret] = await world.sandbox.readSecrets();
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret!).sign(id, at, body),
    };
    const told = await fetch(`${world.server.url}/v1/payments/callbacks/sandbox`, {
      method: "POST",
      headers,
      body,
    });
    expect(told.status).toBe(200);
    await world.becomes(order.id, { state: "paid", captured: 2 * total });
    const refund = await until(async () =>
      (await world.paymentOf(payment.id)).operations.find(({ kind }) => kind === "refund"),
    );
    expect(refund).toMatchObject({ amount: total, cause: "surplus" });
  });

  it("goes back, and the order keeps what it costs", async () => {
    const order = await world.place([line("1", "lamp-a")]);
    const { body: first } = await world.pay(order.id, { token: "tok_pending" });
    // Nobody believed in it any more; then both came.
    await world.database.query(
      "update payment_operations set state = 'failed', code = 'given_up', token = null, settled_at = 1 where operation_id = $1",
      [first.operations[0]!.id],
    );
    await world.database.query("update payments set declined = 'given_up' where payment_id = $1", [first.id]);
    expect((await world.pay(order.id)).status).toBe(201);
    await world.sandbox.trouble({ lose: 0 });
    await world.sandbox.finish(first.operations[0]!.id, "succeeded");
    await world.becomes(order.id, { state: "paid", captured: 2 * order.total, refunded: order.total });
    expect(await world.booked(order.id)).toMatchObject({ capture: 2 * order.total, refund: order.total });
    expect((await world.settled(first.id)).operations.at(-1)).toMatchObject({
      kind: "refund",
      cause: "surplus",
    });
  });
});
