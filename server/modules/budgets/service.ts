import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import type { Audit } from "../audit/service.ts";
import { createAttempts } from "./attempts.ts";
import { createBatches } from "./batches.ts";
import { createCampaigns } from "./campaigns.ts";
import { forgetCustomer, listClaims } from "./claim-store.ts";
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

/** What campaigns may give, the codes that lead to them, and what orders have of it. */
export function createBudgets({ pepper, timeZone, ...given }: Dependencies) {
  const idOf = createCodeIds(pepper);
  const dependencies = { ...given, idOf, periodsOf: createPeriods(timeZone, given.log) };
  const batches = createBatches(dependencies);
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
    watch: batches.watch,
  };
}
