import type { IncomingHttpHeaders } from "node:http";
import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker } from "../../platform/worker.ts";
import type { OrderRow, Orders } from "../orders/service.ts";
import { capturableOf, planCapture, planGiveBack, planRefunds, planVoid, type Wanted } from "./give-back.ts";
import { newOperationId, newPaymentId } from "./ids.ts";
import { createLate } from "./late.ts";
import { countedOf } from "./merge.ts";
import { contextOf, createOperations, leaseOf, needProvider } from "./operations.ts";
import type { Provider } from "./provider.ts";
import type { PaymentBody, PaymentView } from "./schema.ts";
import { createSettle } from "./settle.ts";
import * as store from "./store.ts";
import { toView } from "./view.ts";

export type { Provider } from "./provider.ts";
export { openProviders } from "./providers.ts";

export type Payments = ReturnType<typeof createPayments>;

type Dependencies = {
  database: Database;
  orders: Pick<Orders, "find" | "hold" | "pay" | "refunded" | "revive">;
  /** The first one is taken where nobody names one. */
  providers: readonly Provider[];
  outbox: Pick<Outbox, "emitAll">;
  secrets: SecretBox;
  telemetry: Pick<Telemetry, "gauge" | "counter">;
  clock: Clock;
  log: Logger;
};

const DAY_MS = 86_400_000;
/** Longer than any provider repeats a message. */
const CALLBACKS_KEPT_MS = 30 * DAY_MS;
const SWEEP_EVERY_MS = 3_600_000;
const SWEPT_AT_ONCE = 500;

