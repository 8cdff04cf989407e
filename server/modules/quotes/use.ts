import { HaggleError, refuse } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { Budgets, ClaimView, Share } from "../budgets/service.ts";
import { QuoteRefusal } from "./refusals.ts";
import type { Stand } from "./stand.ts";
import * as store from "./store.ts";

/** A quote that an order may use, or has used already. */
export type Usable = { row: store.QuoteRow; order: string; isRepeat: boolean };

type Dependencies = {
  database: Database;
  outbox: Pick<Outbox, "emit">;
  stand: Stand;
  budgets: Pick<Budgets, "claim" | "giveBack" | "listClaims">;
  /** Another quote for what this one was for, as its answer tells it. */
  quoteAgain: (row: store.QuoteRow) => Promise<object>;
  clock: Clock;
};

/** Uses quotes, each for one order. */
export function createUse({ database, outbox, stand, budgets, quoteAgain, clock }: Dependencies) {
  /**
   * Before the transaction of an order, since it may have to read a release: whether the order may use the quote.
   *
   * @throws HaggleError QUOTE_UNKNOWN, QUOTE_USED, QUOTE_EXPIRED, QUOTE_REVOKED with another quote beside it, under `instead`
   */
  async function prepare(id: string, order: string): Promise<Usable> {
    const row = await store.findQuote(database, id);
    const isRepeat = checkState(row, { id, order, now: clock() });
    if (isRepeat) return { row: row!, order, isRepeat };
    if (row!.state === "open" && !(await stand.isRevoked(row!))) return { row: row!, order, isRepeat };
    await revoke(id);
    throw new QuoteRefusal("QUOTE_REVOKED", { at: "id", value: id, beside: await findInstead(row!) });
  }

  /** What cannot be quoted any more is not: who asks finds out why when he asks for a quote. */
  async function findInstead(row: store.QuoteRow): Promise<object> {
    try {
      return { instead: await quoteAgain(row) };
    } catch (cause) {
      if (cause instanceof HaggleError) return {};
      throw cause;
    }
  }

  async function revoke(id: string): Promise<void> {
    await database.transaction(async (tx) => {
      if (!(await store.revokeQuote(tx, id))) return;
      await outbox.emit(tx, { type: "quote.revoked", subject: id, data: { quote: id } });
    });
  }

  /**
   * In the transaction of the orders: of all who try, one gets a quote. What else the transaction does is undone with it, also where
   * something was switched off since it was prepared.
   *
   * @returns of each whether the same order had used it before
   * @throws HaggleError QUOTE_USED, QUOTE_EXPIRED, QUOTE_REVOKED, QUOTE_UNKNOWN
   */
  async function takeAll(tx: Queryable, usables: readonly Usable[]): Promise<boolean[]> {
    const now = clock();
    const wanted = usables.map(({ row, order }) => ({ id: row.id, order }));
    const used = new Set(await store.useQuotes(tx, wanted, now));
    return Promise.all(
      usables.map(async ({ row: quoted, order }) => {
        const { id } = quoted;
        if (used.has(id)) {
          if (await stand.isRevoked(quoted)) throw refuse("QUOTE_REVOKED", "id", id);
          return false;
        }
        const row = await store.findQuote(tx, id);
        if (checkState(row, { id, order, now })) return true;
        // It was open, and is not: nothing else leaves that state.
        throw refuse("QUOTE_REVOKED", "id", id);
      }),
    );
  }

  /** `takeAll` of one, and others are told. */
  async function use(tx: Queryable, usable: Usable): Promise<boolean> {
    if ((await takeAll(tx, [usable]))[0]!) return true;
    const { id, release, total, currency } = usable.row;
    const data = { quote: id, order: usable.order, release, total, currency };
    await outbox.emit(tx, { type: "quote.used", subject: id, data });
    return false;
  }

  return {
    prepare,
    takeAll,
    use,
    /**
     * For an order that another system keeps. What it takes of budgets is kept under the quote's id, since only that is never another
     * order's.
     */
    async useAlone(id: string, order: string): Promise<store.QuoteRow> {
      const usable = await prepare(id, order);
      // One of ours uses its quote when it is placed, and would take of budgets twice.
      if (!usable.isRepeat && order === id.replace(/^quote_/, "order_"))
        throw refuse("SERVER_BAD_REQUEST", "body/order", order);
      const { asked, currency, coupons, decision } = usable.row;
      const { claims } = decision as DecisionJson;
      if (!usable.isRepeat) {
        await database.transaction(async (tx) => {
          if (await use(tx, usable)) return;
          await budgets.claim(tx, { order: id, customer: asked.customer ?? null, currency, coupons, claims });
        });
      }
      return { ...usable.row, state: "used", order };
    },
    /** Of such an order, when it is cancelled or something of it comes back. @returns what it took, and how much of it is back */
    async giveBack(
      id: string,
      shares: "all" | readonly Share[],
      repeatable: Repeatable | undefined,
    ): Promise<ClaimView[]> {
      const { answer } = await database.transaction((tx) =>
        once(tx, repeatable, clock(), async () => {
          await budgets.giveBack(tx, { order: id, shares });
          return { claims: await budgets.listClaims(tx, id) };
        }),
      );
      return answer.claims;
    },
  };
}

/** @returns whether this order has used it already */
function checkState(
  row: store.QuoteRow | undefined,
  { id, order, now }: { id: string; order: string; now: number },
): boolean {
  if (row === undefined) throw refuse("QUOTE_UNKNOWN", "id", id);
  if (row.state === "used") {
    if (row.order === order) return true;
    throw refuse("QUOTE_USED", "id", id);
  }
  if (row.expiresAt <= now) throw refuse("QUOTE_EXPIRED", "id", row.expiresAt);
  return false;
}
