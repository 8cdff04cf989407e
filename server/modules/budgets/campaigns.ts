import { findMinorDigits, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { type Condition, writeHeld } from "../../platform/revision.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import * as store from "./campaign-store.ts";
import type { Periods } from "./periods.ts";
import type { BudgetBody, BudgetView, CampaignBody, CampaignView } from "./schema.ts";

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  periodsOf: (now: number) => Periods;
  clock: Clock;
};

/** What of amounts is counted without a currency. */
const ANY = "*";

/** Campaigns, and what each of them may give. */
export function createCampaigns({ database, audit, outbox, periodsOf, clock }: Dependencies) {
  const tell = createTell({ audit, outbox });

  async function toViews(db: Queryable, rows: readonly store.StoredCampaign[]): Promise<CampaignView[]> {
    const campaigns = rows.map(({ id }) => id);
    const budgets = await store.listBudgets(db, { campaigns, periods: periodsOf(clock()) });
    return rows.map((row) =>
      toView(
        row,
        budgets.filter(({ campaign }) => campaign === row.id),
      ),
    );
  }

  return {
    /** @throws HaggleError CAMPAIGN_UNKNOWN */
    async get(id: string): Promise<CampaignView> {
      const row = await store.findCampaign(database, id);
      if (row === undefined) throw refuse("CAMPAIGN_UNKNOWN", "id", id);
      return (await toViews(database, [row]))[0]!;
    },
    async list(page: { after: string; limit: number }): Promise<CampaignView[]> {
      return toViews(database, await store.listCampaigns(database, page));
    },
    /**
     * The whole of it, in the place of what it was. Less than what is used already is no fault: nothing is left then.
     *
     * @throws HaggleError BUDGET_BAD_AMOUNT, BUDGET_OTHER, SERVER_BAD_REQUEST, SERVER_CHANGED
     */
    async put(id: string, body: CampaignBody, condition: Condition, by: By): Promise<CampaignView> {
      const { from = null, until = null, isOff = false } = body;
      if (from !== null && until !== null && until <= from)
        throw refuse("SERVER_BAD_REQUEST", "until", until);
      const budgets = (body.budgets ?? []).map(readBudget);
      const twice = budgets.findIndex(({ id }, i) => budgets.findIndex((one) => one.id === id) < i);
      if (twice >= 0) throw refuse("SERVER_BAD_REQUEST", `budgets[${twice}].id`, budgets[twice]!.id);
      return database.transaction(async (tx) => {
        const held = await store.lockCampaign(tx, id);
        const before = held && (await toViews(tx, [held]))[0]!;
        for (const [i, budget] of budgets.entries()) checkSame(before, budget, i);
        const campaign = { id, from, until, isOff };
        await writeHeld(held, condition, {
          update: () => store.updateCampaign(tx, campaign, clock()),
          insert: () => store.insertCampaign(tx, campaign, clock()),
        });
        await store.replaceBudgets(tx, id, budgets);
        const after = (await toViews(tx, [(await store.findCampaign(tx, id))!]))[0]!;
        const data = { campaign: id, revision: after.revision };
        const object = `campaign:${id}`;
        await tell(tx, by, { action: "campaign.put", subject: id, data, object, before, after });
        return after;
      });
    },
  };
}

/** @throws HaggleError BUDGET_BAD_AMOUNT, CART_UNKNOWN_CURRENCY */
function readBudget(body: BudgetBody, index: number): store.StoredBudget {
  const { id, allowance = null, counts = "uses", per = "campaign", period = null, amount, amounts } = body;
  const at = `budgets[${index}]`;
  if (allowance === null && counts !== "uses") throw refuse("SERVER_BAD_REQUEST", `${at}.counts`, counts);
  const isMoney = counts === "money";
  if ((amounts !== undefined) !== isMoney || (amount === undefined) !== isMoney) {
    throw refuse("BUDGET_BAD_AMOUNT", `${at}.${isMoney ? "amounts" : "amount"}`);
  }
  for (const currency of Object.keys(amounts ?? {})) {
    if (findMinorDigits(currency) === undefined) {
      throw refuse("CART_UNKNOWN_CURRENCY", `${at}.amounts`, currency);
    }
  }
  return { id, allowance, counts, per, period, amounts: amounts ?? { [ANY]: amount! } };
}

/** What was counted under an id is never taken for something else. */
function checkSame(before: CampaignView | undefined, budget: store.StoredBudget, index: number): void {
  const known = before?.budgets.find(({ id }) => id === budget.id);
  if (known === undefined) return;
  const { counts = "uses", per = "campaign", period = null } = known;
  const isSame = counts === budget.counts && per === budget.per && period === budget.period;
  if (!isSame) throw refuse("BUDGET_OTHER", `budgets[${index}].id`, budget.id);
}

function toView(row: store.StoredCampaign, budgets: readonly store.CountedBudget[]): CampaignView {
  const { from, until, ...campaign } = row;
  return {
    ...campaign,
    ...(from !== null && { from }),
    ...(until !== null && { until }),
    budgets: budgets.map(toBudgetView),
  };
}

function toBudgetView(budget: store.CountedBudget): BudgetView {
  const { id, allowance, counts, per, period, amounts, used } = budget;
  const isMoney = counts === "money";
  return {
    id,
    ...(allowance !== null && { allowance }),
    counts,
    per,
    ...(period !== null && { period }),
    ...(isMoney ? { amounts } : { amount: amounts[ANY]! }),
    ...(used !== null && { used: isMoney ? used : (used[ANY] ?? 0) }),
  };
}
