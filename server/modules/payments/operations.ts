import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { Telemetry } from "../../platform/telemetry.ts";
import { startWorker, type Worker } from "../../platform/worker.ts";
import type { Orders } from "../orders/service.ts";
import { type Facts, OutcomeUnknown, type Provider, RequestRefused } from "./provider.ts";
import { PAYMENTS_TOPIC, type Settle } from "./settle.ts";
import * as store from "./store.ts";

type Dependencies = {
  database: Database;
  orders: Pick<Orders, "hold">;
  outbox: Pick<Outbox, "emitAll">;
  providers: ReadonlyMap<string, Provider>;
  settle: Settle;
  secrets: SecretBox;
  telemetry: Pick<Telemetry, "gauge" | "counter">;
  clock: Clock;
  log: Logger;
};

/** For what is done around the questions. */
const SPARE_MS = 3_000;
const POLL_MS = 1_000;
const AT_ONCE = 16;
/** After the first try without an outcome; twice as long after each one more. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 5 * 60_000;
/** Of what was given up. */
const FIRST_LOOK_BACK_MS = 60_000;
const LOOKED_BACK_MS = 24 * 60 * 60 * 1_000;
const LOOK_BACK_EVERY_MS = 5_000;
/** Somebody should look by then. */
const LOUD_TRIES = 10;

/**
 * Asks providers for what is written down, until it has an outcome. Several processes share the work. A process that is killed
 * over an operation leaves it to the next one, which first asks what became of it.
 */
