import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { merge, type Sums } from "../../server/modules/payments/merge.ts";
import type { Facts } from "../../server/modules/payments/provider.ts";
import { deleteCallbacks, insertCallback } from "../../server/modules/payments/store.ts";
import { openPaymentWorld, type PaymentWorld } from "../support/payments.ts";
import { until } from "../support/server.ts";

// What a provider tells comes early, late, twice, in any order or never, and from whoever likes to be taken for it.

let world: PaymentWorld;
/** The newest, and the one before. */
let secrets: string[];

beforeAll(async () => {
  world = await openPaymentWorld();
  secrets = await world.sandbox.readSecrets();
});
afterAll(() => world.close());
afterEach(() =>
  world.sandbox.trouble({ silent: 0, deaf: 0, slowMs: 0, lose: 0, copies: 1, hold: false, delayMs: 0 }),
);

const countOf = (events: readonly string[], type: string) => events.filter((one) => one === type).length;

describe("a callback", () => {
  it("that comes before the answer pays the order, once", async () => {
    const order = await world.place();
    await world.sandbox.trouble({ slowMs: 300 });
    const answer = world.pay(order.id);
    await world.becomes(order.id, { state: "paid" });
    const { id } = (await answer).body;
    expect(await world.settled(id)).toMatchObject({ state: "captured", captured: order.total });
    const events = await world.eventsOf(order.id);
    expect([countOf(events, "payment.captured"), countOf(events, "order.paid")]).toEqual([1, 1]);
    expect(await world.orderOf(order.id)).toMatchObject({ captured: order.total });
  });

  it("races its answer and a second try, and the money is taken once", async () => {
    const order = await world.place();
    const pay = () => world.pay(order.id, { token: "tok_timeout" }, { key: `race-${order.id}` });
    await Promise.all([pay(), pay(), pay()]);
    await world.becomes(order.id, { state: "paid" });
    expect(await world.paymentsOf(order.id)).toHaveLength(1);
    expect((await world.booked(order.id)).capture).toBe(order.total);
    expect(countOf(await world.eventsOf(order.id), "order.paid")).toBe(1);
  });

  it("that comes five times counts once, and is taken each time", async () => {
    await world.sandbox.trouble({ copies: 5 });
    const before = await world.sandbox.state();
    const order = await world.place();
    await world.pay(order.id, { token: "tok_timeout" });
    await until(async () => {
      const { delivered, underWay } = await world.sandbox.state();
      return underWay === 0 && delivered >= before.delivered + 10;
    });
    const { refused } = await world.sandbox.state();
    expect(refused).toBe(before.refused);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "paid", captured: order.total });
    expect(countOf(await world.eventsOf(order.id), "payment.captured")).toBe(1);
  });

  it("that comes last says nothing new, whichever it is: nothing that went back comes again", async () => {
    await world.sandbox.trouble({ hold: true });
    const available = await world.availableOf("book-1");
    const order = await world.place();
    const { body } = await world.pay(order.id);
    await world.post(`/v1/orders/${order.id}/cancel`, {});
    await world.becomes(order.id, { state: "cancelled", refunded: order.total });
    await until(async () => (await world.availableOf("book-1")) === available);
    const cancelled = await world.orderOf(order.id);
    const { held } = await world.sandbox.state();
    expect(held).toBeGreaterThanOrEqual(3);
    const events = await world.eventsOf(order.id);
    // "captured" last of all, after the refund.
    await world.sandbox.release("reversed");
    await until(async () => {
      const { underWay, held: left } = await world.sandbox.state();
      return underWay === 0 && left === 0;
    });
    const { state, captured, refunded } = cancelled;
    expect(await world.orderOf(order.id)).toMatchObject({ state, captured, refunded });
    expect((await world.eventsOf(order.id)).slice(0, events.length)).toEqual(events);
    expect((await world.paymentOf(body.id)).state).toBe("refunded");
    expect((await world.booked(order.id)).refund).toBe(order.total);
    // Its stock came back once, too.
    expect(await world.availableOf("book-1")).toBe(available);
  });

  it("that is lost is not needed", async () => {
    await world.sandbox.trouble({ lose: 1_000 });
    const order = await world.place();
    const { status, body } = await world.pay(order.id, { token: "tok_pending" });
    expect([status, body.state]).toEqual([202, "pending"]);
    await world.sandbox.finish(body.operations[0]!.id, "succeeded");
    await world.becomes(order.id, { state: "paid", captured: order.total });
  });

  it("is forgotten when no provider repeats it any more, some at a time", async () => {
    const { database } = world;
    for (const id of ["old-1", "old-2", "old-3"])
      await insertCallback(database, { provider: "old", id, now: 1 });
    await insertCallback(database, { provider: "old", id: "new", now: 3 });
    const counts: number[] = [];
    while (counts.at(-1) !== 0) counts.push(await deleteCallbacks(database, 3, 2));
    expect(counts).toEqual([2, 1, 0]);
    const left = await database.query("select event_id as id from payment_callbacks where provider = 'old'");
    expect(left).toEqual([{ id: "new" }]);
    await deleteCallbacks(database, 4, 1);
  });

  it("tells also that a bank refused after a while", async () => {
    const order = await world.place();
    const { body } = await world.pay(order.id, { token: "tok_pending" });
    await world.sandbox.finish(body.operations[0]!.id, "failed");
    expect(await world.settled(body.id)).toMatchObject({ state: "declined", declined: "bank_refused" });
    expect((await world.pay(order.id)).status).toBe(201);
  });
});

