import type { Queryable } from "../../platform/database/database.ts";
import type { Periods } from "./periods.ts";

// The SQL of codes, one statement each. Times are epoch milliseconds.

/** Of a code with its campaign, and for somebody. */
export type CodeRow = {
  id: string;
  campaign: string;
  customer: string | null;
  /** The code or its campaign. */
  isOff: boolean;
  /** The later one of both, and the earlier one. */
  from: number | null;
  until: number | null;
  uses: number;
  maxUses: number | null;
  isUsedUp: boolean;
  /** Its campaign counts what each customer uses. */
  isPersonal: boolean;
  /** Its campaign has no use left for this customer. */
  isSpent: boolean;
};

/** Those that there are, each once. */
export function listCodes(
  { query }: Queryable,
  { ids, customer, periods }: { ids: readonly string[]; customer: string | null; periods: Periods },
): Promise<CodeRow[]> {
  return query<CodeRow>(
    `select c.code_id as id, c.campaign_id as campaign, c.customer_id as customer, c.is_off or k.is_off as "isOff",
       greatest(c.from_at, k.from_at) as "from", least(c.until_at, k.until_at) as until, c.uses, c.max_uses as "maxUses",
       c.max_uses is not null and c.uses >= c.max_uses as "isUsedUp", coalesce(b.is_personal, false) as "isPersonal",
       coalesce(b.is_spent, false) as "isSpent"
     from coupon_codes c join campaigns k on k.campaign_id = c.campaign_id
     left join lateral (
       select bool_or(b.per = 'customer') as is_personal,
         bool_or(coalesce(u.used, 0) >= coalesce((b.amounts ->> '*')::bigint, 0)) as is_spent
       from budgets b left join budget_uses u on u.campaign_id = b.campaign_id and u.budget_id = b.budget_id and u.currency = ''
         and u.holder = case b.per when 'customer' then coalesce($2, '') else '' end
         and u.period = case b.period when 'day' then $3 when 'week' then $4 when 'month' then $5 else '' end
       where b.campaign_id = c.campaign_id and b.allowance is null
     ) b on true
     where c.code_id = any($1::text[])`,
    [ids, customer, periods.day, periods.week, periods.month],
    "coupons-list",
  );
}

export type NewCode = {
  id: string;
  customer: string | null;
  maxUses: number | null;
  from: number | null;
  until: number | null;
};

/** Those that are new; each id once. Of a batch they are numbered. @returns their ids */
export async function insertCodes(
  { query }: Queryable,
  campaign: string,
  codes: readonly NewCode[],
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `insert into coupon_codes (campaign_id, code_id, customer_id, max_uses, from_at, until_at)
     select $1, id, customer, uses, from_at, until_at
     from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[]) as given (id, customer, uses, from_at, until_at)
     order by id on conflict do nothing returning code_id as id`,
    [
      campaign,
      codes.map(({ id }) => id),
      codes.map(({ customer }) => customer),
      codes.map(({ maxUses }) => maxUses),
      codes.map(({ from }) => from),
      codes.map(({ until }) => until),
    ],
  );
  return rows.map(({ id }) => id);
}

/** Of these ids, those that another campaign has. */
export async function listTaken(
  { query }: Queryable,
  campaign: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    "select code_id as id from coupon_codes where code_id = any($2::text[]) and campaign_id <> $1",
    [campaign, ids],
  );
  return rows.map(({ id }) => id);
}

/** @returns whether the campaign has it */
export async function switchCode(
  { query }: Queryable,
  { campaign, id, isOff }: { campaign: string; id: string; isOff: boolean },
): Promise<boolean> {
  const rows = await query(
    "update coupon_codes set is_off = $3 where code_id = $2 and campaign_id = $1 returning 1",
    [campaign, id, isOff],
  );
  return rows.length > 0;
}

/** By orders that still have it. */
export async function countUses({ query }: Queryable, id: string): Promise<number> {
  const rows = await query<{ count: number }>(
    "select count(*)::int as count from coupon_uses where code_id = $1 and not returned",
    [id],
  );
  return rows[0]!.count;
}
