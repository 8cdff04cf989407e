import { appendFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openPaymentWorld, type PaymentWorld, refusalOf } from "../support/payments.ts";
import { line } from "../support/quotes.ts";
import { until } from "../support/server.ts";

// Money is taken once and given back once, whatever becomes of the messages between the shop and its provider.

const MINUTE_MS = 60_000;
/** Longer than a process holds what it asks for. */
const LEASE_MS = 2 * MINUTE_MS;

let world: PaymentWorld;

beforeAll(async () => {
  world = await openPaymentWorld();
});
afterAll(() => world.close());
afterEach(() =>
  world.sandbox.trouble({ silent: 0, deaf: 0, slowMs: 0, lose: 0, copies: 1, hold: false, delayMs: 0 }),
);

/** No callback comes, and nothing is found out but by asking. */
const loseCallbacks = () => world.sandbox.trouble({ lose: 1_000 });

describe("a payment", () => {
  it("takes the money of an order, which is paid by it and leaves the shop's stock", async () => {
    const order = await world.place([line("1", "lamp-b")]);
    const before = await world.availableOf("lamp-b");
    const { status, body } = await world.pay(order.id);
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        order: order.id,
        state: "captured",
        amount: order.total,
        authorised: order.total,
        captured: order.total,
        refunded: 0,
        operations: [expect.objectContaining({ kind: "authorise", state: "succeeded" })],
      }),
    ]);
    expect(await world.orderOf(order.id)).toMatchObject({
      state: "paid",
      captured: order.total,
      authorised: 0,
      refunded: 0,
    });
    expect(await world.booked(order.id)).toEqual({
      authorise: order.total,
      capture: order.total,
      void: 0,
      refund: 0,
    });
    // Its goods are sold a moment later, or by now.
    expect((await world.eventsOf(order.id)).slice(0, 5)).toEqual([
      "reservation.held",
      "order.placed",
      "order.paid",
      "payment.authorised",
      "payment.captured",
    ]);
    await until(async () => (await world.eventsOf(order.id)).includes("reservation.confirmed"));
    expect(await world.availableOf("lamp-b")).toBe(before);
    expect(await world.paymentsOf(order.id)).toEqual([await world.paymentOf(body.id)]);
  });

  it("is written down and committed before its provider hears of it", async () => {
    const order = await world.place();
    const { length } = await world.sandbox.entries();
    await world.sandbox.trouble({ silent: 1, lose: 1_000 });
    const paid = world.pay(order.id);
    const { key } = await until(async () => (await world.sandbox.entries())[length]);
    // The provider has just done it, and nobody was answered yet.
    const [operation] = await world.database.query<{ id: string; state: string; token: string }>(
      "select operation_id as id, state, token from payment_operations where operation_id = $1",
      [key],
    );
    expect(operation).toMatchObject({ id: key, state: "open" });
    // Nobody reads from the database by what it is paid.
    expect(operation!.token).not.toContain("tok_ok");
    await world.settled((await paid).body.id);
    const [after] = await world.database.query<{ token: string | null }>(
      "select token from payment_operations where operation_id = $1",
      [key],
    );
    expect(after!.token).toBeNull();
  });

  it("is one when it is asked for again under its key", async () => {
    const order = await world.place();
    const first = await world.pay(order.id, {}, { key: "again" });
    const again = await world.pay(order.id, {}, { key: "again" });
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    const other = await world.pay(order.id, { capture: "later" }, { key: "again" });
    expect(refusalOf(other)).toEqual([422, "SERVER_IDEMPOTENCY_KEY", "headers/idempotency-key", "again"]);
    const keyless = await world.operate(`/v1/orders/${order.id}/payments`, { token: "tok_ok" });
    expect(refusalOf(keyless as never)).toEqual([
      400,
      "PAYMENT_KEY_NEEDED",
      "headers/idempotency-key",
      undefined,
    ]);
    expect((await world.booked(order.id)).capture).toBe(order.total);
  });

  it("is one of many that are asked for at once, by two servers", async () => {
    const second = await world.startSecond();
    const order = await world.place();
    const calls = [world.operate, await world.operator(second)];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => world.pay(order.id, {}, { by: calls[i % 2]! })),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status >= 300).map(({ body }) => body.error?.code);
    for (const code of refused) expect(["PAYMENT_TOO_MUCH", "ORDER_STATE"]).toContain(code);
    await world.becomes(order.id, { state: "paid" });
    expect((await world.booked(order.id)).capture).toBe(order.total);
    await second.close();
  });

  it("that is refused leaves the order as it was, for another means of payment", async () => {
    const order = await world.place();
    const refused = await world.pay(order.id, { token: "tok_declined" });
    expect(refusalOf(refused)).toEqual([402, "PAYMENT_DECLINED", "token", "card_declined"]);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "awaiting_payment", captured: 0 });
    expect((await world.pay(order.id)).status).toBe(201);
    expect((await world.paymentsOf(order.id)).map(({ state }) => state)).toEqual(["declined", "captured"]);
    expect(await world.eventsOf(order.id)).toContain("payment.declined");
  });

  it("may be of a part, and all of them together are never more than the order costs", async () => {
    const order = await world.place();
    const most = await world.pay(order.id, { amount: order.total + 1 });
    expect(refusalOf(most)).toEqual([409, "PAYMENT_TOO_MUCH", "amount", order.total]);
    expect((await world.pay(order.id, { amount: 500 })).status).toBe(201);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "awaiting_payment", captured: 500 });
    const rest = await world.pay(order.id);
    expect(rest.body.amount).toBe(order.total - 500);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "paid", captured: order.total });
    expect(refusalOf(await world.pay(order.id))).toEqual([409, "ORDER_STATE", "state", "paid"]);
  });

  it("is by a token as long as one may be", async () => {
    const order = await world.place();
    expect((await world.pay(order.id, { token: "t".repeat(500) })).status).toBe(201);
  });

  it("is asked of a provider that there is, for an order that there is", async () => {
    const order = await world.place();
    const nobody = await world.pay(order.id, { provider: "nobody" });
    expect(refusalOf(nobody)).toEqual([404, "PAYMENT_PROVIDER", "provider", "nobody"]);
    const unknown = `order_${"x".repeat(24)}`;
    expect((await world.pay(unknown)).body.error.code).toBe("ORDER_UNKNOWN");
    expect(
      (await world.operate<{ error: { code: string } }>(`/v1/payments/pay_${"x".repeat(24)}`)).body.error
        .code,
    ).toBe("PAYMENT_UNKNOWN");
  });
});

