import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { SYSTEM_ACTOR } from "../../platform/scope.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Orders } from "../orders/service.ts";
import { planGiveBack, planSurplus, type Wanted } from "./give-back.ts";
import { PAYMENTS_TOPIC } from "./settle.ts";
import * as store from "./store.ts";

type Dependencies = {
  database: Database;
  orders: Pick<Orders, "hold" | "revive">;
  writeDown: (
    tx: Queryable,
    payments: readonly store.PaymentRow[],
    wanted: readonly Wanted[],
  ) => Promise<void>;
  clock: Clock;
  log: Logger;
};

const POLL_MS = 1_000;
/** Longer than it takes to reserve an order's goods anew: so one is claimed at a time. What failed is tried again then. */
const LEASE_MS = 15_000;

/**
 * Decides about money that came when its order had expired, where the shop rather sells than gives it back: the goods are
 * reserved anew, and where that cannot be done, the money goes back.
 */
export function createLate({ database, orders, writeDown, clock, log }: Dependencies) {
  async function decide(order: string): Promise<void> {
    // Whoever took longer than he may finds that it is going back by now.
    const isKept = async (tx: Queryable) =>
      (await store.lockPayments(tx, order)).every((payment) => payment.refunding === 0 && !payment.isVoiding);
    await orders.revive(order, { cause: "paid late", actor: SYSTEM_ACTOR.id }, isKept);
    await database.transaction(async (tx) => {
      const { state, total } = await orders.hold(tx, order);
      const payments = await store.lockPayments(tx, order);
      const late = payments.filter(({ lateAt }) => lateAt !== null);
      for (const payment of late) payment.lateAt = null;
      // What it has by now says it, not what this process thinks that it did.
      const isOff = state === "expired" || state === "cancelled";
      const wanted = late.flatMap((payment) => {
        if (isOff) return planGiveBack(payment, state);
        const others = payments.filter(({ id }) => id !== payment.id);
        return planSurplus(payment, others, total);
      });
      const now = clock();
      await Promise.all(late.map((payment) => store.updatePayment(tx, payment, now)));
      await writeDown(tx, payments, wanted);
    });
  }

  /** @returns whether there may be more */
  async function decideDue(): Promise<boolean> {
    const now = clock();
    const order = await store.claimLate(database, now, now + LEASE_MS);
    if (order === undefined) return false;
    await decide(order).catch((cause: unknown) =>
      log.error({ err: cause, order }, "late money is looked at again later"),
    );
    return true;
  }

  return {
    /** From now on. Returns what ends it. */
    watch(): () => Promise<void> {
      const worker = startWorker({ name: "late payments", work: decideDue, everyMs: POLL_MS, log });
      const unlisten = database.listen(PAYMENTS_TOPIC, worker.wake);
      return async () => {
        unlisten();
        await worker.stop();
      };
    },
  };
}
