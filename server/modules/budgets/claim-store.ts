import type { Queryable } from "../../platform/database/database.ts";
import type { Periods } from "./periods.ts";
import type { ClaimView } from "./schema.ts";

// The SQL of what orders claim, one statement each. Whoever claims or gives back locks codes first, then budgets, each in the order
// of their keys. Amounts are minor units, uses or units of goods, times epoch milliseconds.

/** What an order draws: `allowance` of a promotion, or `campaign` where the order itself is a use. */
export type Draw = { promotion: string; allowance: string | null; campaign: string | null; amount: number };

export type ForWhom = { customer: string | null; currency: string; periods: Periods };

/**
 * Nothing of a code that has no use left, is off, or is somebody else's. One that may be used any number of times is not locked: all
 * the orders that it brings would wait for each other.
 *
 * @returns those that are used by the order now
 */
export async function claimCodes(
  { query }: Queryable,
  { order, customer, ids }: { order: string; customer: string | null; ids: readonly string[] },
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `with held as materialized (
       select code_id from coupon_codes where code_id = any($1::text[]) and max_uses is not null order by code_id for update
     ), claimed as (
       update coupon_codes c set uses = c.uses + 1 from held h, campaigns k
       where c.code_id = h.code_id and k.campaign_id = c.campaign_id and not c.is_off and not k.is_off
         and c.uses < c.max_uses and (c.customer_id is null or c.customer_id = $3)
       returning c.code_id
     ), endless as (
       select c.code_id from coupon_codes c join campaigns k on k.campaign_id = c.campaign_id
       where c.code_id = any($1::text[]) and c.max_uses is null and not c.is_off and not k.is_off
         and (c.customer_id is null or c.customer_id = $3)
     )
     insert into coupon_uses (order_id, code_id)
     select $2, code_id from (select code_id from claimed union all select code_id from endless) as used
     on conflict do nothing returning code_id as id`,
    [ids, order, customer],
    "coupons-claim",
  );
  return rows.map(({ id }) => id);
}

/** Of a budget of which all is claimed now; no customer is told of. */
export type Spent = { campaign: string; budget: string; period: string; currency: string };

/**
 * All or, of those that are short, nothing: then the transaction must be undone. A budget that nobody has set has no end, and is
 * not written down.
 *
 * @returns how many budgets were asked for it and how many had it, none where the order has claimed before; and which of these have
 *   nothing left
 */
export async function claimBudgets(
  { query }: Queryable,
  { order, draws, customer, currency, periods }: { order: string; draws: readonly Draw[] } & ForWhom,
): Promise<{ wanted: number; claimed: number; spent: Spent[] }> {
  const [row] = await query<{ wanted: number; claimed: number; spent: Spent[] | null }>(
    `with wanted as (
       select b.campaign_id, b.budget_id, d.promotion, b.counts, d.amount,
         case b.per when 'customer' then coalesce($6, '') else '' end as holder,
         case b.period when 'day' then $8 when 'week' then $9 when 'month' then $10 else '' end as period,
         case b.counts when 'money' then $7 else '' end as currency,
         case when k.is_off or (b.per = 'customer' and $6::text is null) then 0
           else coalesce((b.amounts ->> case b.counts when 'money' then $7 else '*' end)::bigint, 0) end as most
       from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as d (promotion, allowance, campaign, amount)
       join budgets b on b.allowance = d.allowance or (b.allowance is null and b.campaign_id = d.campaign)
       join campaigns k on k.campaign_id = b.campaign_id
     ), summed as (
       select campaign_id, budget_id, holder, period, currency, most, sum(amount)::bigint as amount from wanted
       group by campaign_id, budget_id, holder, period, currency, most
     ), claimed as (
       insert into budget_uses as u (campaign_id, budget_id, holder, period, currency, used, amount)
       select campaign_id, budget_id, holder, period, currency, amount, most from summed where amount <= most
       order by campaign_id, budget_id, holder, period, currency
       on conflict (tenant_id, campaign_id, budget_id, holder, period, currency) do update
         set used = u.used + excluded.used, amount = excluded.amount where u.used + excluded.used <= excluded.amount
       returning u.campaign_id, u.budget_id, u.holder, u.period, u.currency, u.used = u.amount as is_spent
     ), noted as (
       insert into budget_claims (order_id, campaign_id, budget_id, promotion, counts, holder, period, currency, amount)
       select $1, campaign_id, budget_id, promotion, counts, holder, period, currency, sum(amount) from wanted
       group by campaign_id, budget_id, promotion, counts, holder, period, currency
       on conflict do nothing returning 1
     )
     select (select count(*) from summed)::int as wanted,
       case when (select count(*) from noted) = (select count(distinct (campaign_id, budget_id, promotion)) from wanted)
         then (select count(*) from claimed)::int else 0 end as claimed,
       (select json_agg(json_build_object('campaign', campaign_id, 'budget', budget_id, 'period', period, 'currency', currency))
        from claimed where is_spent and holder = '') as spent`,
    [
      order,
      draws.map(({ promotion }) => promotion),
      draws.map(({ allowance }) => allowance),
      draws.map(({ campaign }) => campaign),
      draws.map(({ amount }) => amount),
      customer,
      currency,
      periods.day,
      periods.week,
      periods.month,
    ],
    "budgets-claim",
  );
  const { wanted, claimed, spent } = row!;
  return { wanted, claimed, spent: spent ?? [] };
}

/** Of one promotion of an order, in minor units and in units of goods. */
export type Share = { promotion: string; amount: number; units: number };

