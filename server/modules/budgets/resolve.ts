import { setTimeout } from "node:timers/promises";
import { type Limit, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { listLeft } from "./claim-store.ts";
import { listCodes } from "./code-store.ts";
import { type Judged, judge } from "./judge.ts";
import type { Periods } from "./periods.ts";

type Dependencies = {
  database: Pick<Database, "query">;
  idOf: (code: string) => string;
  periodsOf: (now: number) => Periods;
  clock: Clock;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
};

export type Allowances = Readonly<Record<string, number>>;

type Wanted = {
  /** Ids of codes, as they were entered. */
  ids: readonly string[];
  /** What promotions of the release draw on. */
  limits: readonly Limit[];
  customer: string | null;
  currency: string;
};

/**
 * A code that is known takes the database some microseconds longer than one that is not. Each is answered after the same time, far
 * above both.
 */
const ANSWERED_AFTER_MS = 25;

/** What codes are good for, and what is left. Nothing is claimed: whoever asks may never buy. */
export function createResolve({ database, idOf, periodsOf, clock, stopwatch }: Dependencies) {
  async function judgeAll(ids: readonly string[], customer: string | null): Promise<Judged[]> {
    const now = clock();
    const codes = await listCodes(database, { ids, customer, periods: periodsOf(now) });
    return judge(ids, codes, { customer, now });
  }

  return {
    idsOf: (codes: readonly string[]): string[] => codes.map(idOf),
    /**
     * The campaign of a code that is good for this customer now. One that is unknown, used up, somebody else's or out of time is
     * answered alike, and after the same time.
     *
     * @throws HaggleError COUPON_UNKNOWN
     */
    async resolve(code: string, customer: string | null): Promise<string> {
      const from = stopwatch();
      const [{ campaign, reason }] = (await judgeAll([idOf(code)], customer)) as [Judged];
      await setTimeout(Math.max(0, ANSWERED_AFTER_MS - (stopwatch() - from)));
      if (campaign === undefined || reason !== undefined) throw refuse("COUPON_UNKNOWN", "code");
      return campaign;
    },
    /** Of a cart: which of its codes are good, and what is left of what the release's promotions draw on. */
    async look({
      ids,
      limits,
      customer,
      currency,
    }: Wanted): Promise<{ judged: Judged[]; allowances: Allowances | undefined }> {
      const now = clock();
      const [judged, left] = await Promise.all([
        ids.length === 0 ? [] : judgeAll(ids, customer),
        limits.length === 0
          ? []
          : listLeft(database, {
              names: limits.map(({ allowance }) => allowance),
              counts: limits.map(({ counts }) => counts),
              customer,
              currency,
              periods: periodsOf(now),
              now,
            }),
      ]);
      const allowances = Object.fromEntries(left.map(({ allowance, left }) => [allowance, left]));
      return { judged, allowances: left.length === 0 ? undefined : allowances };
    },
  };
}
