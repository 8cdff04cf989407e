import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import type { Outbox, OutboxEvent } from "../../platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import type { OrderRow, Orders } from "../orders/service.ts";
import { planGiveBack, planSurplus, type Wanted } from "./give-back.ts";
import { newOperationId } from "./ids.ts";
import { merge, openOf } from "./merge.ts";
import type { Callback, Facts } from "./provider.ts";
import * as store from "./store.ts";

export const PAYMENTS_TOPIC = "payments";

type Dependencies = {
  database: Database;
  orders: Pick<Orders, "hold" | "pay" | "refunded">;
  outbox: Pick<Outbox, "emitAll">;
  clock: Clock;
};

export type Settle = ReturnType<typeof createSettle>;

/** Of a payment that a provider did not begin there is no name. */
type Said = Omit<Facts, "reference"> & { reference: string | null };

/**
 * Writes what a provider says into payments and their orders. However it was learnt, by an answer, by a callback or by asking
 * again, it comes through here, in one transaction, and counts once.
 */
export function createSettle({ database, orders, outbox, clock }: Dependencies) {
  /** Held in this order by everybody: the order, then its payments. */
  async function apply(tx: Queryable, provider: string, facts: Said): Promise<boolean> {
    const found = await store.findAuthorised(tx, { operation: facts.payment, provider });
    if (found === undefined) return false;
    const order = await orders.hold(tx, found.order);
    const payments = await store.lockPayments(tx, found.order);
    const before = payments.find(({ id }) => id === found.id)!;
    if (before.currency !== facts.currency) throw new Error(`${found.id} is paid in ${facts.currency}`);
    const now = clock();
    const outcomes = facts.operations.flatMap(({ operation, outcome, code = null }) =>
      outcome === "pending" ? [] : [{ operation, state: outcome, code }],
    );
    const settled = await store.settleOperations(tx, before.id, outcomes, now);
    const after = { ...before, ...merge(before, facts, settled) };
    const change = {
      order: order.id,
      captured: after.captured - before.captured,
      authorised: openOf(after) - openOf(before),
      cause: `payment ${before.id}`,
      actor: SYSTEM_ACTOR.id,
    };
    const isMoved = change.captured !== 0 || change.authorised !== 0;
    const { state } = isMoved ? await orders.pay(tx, change) : order;
    if (after.refunded > before.refunded) {
      await orders.refunded(tx, { order: order.id, amount: after.refunded - before.refunded });
    }
    const others = payments.filter(({ id }) => id !== before.id);
    // It ended by this, since its stock was lost: what came before is no less too late.
    const isEnded = order.state !== state && state === "expired";
    const changed: [store.PaymentRow, ...store.PaymentRow[]] = isEnded ? [after, ...others] : [after];
    // What the provider refuses to give back is not asked for again by itself.
    const isFollowed = isMoved || settled.some(({ kind }) => kind === "authorise" || kind === "capture");
    const wanted = isFollowed ? follow({ ...order, state }, changed, others, now) : [];
    await Promise.all(changed.map((payment) => store.updatePayment(tx, payment, now)));
    if (wanted.length > 0) await writeDown(tx, wanted, now);
    else if (after.lateAt !== null) await notify(tx, PAYMENTS_TOPIC, database.tenant);
    await outbox.emitAll(tx, listEvents(before, after, settled));
    return true;
  }

  /** What money that the order cannot keep comes to. Changes the payments to what is asked for by that. */
  function follow(
    { state, latePayment, total }: OrderRow,
    changed: readonly [store.PaymentRow, ...store.PaymentRow[]],
    others: readonly store.PaymentRow[],
    now: number,
  ): Wanted[] {
    if (state === "expired" && latePayment === "reserve") {
      // Whether its goods are still there is not for this transaction to say.
      for (const payment of changed) {
        if (payment.captured > payment.refunding || openOf(payment) > 0) payment.lateAt ??= now;
      }
      return [];
    }
    if (state === "expired" || state === "cancelled") {
      return changed.flatMap((payment) => planGiveBack(payment, state));
    }
    return planSurplus(changed[0], others, total);
  }

  /** For whoever works on operations, here or elsewhere, to do after the commit. */
  async function writeDown(tx: Queryable, wanted: readonly Wanted[], now: number): Promise<void> {
    const rows = wanted.map((one) => ({ ...one, id: newOperationId(), tries: 0, nextAt: now }));
    await Promise.all([store.insertOperations(tx, rows, now), notify(tx, PAYMENTS_TOPIC, database.tenant)]);
  }

  return {
    writeDown,
    /** @returns whether the payment is one of this shop's */
    learn: (provider: string, facts: Facts): Promise<boolean> =>
      database.transaction((tx) => apply(tx, provider, facts)),
    /** One operation that the provider would not begin. The sums that it has told before stay. */
    async refuse(due: store.Due, code: string): Promise<void> {
      const nothing = { authorised: 0, captured: 0, voided: 0, refunded: 0 };
      const operations = [{ operation: due.id, outcome: "failed", code } as const];
      const said: Said = {
        ...nothing,
        payment: due.authorisedBy,
        reference: null,
        currency: due.currency,
        operations,
      };
      await database.transaction((tx) => apply(tx, due.provider, said));
    },
    /** A message that was taken before changes nothing. @returns whether the payment is one of this shop's */
    take: (provider: string, { id, facts }: Callback): Promise<boolean> =>
      database.transaction(async (tx) => {
        const isNew = await store.insertCallback(tx, { provider, id, now: clock() });
        return !isNew || (await apply(tx, provider, facts));
      }),
  };
}

/** In the order of the order's own events, which are those of its money. */
function listEvents(
  before: store.PaymentRow,
  after: store.PaymentRow,
  settled: readonly store.Settled[],
): OutboxEvent[] {
  const { id: payment, order, provider, currency } = after;
  const tell = (what: string, more: object): OutboxEvent => ({
    type: `payment.${what}`,
    subject: order,
    data: { payment, order, provider, currency, ...more },
  });
  const moved = (["authorised", "captured", "voided", "refunded"] as const).flatMap((sum) =>
    after[sum] > before[sum] ? [tell(sum, { amount: after[sum] - before[sum], total: after[sum] })] : [],
  );
  const failed = settled.flatMap(({ kind, state, amount, code }) => {
    if (state !== "failed") return [];
    return [
      kind === "authorise" ? tell("declined", { code }) : tell("failed", { operation: kind, amount, code }),
    ];
  });
  const isLate = before.lateAt === null && after.lateAt !== null;
  return [...moved, ...failed, ...(isLate ? [tell("late", { amount: after.captured + openOf(after) })] : [])];
}
