import type { Queryable } from "../../platform/database/database.ts";
import type { Periods } from "./periods.ts";

// The SQL of campaigns and what they may give, one statement each. Times are epoch milliseconds.

export type StoredCampaign = {
  id: string;
  from: number | null;
  until: number | null;
  isOff: boolean;
  revision: number;
  createdAt: number;
  updatedAt: number;
};

export type StoredBudget = {
  id: string;
  allowance: string | null;
  counts: "uses" | "money" | "units";
  per: "campaign" | "customer";
  period: "day" | "week" | "month" | null;
  /** By currency, or under `*`. */
  amounts: Record<string, number>;
};

/** Of the period that is now; undefined where each customer has his own. */
export type CountedBudget = StoredBudget & { used: Record<string, number> | null };

const CAMPAIGN = `campaign_id as id, from_at as "from", until_at as until, is_off as "isOff", revision, created_at as "createdAt",
  updated_at as "updatedAt"`;

export async function findCampaign({ query }: Queryable, id: string): Promise<StoredCampaign | undefined> {
  return (await query<StoredCampaign>(`select ${CAMPAIGN} from campaigns where campaign_id = $1`, [id]))[0];
}

/** Holds it, if there is one, until the transaction ends. */
export async function lockCampaign({ query }: Queryable, id: string): Promise<StoredCampaign | undefined> {
  const sql = `select ${CAMPAIGN} from campaigns where campaign_id = $1 for update`;
  return (await query<StoredCampaign>(sql, [id]))[0];
}

/** In the order of their ids, those behind `after`. */
export function listCampaigns(
  { query }: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<StoredCampaign[]> {
  return query<StoredCampaign>(
    `select ${CAMPAIGN} from campaigns where campaign_id > $1 order by campaign_id limit $2`,
    [after, limit],
  );
}

type NewCampaign = Pick<StoredCampaign, "id" | "from" | "until" | "isOff">;

/** Nothing where somebody was faster. @returns whether it is there now by this */
export async function insertCampaign(
  { query }: Queryable,
  { id, from, until, isOff }: NewCampaign,
  now: number,
): Promise<boolean> {
  const rows = await query(
    `insert into campaigns (campaign_id, from_at, until_at, is_off, revision, created_at, updated_at)
     values ($1, $2, $3, $4, 1, $5, $5) on conflict do nothing returning 1`,
    [id, from, until, isOff, now],
  );
  return rows.length > 0;
}

/** Of one that is held. */
export async function updateCampaign(
  { query }: Queryable,
  { id, from, until, isOff }: NewCampaign,
  now: number,
): Promise<void> {
  await query(
    `update campaigns set from_at = $2, until_at = $3, is_off = $4, updated_at = $5, revision = revision + 1
     where campaign_id = $1`,
    [id, from, until, isOff, now],
  );
}

/** With what is used of them now. In the order of their ids. */
export function listBudgets(
  { query }: Queryable,
  { campaigns, periods }: { campaigns: readonly string[]; periods: Periods },
): Promise<(CountedBudget & { campaign: string })[]> {
  return query(
    `select b.campaign_id as campaign, b.budget_id as id, b.allowance, b.counts, b.per, b.period, b.amounts,
       case b.per when 'campaign' then coalesce((
         select jsonb_object_agg(case u.currency when '' then '*' else u.currency end, u.used) from budget_uses u
         where u.campaign_id = b.campaign_id and u.budget_id = b.budget_id and u.holder = ''
           and u.period = case b.period when 'day' then $2 when 'week' then $3 when 'month' then $4 else '' end), '{}') end as used
     from budgets b where b.campaign_id = any($1::text[]) order by b.campaign_id, b.budget_id`,
    [campaigns, periods.day, periods.week, periods.month],
  );
}

/** All that a campaign has, in the place of what it had. What is used of one stays with its id. */
export async function replaceBudgets(
  { query }: Queryable,
  campaign: string,
  budgets: readonly StoredBudget[],
): Promise<void> {
  await Promise.all([
    query("delete from budgets where campaign_id = $1", [campaign]),
    query(
      `insert into budgets (campaign_id, budget_id, allowance, counts, per, period, amounts)
       select $1, id, allowance, counts, per, period, amounts
       from jsonb_to_recordset($2::jsonb) as given (id text, allowance text, counts text, per text, period text, amounts jsonb)`,
      [campaign, JSON.stringify(budgets)],
    ),
  ]);
}
