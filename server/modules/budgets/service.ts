import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Audit } from "../audit/service.ts";
import { createAttempts } from "./attempts.ts";
import { createBatches } from "./batches.ts";
import { createCampaigns } from "./campaigns.ts";
import { deleteOver, forgetCustomer, listClaims } from "./claim-store.ts";
import { createClaims } from "./claims.ts";
import { createCodeIds } from "./code-id.ts";
import { createCodes } from "./codes.ts";
import { createCodeImports } from "./imports.ts";
import { createPeriods } from "./periods.ts";
import { createResolve } from "./resolve.ts";
import type { ClaimView } from "./schema.ts";

export { TooManyAttempts } from "./attempts.ts";
export type { Share } from "./claim-store.ts";
export type { Claimed } from "./claims.ts";
export type { Entered, Judged } from "./judge.ts";
export type { Allowances } from "./resolve.ts";
export { ClaimView, CouponView, EnteredCode } from "./schema.ts";

export type Budgets = ReturnType<typeof createBudgets>;

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit" | "emitAll">;
  secrets: SecretBox;
  /** With which codes are digested, as keys are. */
  pepper: Uint8Array;
  /** In which days, weeks and months begin; UTC when left out. */
  timeZone: string | undefined;
  clock: Clock;
  /** Milliseconds that only go forward. */
  stopwatch: () => number;
  log: Logger;
};

/** What was counted in a period is kept for so long behind its end, for whoever looks; nobody draws from it any more. */
const OVER_KEPT_MS = 30 * 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;
/** In one statement. */
const SWEPT_AT_ONCE = 1_000;

/** What campaigns may give, the codes that lead to them, and what orders have of it. */
export function createBudgets({ pepper, timeZone, ...given }: Dependencies) {
  const { database, clock, log } = given;
  const idOf = createCodeIds(pepper);
  const periodsOf = createPeriods(timeZone, log);
  const dependencies = { ...given, idOf, periodsOf };
  const batches = createBatches(dependencies);

  /** @returns whether there may be more */
  async function sweep(): Promise<boolean> {
    const swept = await Promise.all(
      Object.values(periodsOf(clock() - OVER_KEPT_MS)).map((before) =>
        deleteOver(database, { before, limit: SWEPT_AT_ONCE }),
      ),
    );
    return swept.includes(SWEPT_AT_ONCE);
  }

  return {
    campaigns: createCampaigns(dependencies),
    codes: createCodes(dependencies),
    imports: createCodeImports(dependencies),
    batches,
    attempts: createAttempts(),
    ...createResolve(dependencies),
    ...createClaims(dependencies),
    /** What an order has of budgets. */
    listClaims: (db: Queryable, order: string): Promise<ClaimView[]> => listClaims(db, order),
    /** What is counted for a customer who is erased, and codes that were his alone. */
    forget: (tx: Queryable, customer: string): Promise<void> => forgetCustomer(tx, customer),
    sweep,
    /** Makes the codes of batches, and sweeps away what is over, from now on. Returns what ends it. */
    watch(): () => Promise<void> {
      const stops = [
        batches.watch(),
        startWorker({ name: "old uses of budgets", work: sweep, everyMs: SWEEP_EVERY_MS, log }).stop,
      ];
      return async () => {
        await Promise.all(stops.map((stop) => stop()));
      };
    },
  };
}