/**
 * Never more than the order still has of a budget: so much, or where `isWhole` all but so much money. Shares of one promotion are one
 * share.
 */
export async function returnBudgets(
  { query }: Queryable,
  { order, shares, isWhole }: { order: string; shares: readonly Share[]; isWhole: boolean },
): Promise<void> {
  await query(
    `with mine as materialized (
       select c.campaign_id, c.budget_id, c.promotion, c.holder, c.period, c.currency,
         case when $2 then greatest(0, c.amount - c.returned - case c.counts when 'money' then coalesce(s.amount, 0) else 0 end)
           else least(c.amount - c.returned, case c.counts when 'money' then s.amount when 'units' then s.units else 0 end)
         end as back
       from budget_claims c left join (
         select promotion, sum(amount)::bigint as amount, sum(units)::bigint as units
         from unnest($3::text[], $4::bigint[], $5::bigint[]) as given (promotion, amount, units) group by promotion
       ) s on s.promotion = c.promotion
       where c.order_id = $1 and c.returned < c.amount and ($2 or s.promotion is not null)
       order by c.campaign_id, c.budget_id, c.promotion for update of c
     ), marked as (
       update budget_claims c set returned = c.returned + m.back from mine m
       where c.order_id = $1 and c.campaign_id = m.campaign_id and c.budget_id = m.budget_id and c.promotion = m.promotion
         and m.back > 0
     ), summed as (
       select campaign_id, budget_id, holder, period, currency, sum(back)::bigint as back from mine where back > 0
       group by campaign_id, budget_id, holder, period, currency
     ), held as materialized (
       select u.campaign_id, u.budget_id, u.holder, u.period, u.currency, s.back
       from budget_uses u join summed s using (campaign_id, budget_id, holder, period, currency)
       order by u.campaign_id, u.budget_id, u.holder, u.period, u.currency for update of u
     )
     update budget_uses u set used = u.used - h.back from held h
     where u.campaign_id = h.campaign_id and u.budget_id = h.budget_id and u.holder = h.holder and u.period = h.period
       and u.currency = h.currency`,
    [
      order,
      isWhole,
      shares.map(({ promotion }) => promotion),
      shares.map(({ amount }) => amount),
      shares.map(({ units }) => units),
    ],
    "budgets-return",
  );
}

/** Those that the order still has. */
export async function returnCodes({ query }: Queryable, order: string): Promise<void> {
  await query(
    `with mine as (
       update coupon_uses set returned = true where order_id = $1 and not returned returning code_id
     ), held as materialized (
       select c.code_id from coupon_codes c join mine using (code_id) where c.max_uses is not null
       order by c.code_id for update of c
     )
     update coupon_codes c set uses = c.uses - 1 from held h where c.code_id = h.code_id`,
    [order],
    "coupons-return",
  );
}

/** What is left of each allowance; 0 of one that counts something else than promotions draw. One that nobody has set is not there. */
export async function listLeft(
  { query }: Queryable,
  {
    names,
    counts,
    customer,
    currency,
    periods,
    now,
  }: { names: readonly string[]; counts: readonly string[]; now: number } & ForWhom,
): Promise<{ allowance: string; left: number }[]> {
  return query<{ allowance: string; left: number }>(
    `select b.allowance, min(case
         when b.counts <> a.counts or k.is_off or k.from_at > $4 or k.until_at <= $4 or (b.per = 'customer' and $3::text is null) then 0
         else greatest(0, coalesce((b.amounts ->> case b.counts when 'money' then $5 else '*' end)::bigint, 0) - coalesce(u.used, 0))
       end) as left
     from unnest($1::text[], $2::text[]) as a (allowance, counts)
     join budgets b on b.allowance = a.allowance
     join campaigns k on k.campaign_id = b.campaign_id
     left join budget_uses u on u.campaign_id = b.campaign_id and u.budget_id = b.budget_id
       and u.holder = case b.per when 'customer' then coalesce($3, '') else '' end
       and u.period = case b.period when 'day' then $6 when 'week' then $7 when 'month' then $8 else '' end
       and u.currency = case b.counts when 'money' then $5 else '' end
     group by b.allowance`,
    [names, counts, customer, now, currency, periods.day, periods.week, periods.month],
    "budgets-left",
  );
}

/**
 * At most so many of what was counted in days, weeks or months before this one, the oldest first. Names of one kind are of one length.
 *
 * @returns how many
 */
export async function deleteOver(
  { query }: Queryable,
  { before, limit }: { before: string; limit: number },
): Promise<number> {
  const rows = await query(
    `delete from budget_uses where ctid = any (array(
       select ctid from budget_uses where period < $1 and period <> '' and length(period) = length($1)
       order by period limit $2 for update skip locked
     )) returning 1`,
    [before, limit],
  );
  return rows.length;
}

/** What of an order is claimed, and of that how much went back. */
export function listClaims({ query }: Queryable, order: string): Promise<ClaimView[]> {
  return query<ClaimView>(
    `select campaign_id as campaign, budget_id as budget, promotion, amount, returned from budget_claims where order_id = $1
     order by campaign_id, budget_id, promotion`,
    [order],
  );
}

/** What is counted for a customer who is erased, and whose it was: what he had stays claimed. */
export async function forgetCustomer({ query }: Queryable, customer: string): Promise<void> {
  await Promise.all([
    query("update coupon_codes set customer_id = null, is_off = true where customer_id = $1", [customer]),
    query("update budget_claims set holder = '' where holder = $1", [customer]),
    query("delete from budget_uses where holder = $1", [customer]),
  ]);
}