describe("a message that says that it is from a provider", () => {
  const path = "/v1/payments/callbacks/sandbox";

  type Signed = { id?: string; at?: Date; secret?: string; body: string };

  const sign = ({
    id = `evt_${randomBytes(6).toString("hex")}`,
    at = new Date(),
    secret = secrets[0]!,
    body,
  }: Signed) => ({
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  });

  async function send(
    body: string | Uint8Array,
    headers: Record<string, string>,
    { type = "application/json", to = path } = {},
  ): Promise<[status: number, code: string | undefined]> {
    const response = await fetch(world.server.url + to, {
      method: "POST",
      headers: { "content-type": type, ...headers },
      body: body as BodyInit,
    });
    const { error } = (await response.json()) as { error?: { code: string } };
    return [response.status, error?.code];
  }

  /** As the sandbox would tell of somebody's payment. */
  const told = (more: object = {}) =>
    JSON.stringify({
      type: "payment.capture.succeeded",
      data: {
        id: "sbx_99",
        key: `op_${"x".repeat(24)}`,
        amount: 1,
        currency: "EUR",
        authorised: 1,
        captured: 1,
        voided: 0,
        refunded: 0,
        operations: [],
        ...more,
      },
    });

  it("is believed by its signature alone", async () => {
    const order = await world.place();
    const { body: payment } = await world.pay(order.id, { token: "tok_pending" });
    const { total } = order;
    const key = payment.operations[0]!.id;
    const body = told({ key, amount: total, authorised: total, captured: total });
    const right = sign({ body });
    const forged = [
      [body, {}],
      [body, { ...right, "webhook-signature": `v1,${randomBytes(32).toString("base64")}` }],
      [body, sign({ body, secret: `whsec_${randomBytes(32).toString("base64")}` })],
      // The same value in other bytes.
      [`${body} `, right],
      [body, { ...right, "webhook-id": "evt_other" }],
      [body, sign({ body, at: new Date(Date.now() - 6 * 60_000) })],
      [body, sign({ body, at: new Date(Date.now() + 6 * 60_000) })],
      [body, { ...right, "webhook-timestamp": String(Math.floor(Date.now() / 1_000) - 60) }],
    ] as const;
    for (const [text, headers] of forged) {
      expect(await send(text, headers as Record<string, string>)).toEqual([400, "PAYMENT_BAD_CALLBACK"]);
    }
    expect(await world.orderOf(order.id)).toMatchObject({ state: "awaiting_payment", captured: 0 });
    expect(await send(body, right)).toEqual([200, undefined]);
    expect(await world.orderOf(order.id)).toMatchObject({ state: "paid", captured: total });
    await world.sandbox.finish(key, "succeeded");
  });

  it("is of a payment, in JSON, and short", async () => {
    const signed = (body: string) => send(body, sign({ body }));
    for (const body of [
      "[]",
      "{",
      "null",
      told({ captured: -1 }),
      told({ captured: "1" }),
      told({ currency: 5 }),
    ]) {
      expect(await signed(body)).toEqual([400, "PAYMENT_BAD_CALLBACK"]);
    }
    expect(await signed(told({ operations: [{ key: "x", outcome: "maybe" }] }))).toEqual([
      400,
      "PAYMENT_BAD_CALLBACK",
    ]);
    expect(await send(told(), {}, { type: "text/plain" })).toEqual([415, "SERVER_UNSUPPORTED_MEDIA_TYPE"]);
    expect(await signed("x".repeat(300_000))).toEqual([413, "SERVER_BODY_TOO_LARGE"]);
    const elsewhere = "/v1/payments/callbacks/nobody";
    expect(await send(told(), sign({ body: told() }), { to: elsewhere })).toEqual([404, "PAYMENT_PROVIDER"]);
  });

  it("of a payment that is not this shop's changes nothing", async () => {
    const body = told();
    expect(await send(body, sign({ body }))).toEqual([200, undefined]);
  });

  it("may be signed by the secret before, while it is changed", async () => {
    const old = secrets[0]!;
    const fresh = `whsec_${randomBytes(32).toString("base64")}`;
    await world.sandbox.writeSecrets(fresh, old);
    const rotated = await world.startSecond();
    const body = told();
    for (const secret of [fresh, old]) {
      const response = await fetch(rotated.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...sign({ body, secret }) },
        body,
      });
      expect(response.status).toBe(200);
    }
    await rotated.close();
    await world.sandbox.writeSecrets(old);
  });
});

describe("what is learnt of a payment", () => {
  const NEW: Sums = {
    reference: null,
    authorised: 0,
    captured: 0,
    voided: 0,
    refunded: 0,
    capturing: 0,
    refunding: 0,
    isVoiding: false,
    declined: null,
  };
  const sum = fc.integer({ min: 0, max: 1_000 });
  const facts = fc
    .record({ authorised: sum, captured: sum, voided: sum, refunded: sum })
    .map((sums): Facts => ({ payment: "op", reference: "sbx_1", currency: "EUR", operations: [], ...sums }));

  it("does not depend on the order in which it is told, nor on how often", () => {
    fc.assert(
      fc.property(
        fc.array(facts, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (told, dice) => {
          const apply = (all: readonly Facts[]) => all.reduce<Sums>((row, one) => merge(row, one, []), NEW);
          const shuffled = [...told, ...told]
            .map((one) => [dice.next().value as number, one] as const)
            .sort(([a], [b]) => a - b)
            .map(([, one]) => one);
          const row = apply(told);
          expect(apply(shuffled)).toEqual(row);
          expect(row.refunded <= row.refunding && row.refunding <= row.captured).toBe(true);
          expect(row.captured <= row.capturing && row.captured <= row.authorised).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