describe("an outcome that nobody was told of", () => {
  it("is found out by asking, and what was taken is not taken twice", async () => {
    await loseCallbacks();
    const order = await world.place();
    const { status, body } = await world.pay(order.id, { token: "tok_timeout" });
    expect([status, body.state, body.operations[0]!.state]).toEqual([202, "pending", "unknown"]);
    expect((await world.booked(order.id)).capture).toBe(order.total);
    await world.becomes(order.id, { state: "paid", captured: order.total });
    expect((await world.booked(order.id)).capture).toBe(order.total);
    expect((await world.paymentOf(body.id)).state).toBe("captured");
  });

  it("of what was answered with an error is found out about too", async () => {
    await loseCallbacks();
    const order = await world.place();
    const { status, body } = await world.pay(order.id, { token: "tok_error" });
    expect([status, body.state, body.operations[0]!.state]).toEqual([202, "pending", "unknown"]);
    await world.becomes(order.id, { state: "paid", captured: order.total });
    expect((await world.booked(order.id)).capture).toBe(order.total);
  });

  it("of a request that was lost is asked for again, by the same id", async () => {
    await loseCallbacks();
    const order = await world.place();
    const { status, body } = await world.pay(order.id, { token: "tok_lost" });
    expect([status, (await world.booked(order.id)).capture]).toEqual([202, 0]);
    // Nobody pays twice meanwhile.
    expect(refusalOf(await world.pay(order.id))).toEqual([409, "PAYMENT_TOO_MUCH", "amount", 0]);
    await world.becomes(order.id, { state: "paid", captured: order.total });
    const keys = (await world.sandbox.entries()).map(({ key }) => key);
    expect(keys.filter((key) => key === body.operations[0]!.id)).toHaveLength(2);
    expect((await world.booked(order.id)).capture).toBe(order.total);
  });

  it("of a provider that is away waits for it", async () => {
    const order = await world.place();
    await world.sandbox.kill();
    const { status } = await world.pay(order.id);
    expect(status).toBe(202);
    // It was ended in the middle of a line.
    await appendFile(world.sandbox.ledgerFile, '{"at":1,"payment":"sbx');
    await world.sandbox.restart();
    world.time.ahead += LEASE_MS;
    await world.becomes(order.id, { state: "paid", captured: order.total });
    expect((await world.booked(order.id)).capture).toBe(order.total);
  });

  it("of an order that was cancelled before its provider heard of it is not asked for again", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { token: "tok_lost" });
    expect((await world.post(`/v1/orders/${order.id}/cancel`, {})).status).toBe(200);
    const payment = await world.settled(body.id);
    expect([payment.state, payment.declined]).toEqual(["declined", "given_up"]);
    expect(await world.eventsOf(order.id)).toContain("payment.declined");
    expect(await world.booked(order.id)).toEqual({ authorise: 0, capture: 0, void: 0, refund: 0 });
  });
});