/** Takes money for orders and gives it back, each once, whatever becomes of the messages between here and the providers. */
export function createPayments(dependencies: Dependencies) {
  const { database, orders, secrets, clock, log } = dependencies;
  const providers = new Map(dependencies.providers.map((provider) => [provider.name, provider]));
  const leaseMs = leaseOf(dependencies.providers);
  const settle = createSettle(dependencies);
  const operations = createOperations({ ...dependencies, providers, settle });
  const late = createLate({ database, orders, writeDown, clock, log });

  /** What is to be asked for, in the transaction of what it is for. The caller holds the order. */
  async function writeDown(
    tx: Queryable,
    payments: readonly store.PaymentRow[],
    wanted: readonly Wanted[],
  ): Promise<void> {
    if (wanted.length === 0) return;
    const now = clock();
    const changed = payments.filter(({ id }) => wanted.some(({ payment }) => payment === id));
    await Promise.all([
      ...changed.map((payment) => store.updatePayment(tx, payment, now)),
      settle.writeDown(tx, wanted, now),
    ]);
  }

  async function giveBack(tx: Queryable, { order, cause }: { order: string; cause: string }): Promise<void> {
    const payments = await store.lockPayments(tx, order);
    await writeDown(
      tx,
      payments,
      payments.flatMap((payment) => planGiveBack(payment, cause)),
    );
  }

  /** Written down before anybody is asked, and tried by this process first. */
  async function writePayment(
    tx: Queryable,
    id: string,
    { provider, token, capture = "now", amount }: PaymentBody,
  ): Promise<store.Due> {
    const order = await orders.hold(tx, id);
    const { name } = needProvider(providers, provider);
    const now = clock();
    if (order.state !== "awaiting_payment") throw refuse("ORDER_STATE", "state", order.state);
    if (order.expiresAt <= now) throw refuse("ORDER_STATE", "state", "expired");
    const payments = await store.lockPayments(tx, id);
    const left = order.total - payments.reduce((sum, payment) => sum + countedOf(payment), 0);
    // Also what may still come to nothing counts: nobody is charged twice for one order.
    if (left <= 0 || (amount ?? left) > left) throw refuse("PAYMENT_TOO_MUCH", "amount", Math.max(0, left));
    const payment = {
      id: newPaymentId(),
      order: id,
      provider: name,
      capture,
      amount: amount ?? left,
      currency: order.currency,
    };
    const operation = {
      id: newOperationId(),
      payment: payment.id,
      kind: "authorise",
      amount: payment.amount,
      tries: 1,
    } as const;
    const sealed = secrets.seal(token, contextOf(database.tenant, operation.id));
    await store.insertPayment(tx, payment, now);
    const row = { ...operation, cause: "paid", token: sealed, nextAt: now + leaseMs };
    await store.insertOperations(tx, [row], now);
    return { ...payment, ...operation, reference: null, token: sealed, authorisedBy: operation.id };
  }

  async function find(db: Queryable, id: string): Promise<store.PaymentRow> {
    const row = await store.findPayment(db, id);
    if (row === undefined) throw refuse("PAYMENT_UNKNOWN", "id", id);
    return row;
  }

  async function get(id: string): Promise<PaymentView> {
    const row = await store.findWhole(database, id);
    if (row === undefined) throw refuse("PAYMENT_UNKNOWN", "id", id);
    return toView(row);
  }

  /** Of one payment, by what it is like then. What is asked for is done after the commit, by whoever works on operations. */
  async function change(
    id: string,
    repeatable: Repeatable | undefined,
    plan: (payment: store.PaymentRow, order: OrderRow) => Wanted[],
  ): Promise<PaymentView> {
    await database.transaction((tx) =>
      once(tx, repeatable, clock(), async () => {
        const order = await orders.hold(tx, (await find(tx, id)).order);
        const payments = await store.lockPayments(tx, order.id);
        await writeDown(tx, payments, plan(payments.find((payment) => payment.id === id)!, order));
        return { payment: id };
      }),
    );
    return get(id);
  }

  return {
    /**
     * Asks a provider for the money of an order that waits for it. Where the provider does not say what it did, the payment is
     * pending, and what it did is found out.
     *
     * @throws HaggleError ORDER_UNKNOWN, ORDER_STATE, PAYMENT_TOO_MUCH with what is left to pay, PAYMENT_PROVIDER,
     *   SERVER_IDEMPOTENCY_KEY
     */
    async pay(order: string, body: PaymentBody, repeatable: Repeatable): Promise<PaymentView> {
      let due: store.Due | undefined;
      const { answer } = await database.transaction((tx) => {
        due = undefined;
        return once(tx, repeatable, clock(), async () => {
          due = await writePayment(tx, order, body);
          return { payment: due.payment };
        });
      });
      if (due !== undefined) await operations.run(due);
      return get(answer.payment);
    },
    get,
    /** Of an order, the oldest first. @throws HaggleError ORDER_UNKNOWN */
    async list(order: string): Promise<PaymentView[]> {
      const payments = await store.listWhole(database, order);
      if (payments.length === 0) await orders.find(order);
      return payments.map(toView);
    },
    /** Takes what is promised, or a part of it. @throws HaggleError PAYMENT_UNKNOWN, PAYMENT_TOO_MUCH */
    capture: (
      id: string,
      amount: number | undefined,
      repeatable: Repeatable | undefined,
    ): Promise<PaymentView> =>
      change(id, repeatable, (payment) => {
        const room = capturableOf(payment);
        if (room === 0 || (amount ?? room) > room) throw refuse("PAYMENT_TOO_MUCH", "amount", room);
        return planCapture(payment, amount ?? room, "captured");
      }),
    /** Lets go of what is promised and not taken. @throws HaggleError PAYMENT_UNKNOWN, PAYMENT_STATE */
    void: (id: string, repeatable: Repeatable | undefined): Promise<PaymentView> =>
      change(id, repeatable, (payment) => {
        const wanted = planVoid(payment, "voided");
        if (wanted.length === 0) throw refuse("PAYMENT_STATE", "id", id);
        return wanted;
      }),
    /**
     * Gives some of it back, as a favour, or again what a provider refused. Not of an order that is still being paid: it would
     * have less than it costs, and nobody could pay the rest.
     *
     * @throws HaggleError PAYMENT_UNKNOWN, PAYMENT_TOO_MUCH, ORDER_STATE
     */
    refundOne: (
      id: string,
      amount: number | undefined,
      repeatable: Repeatable | undefined,
    ): Promise<PaymentView> =>
      change(id, repeatable, (payment, { state }) => {
        if (state === "awaiting_payment") throw refuse("ORDER_STATE", "order", state);
        const room = payment.captured - payment.refunding;
        const wanted = room === 0 ? undefined : planRefunds([payment], amount ?? room, "refunded");
        if (wanted === undefined) throw refuse("PAYMENT_TOO_MUCH", "amount", room);
        return wanted;
      }),
    /**
     * Of an order that the caller holds: so much of what was taken, from the oldest payment on, after the commit.
     *
     * @throws HaggleError PAYMENT_TOO_MUCH with what may be given back
     */
    async refund(
      tx: Queryable,
      { order, amount, cause }: { order: string; amount: number; cause: string },
    ): Promise<void> {
      if (amount === 0) return;
      const payments = await store.lockPayments(tx, order);
      const room = payments.reduce((sum, payment) => sum + payment.captured - payment.refunding, 0);
      const wanted = planRefunds(payments, amount, cause);
      if (wanted === undefined) throw refuse("PAYMENT_TOO_MUCH", "amount", room);
      await writeDown(tx, payments, wanted);
    },
    /** What of an order was given back or is asked back, but for what was more than it costs. */
    async backOf(db: Queryable, order: string): Promise<number> {
      const payments = await store.listPayments(db, order);
      return payments.reduce((sum, { refunding, surplus }) => sum + refunding - surplus, 0);
    },
    /** Of an order that the caller holds, and that is off: all that was taken or is promised. */
    giveBack,
    /** Of an order that the caller holds: so much of what is promised, or all that is, after the commit. @returns how much */
    async captureOf(
      tx: Queryable,
      { order, amount, cause }: { order: string; amount: number; cause: string },
    ): Promise<number> {
      const payments = await store.lockPayments(tx, order);
      let left = amount;
      const wanted = payments.flatMap((payment) => {
        const planned = planCapture(payment, left, cause);
        for (const { amount: part } of planned) left -= part;
        return planned;
      });
      await writeDown(tx, payments, wanted);
      return amount - left;
    },
    /** Of an order that the caller holds: what was taken, or is being taken. */
    async takenOf(tx: Queryable, order: string): Promise<number> {
      return (await store.lockPayments(tx, order)).reduce((sum, { capturing }) => sum + capturing, 0);
    },
    /**
     * A provider's message, as it came. One that came before, or says what is known, changes nothing.
     *
     * @throws HaggleError PAYMENT_PROVIDER, PAYMENT_BAD_CALLBACK
     */
    async receive(name: string, headers: IncomingHttpHeaders, body: Buffer): Promise<void> {
      const callback = needProvider(providers, name).readCallback(headers, body);
      const isKnown = await settle.take(name, callback);
      if (!isKnown)
        log.warn({ provider: name, callback: callback.id }, "a callback is of a payment that is not ours");
    },
    /** Asks for what is written down, and decides about money that came late, from now on. Returns what ends it. */
    watch(): () => Promise<void> {
      const sweep = async () =>
        (await store.deleteCallbacks(database, clock() - CALLBACKS_KEPT_MS, SWEPT_AT_ONCE)) === SWEPT_AT_ONCE;
      const stops = [
        operations.watch(),
        late.watch(),
        startWorker({ name: "payment-callbacks", work: sweep, everyMs: SWEEP_EVERY_MS, log }).stop,
      ];
      return async () => {
        await Promise.all(stops.map((stop) => stop()));
      };
    },
  };
}