export function createOperations(dependencies: Dependencies) {
  const { database, orders, outbox, providers, settle, secrets, telemetry, clock, log } = dependencies;
  const leaseMs = leaseOf([...providers.values()]);
  const underWay = new Set<Promise<void>>();
  let worker: Worker | undefined;

  telemetry.gauge({
    name: "haggle_payment_operations_unsettled",
    help: "What providers were asked for, or are to be, and has no outcome yet.",
    read: async () => [["", await store.countUnsettled(database)]],
  });
  const asked = telemetry.counter({
    name: "haggle_payment_operations_total",
    help: "What providers were asked, by what is known of it afterwards.",
    label: "outcome",
  });

  /** One try of one that this process has claimed. Throws nothing that a provider or the network does. */
  async function run(due: store.Due): Promise<void> {
    const provider = providers.get(due.provider);
    if (provider === undefined) {
      log.error({ provider: due.provider, operation: due.id }, "a provider of payments is not configured");
      return store.postpone(database, { id: due.id, nextAt: clock() + MAX_RETRY_MS });
    }
    try {
      const facts = await ask(provider, due);
      if (facts === undefined) return;
      await settle.learn(provider.name, facts);
      const isPending = !facts.operations.some(
        ({ operation, outcome }) => operation === due.id && outcome !== "pending",
      );
      asked.add(isPending ? "pending" : "settled");
      if (isPending) await postpone(due);
    } catch (cause) {
      if (cause instanceof RequestRefused) {
        asked.add("refused");
        log.warn({ err: cause, operation: due.id, kind: due.kind }, "a provider refused a request");
        return settle.refuse(due, cause.code);
      }
      if (!(cause instanceof OutcomeUnknown)) throw cause;
      asked.add("unknown");
      const level = due.tries >= LOUD_TRIES ? "error" : "warn";
      log[level](
        { err: cause, operation: due.id, kind: due.kind, tries: due.tries },
        "the outcome of a payment is unknown",
      );
      await postpone(due);
    }
  }

  /** Undefined where nobody wants it any more and the provider does not know it. */
  async function ask(provider: Provider, due: store.Due): Promise<Facts | undefined> {
    const { id: operation, kind, amount, currency, capture, reference } = due;
    const known = due.tries > 1 ? await provider.find(due.authorisedBy) : undefined;
    if (known?.operations.some((one) => one.operation === operation)) return known;
    if (kind !== "authorise") return provider[kind]({ operation, reference: reference!, amount });
    if (due.tries > 1 && !(await isWanted(due))) return undefined;
    const token = secrets.open(due.token!, contextOf(database.tenant, operation));
    return provider.authorise({ operation, amount, currency, token, capture: capture === "now" });
  }

  /**
   * Nobody pays for an order that was cancelled, or expired, before the provider heard of it: then it is given up. A request that
   * is on its way all the same is found out about by its callback, or by `lookBack`.
   */
  function isWanted({ id, payment, order, provider, currency }: store.Due): Promise<boolean> {
    return database.transaction(async (tx) => {
      const { state } = await orders.hold(tx, order);
      if (state === "awaiting_payment") return true;
      const now = clock();
      const code = store.GIVEN_UP;
      const data = { payment, order, provider, currency, code };
      await Promise.all([
        store.settleOperations(tx, payment, [{ operation: id, state: "failed", code }], now),
        store.declinePayment(tx, { id: payment, code, now }),
        outbox.emitAll(tx, [{ type: "payment.declined", subject: order, data }]),
      ]);
      return false;
    });
  }

  function postpone({ id, tries }: store.Due): Promise<void> {
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), MAX_RETRY_MS);
    return store.postpone(database, { id, nextAt: clock() + delayMs });
  }

  /** @returns whether there may be more at once */
  async function takeDue(): Promise<boolean> {
    const limit = AT_ONCE - underWay.size;
    if (limit === 0) return false;
    const now = clock();
    const due = await store.claimDue(database, { now, leaseUntil: now + leaseMs, limit });
    for (const one of due) {
      const work = run(one)
        .catch((cause: unknown) => log.error({ err: cause, operation: one.id }, "an operation is unsettled"))
        .finally(() => {
          underWay.delete(work);
          worker?.wake();
        });
      underWay.add(work);
    }
    return due.length > 0;
  }

  /**
   * What was given up may have reached its provider afterwards, and its callback be lost: then there is money that nobody knows of. So
   * it is asked for again for a day, each time after twice as long.
   *
   * @returns whether there may be more at once
   */
  async function lookBack(): Promise<boolean> {
    const now = clock();
    const given = await store.claimGivenUp(database, {
      now,
      since: now - LOOKED_BACK_MS,
      spareMs: FIRST_LOOK_BACK_MS,
      limit: AT_ONCE,
    });
    await Promise.all(
      given.map(async ({ id, provider: name }) => {
        try {
          const facts = await providers.get(name)?.find(id);
          if (facts !== undefined) await settle.learn(name, facts);
        } catch (cause) {
          if (!(cause instanceof OutcomeUnknown)) throw cause;
          log.warn({ err: cause, operation: id }, "a payment that was given up is asked for again later");
        }
      }),
    );
    return given.length === AT_ONCE;
  }

  return {
    run,
    /** Works on what is due, from now on. Returns what ends it, when what is under way is done. */
    watch(): () => Promise<void> {
      worker = startWorker({ name: "payments", work: takeDue, everyMs: POLL_MS, log });
      const unlisten = database.listen(PAYMENTS_TOPIC, worker.wake);
      const back = startWorker({
        name: "payments given up",
        work: lookBack,
        everyMs: LOOK_BACK_EVERY_MS,
        log,
      });
      return async () => {
        unlisten();
        await Promise.all([worker?.stop(), back.stop()]);
        await Promise.all(underWay);
      };
    },
  };
}

/** Longer than an operation is being tried: nobody else tries it meanwhile. It may take two questions. */
export function leaseOf(providers: readonly Provider[]): number {
  return 2 * Math.max(0, ...providers.map(({ timeoutMs }) => timeoutMs)) + SPARE_MS;
}

/** @throws HaggleError PAYMENT_PROVIDER */
export function needProvider(providers: ReadonlyMap<string, Provider>, name: string | undefined): Provider {
  const provider = name === undefined ? providers.values().next().value : providers.get(name);
  if (provider === undefined) throw refuse("PAYMENT_PROVIDER", "provider", name);
  return provider;
}

/** Whose means of payment an encrypted token is. */
export function contextOf(tenant: string, operation: string): string {
  return `payment ${tenant} ${operation}`;
}