describe("a request that its provider will not begin", () => {
  it("has failed at once, and another means of payment may be tried", async () => {
    const order = await world.place();
    const { status, body } = await world.pay(order.id, { token: "tok_unknown" });
    expect([status, body]).toMatchObject([402, { error: { code: "PAYMENT_DECLINED" } }]);
    const [payment] = await world.paymentsOf(order.id);
    expect(payment).toMatchObject({ state: "declined", declined: "token_unknown" });
    expect(payment!.operations).toMatchObject([
      { kind: "authorise", state: "failed", code: "token_unknown" },
    ]);
    expect(await world.eventsOf(order.id)).toContain("payment.declined");
    await world.pay(order.id);
    await world.becomes(order.id, { state: "paid", captured: order.total });
  });
});

describe("a payment that was given up", () => {
  it("goes back where it reached its provider all the same and nobody was told", async () => {
    await loseCallbacks();
    const order = await world.place();
    const { body } = await world.pay(order.id, { token: "tok_lost" });
    await world.post(`/v1/orders/${order.id}/cancel`, {});
    expect((await world.settled(body.id)).declined).toBe("given_up");
    // What was on its way arrives.
    const key = body.operations[0]!.id;
    await fetch(`${world.sandbox.env.HAGGLE_PAYMENTS_SANDBOX}/v1/payments`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ amount: order.total, currency: "EUR", token: "tok_ok", capture: true }),
    });
    expect((await world.booked(order.id)).capture).toBe(order.total);
    world.time.ahead += 2 * MINUTE_MS;
    await until(async () => (await world.booked(order.id)).refund === order.total);
    await world.becomes(order.id, { state: "cancelled", captured: order.total, refunded: order.total });
  });
});

