import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import * as store from "./claim-store.ts";
import { listCodes } from "./code-store.ts";
import { type Entered, judge } from "./judge.ts";
import type { Periods } from "./periods.ts";

/** What an order takes of budgets, as its quote says it. */
export type Claimed = {
  order: string;
  /** The customer whom the quote was asked for. */
  customer: string | null;
  currency: string;
  /** Of the quote: codes that its price was made with. */
  coupons: readonly Entered[];
  /** Of the decision. */
  claims: readonly { promotion: string; allowance: string; amount: number }[];
};

type Dependencies = {
  outbox: Pick<Outbox, "emitAll">;
  periodsOf: (now: number) => Periods;
  clock: Clock;
};

/** What orders take of budgets and give back, in the orders' own transactions. */
export function createClaims({ outbox, periodsOf, clock }: Dependencies) {
  /** @throws HaggleError COUPON_USED_UP, COUPON_OFF, COUPON_FOREIGN, COUPON_UNKNOWN */
  async function claimCodes(tx: Queryable, { order, customer, coupons }: Claimed): Promise<void> {
    const ids = coupons.map(({ id }) => id);
    const claimed = await store.claimCodes(tx, { order, customer, ids });
    if (claimed.length === ids.length) return;
    const refused = ids.filter((id) => !claimed.includes(id));
    const now = clock();
    const codes = await listCodes(tx, { ids: refused, customer, periods: periodsOf(now) });
    // It says what it is now, which may be nothing: then somebody gave it back since.
    const [first] = judge(refused, codes, { customer, now, isQuoted: true });
    throw refuse(REFUSALS[first?.reason ?? "usedUp"], "coupons", first?.campaign);
  }

  /** @throws HaggleError BUDGET_SPENT */
  async function claimBudgets(
    tx: Queryable,
    { order, customer, currency, coupons, claims }: Claimed,
  ): Promise<void> {
    const draws: store.Draw[] = [
      ...coupons.map(({ campaign }) => ({ promotion: "", allowance: null, campaign, amount: 1 })),
      ...claims.map((claim) => ({ ...claim, campaign: null })),
    ];
    const periods = periodsOf(clock());
    const { wanted, claimed, spent } = await store.claimBudgets(tx, {
      order,
      draws,
      customer,
      currency,
      periods,
    });
    if (claimed < wanted) throw refuse("BUDGET_SPENT", "order", order);
    if (spent.length === 0) return;
    await outbox.emitAll(
      tx,
      spent.map((data) => ({ type: "budget.spent", subject: data.campaign, data })),
    );
  }

  return {
    /**
     * In the transaction of an order, as late as may be: many orders meet at one budget. All of it or, thrown, nothing. Time does not
     * matter, since the shop stands by the quote; that a campaign or a code was switched off does.
     *
     * @throws HaggleError COUPON_USED_UP, COUPON_OFF, COUPON_FOREIGN, COUPON_UNKNOWN, BUDGET_SPENT
     */
    async claim(tx: Queryable, claimed: Claimed): Promise<void> {
      const { coupons, claims } = claimed;
      // Given in this order they are run in it, and cost one way to the database.
      await Promise.all([
        coupons.length > 0 && claimCodes(tx, claimed),
        (coupons.length > 0 || claims.length > 0) && claimBudgets(tx, claimed),
      ]);
    },
    /**
     * In the transaction that ends an order, or takes units of it back: codes and all that is claimed, or shares of promotions. What went
     * back before, or was never claimed, does not again; who gives shares back twice sees to it that he does not. `kept`: of all, what
     * the customer has nevertheless.
     */
    async giveBack(
      tx: Queryable,
      {
        order,
        shares,
        kept = [],
      }: { order: string; shares: "all" | readonly store.Share[]; kept?: readonly store.Share[] },
    ): Promise<void> {
      const isWhole = shares === "all";
      if (!isWhole && shares.length === 0) return;
      await Promise.all([
        isWhole && store.returnCodes(tx, order),
        store.returnBudgets(tx, { order, shares: isWhole ? kept : shares, isWhole }),
      ]);
    },
  };
}

/** Of a code that an order cannot use, by what is wrong with it. */
const REFUSALS = {
  unknown: "COUPON_UNKNOWN",
  off: "COUPON_OFF",
  foreign: "COUPON_FOREIGN",
  usedUp: "COUPON_USED_UP",
  early: "COUPON_OFF",
  ended: "COUPON_OFF",
  spent: "COUPON_USED_UP",
  needsCustomer: "COUPON_FOREIGN",
  twice: "COUPON_USED_UP",
} as const;
