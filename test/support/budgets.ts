import { join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { createLog, openDatabase } from "@haggle/server";
import { createAudit } from "../../server/modules/audit/service.ts";
import type { CampaignBody } from "../../server/modules/budgets/schema.ts";
import { type Claimed, createBudgets, type Share } from "../../server/modules/budgets/service.ts";
import { createOutbox } from "../../server/platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import type { SecretBox } from "../../server/platform/secret-box.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl } from "./server.ts";

// Campaigns of a tenant as a process of its own has them, on the database of the tests; and promotions that need codes.

export type BudgetShop = Awaited<ReturnType<typeof openBudgets>>;

export const BY = { actor: SYSTEM_ACTOR };
const PEPPER = Buffer.from("a pepper that is the same for all of them");
/** Nothing is a secret here. */
const BOX: SecretBox = { keyId: "none", seal: (secret) => secret, open: (sealed) => sealed };

type Options = { tenant: string; url?: string; clock?: () => number };

/** Also counts what it asks the database. */
export async function openBudgets({ tenant, url = testDatabaseUrl(), clock = Date.now }: Options) {
  const log = createLog("warn");
  const migrations = join(import.meta.dirname, "../../server/migrations");
  const database = await openDatabase({ url, tenant, migrations, log });
  let statements = 0;
  const counted: typeof database = {
    ...database,
    query: (...statement) => {
      statements++;
      return database.query(...statement);
    },
  };
  const budgets = createBudgets({
    database: counted,
    audit: createAudit({ database, clock }),
    outbox: createOutbox({ database, telemetry: createTelemetry(), clock, log }),
    secrets: BOX,
    pepper: PEPPER,
    timeZone: "Europe/Berlin",
    clock,
    stopwatch: () => performance.now(),
    log,
  });
  return {
    ...budgets,
    database,
    countStatements: () => statements,
    put: (id: string, body: CampaignBody) => budgets.campaigns.put(id, body, {}, BY),
    /** Of an order, as it is placed. */
    order: (
      order: string,
      { customer = null, currency = "EUR", coupons = [], claims = [] }: Partial<Claimed>,
    ) => database.transaction((tx) => budgets.claim(tx, { order, customer, currency, coupons, claims })),
    back: (order: string, shares: "all" | readonly Share[] = "all") =>
      database.transaction((tx) => budgets.giveBack(tx, { order, shares })),
    close: () => database.close(),
  };
}

/** What must hold at any time, told as what is wrong: nothing. */
export async function findMiscounted({ database }: Pick<BudgetShop, "database">): Promise<object[]> {
  const budgets = await database.query<object>(`
    with kept as (
      select campaign_id, budget_id, holder, period, currency, sum(amount - returned) as kept from budget_claims
      group by campaign_id, budget_id, holder, period, currency
    )
    select campaign_id, budget_id, u.used, kept.kept from budget_uses u
    full join kept using (campaign_id, budget_id, holder, period, currency)
    where coalesce(u.used, 0) <> coalesce(kept.kept, 0) or u.used > u.amount`);
  const codes = await database.query<object>(`
    select c.code_id, c.uses, c.max_uses, u.kept from coupon_codes c
    left join (select code_id, count(*) filter (where not returned) as kept from coupon_uses group by code_id) u using (code_id)
    where c.max_uses is not null and (c.uses <> coalesce(u.kept, 0) or c.uses > c.max_uses)`);
  return [...budgets, ...codes];
}

/** The one code of a campaign, where a test has no other. */
export const codeOfCampaign = (campaign: string): string => `code.${campaign}`;

const off = (percent: string) => [{ target: "order", percent }] as const;

/** What each code's campaign gives. */
export const PROMOTIONS: readonly Promotion[] = [
  { id: "tenth", priority: 9, coupon: "SUMMER", effects: off("10") },
  {
    id: "half",
    priority: 8,
    coupon: "SPEND",
    effects: off("50"),
    limits: [{ allowance: "spend", counts: "money" }],
  },
  {
    id: "hidden",
    priority: 7,
    coupon: "HIDDEN",
    effects: off("50"),
    serverOnly: true,
    limits: [{ allowance: "hidden", counts: "money" }],
  },
  {
    id: "pieces",
    priority: 6,
    coupon: "PIECES",
    effects: [{ target: "lines", percent: "10" }],
    limits: [{ allowance: "pieces", counts: "units" }],
  },
];