describe("money that goes back", () => {
  it("is all that was taken, when a paid order is cancelled, and is given back once", async () => {
    const order = await world.place();
    await world.pay(order.id, { amount: 700 });
    await world.pay(order.id);
    // As long as it may be.
    const why = { cause: "x".repeat(200) };
    const cancels = await Promise.all([1, 2, 3].map(() => world.post(`/v1/orders/${order.id}/cancel`, why)));
    expect(cancels.map(({ status }) => status)).toEqual([200, 200, 200]);
    await world.becomes(order.id, { state: "cancelled", refunded: order.total });
    expect((await world.booked(order.id)).refund).toBe(order.total);
    const payments = await world.paymentsOf(order.id);
    expect(payments.map(({ state, refunded }) => [state, refunded])).toEqual([
      ["refunded", 700],
      ["refunded", order.total - 700],
    ]);
  });

  it("is let go of, where it was only promised", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { capture: "later" });
    expect(body.state).toBe("authorised");
    expect(await world.orderOf(order.id)).toMatchObject({
      state: "paid",
      authorised: order.total,
      captured: 0,
    });
    await world.post(`/v1/orders/${order.id}/cancel`, {});
    await world.becomes(order.id, { state: "cancelled", authorised: 0, captured: 0 });
    expect(await world.booked(order.id)).toEqual({
      authorise: order.total,
      capture: 0,
      void: order.total,
      refund: 0,
    });
    expect((await world.settled(body.id)).state).toBe("voided");
  });

  it("is never more than was taken, whoever asks at once", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id);
    const half = Math.floor(order.total / 2) + 1;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => world.post(`/v1/payments/${body.id}/refund`, { amount: half })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
    const rest = await world.post(`/v1/payments/${body.id}/refund`, {});
    expect(rest.status).toBe(202);
    await world.becomes(order.id, { refunded: order.total });
    expect((await world.booked(order.id)).refund).toBe(order.total);
    expect(refusalOf(await world.post(`/v1/payments/${body.id}/refund`, {}))).toEqual([
      409,
      "PAYMENT_TOO_MUCH",
      "amount",
      0,
    ]);
    // Nor by a statement that knows nothing of it.
    for (const set of ["refunding = captured + 1", "captured = authorised + 1", "refunded = refunding + 1"]) {
      const wrong = world.database.query(`update payments set ${set} where payment_id = $1`, [body.id]);
      await expect(wrong).rejects.toMatchObject({ code: "23514" });
    }
  });

  it("is none of an order that is still being paid, which nobody could pay then", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { amount: 500 });
    const refused = await world.post(`/v1/payments/${body.id}/refund`, {});
    expect(refusalOf(refused)).toEqual([409, "ORDER_STATE", "order", "awaiting_payment"]);
    expect((await world.pay(order.id)).status).toBe(201);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "paid", captured: order.total });
  });

  it("that its provider refuses is told of, and may be asked for again", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { token: "tok_refund_declined" });
    await world.post(`/v1/orders/${order.id}/cancel`, {});
    const payment = await world.settled(body.id);
    expect([payment.state, payment.operations.at(-1)]).toEqual([
      "captured",
      expect.objectContaining({ kind: "refund", state: "failed", code: "refused_by_bank" }),
    ]);
    expect(await world.eventsOf(order.id)).toContain("payment.failed");
    expect((await world.post(`/v1/payments/${body.id}/refund`, {})).status).toBe(202);
    expect((await world.settled(body.id)).operations).toHaveLength(3);
  });
});

describe("a promise", () => {
  it("is taken in parts, and what is left of it is let go of", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { capture: "later" });
    const most = await world.post(`/v1/payments/${body.id}/capture`, { amount: order.total + 1 });
    expect(refusalOf(most)).toEqual([409, "PAYMENT_TOO_MUCH", "amount", order.total]);
    expect((await world.post(`/v1/payments/${body.id}/capture`, { amount: 900 })).status).toBe(202);
    await world.becomes(order.id, { captured: 900, authorised: order.total - 900 });
    expect((await world.settled(body.id)).state).toBe("captured_in_part");
    expect((await world.post(`/v1/payments/${body.id}/void`, {})).status).toBe(202);
    await world.becomes(order.id, { captured: 900, authorised: 0 });
    expect(await world.booked(order.id)).toMatchObject({ capture: 900, void: order.total - 900 });
    const late = await world.post(`/v1/payments/${body.id}/capture`, {});
    expect(refusalOf(late)).toEqual([409, "PAYMENT_TOO_MUCH", "amount", 0]);
    expect(refusalOf(await world.post(`/v1/payments/${body.id}/void`, {}))).toEqual([
      409,
      "PAYMENT_STATE",
      "id",
      body.id,
    ]);
  });

  it("that its bank does not keep is told of", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { capture: "later", token: "tok_capture_declined" });
    await world.post(`/v1/payments/${body.id}/capture`, {});
    const payment = await world.settled(body.id);
    expect(payment).toMatchObject({ captured: 0, authorised: order.total });
    expect(await world.eventsOf(order.id)).toContain("payment.failed");
  });
});
