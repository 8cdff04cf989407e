import type { Queryable } from "../../platform/database/database.ts";
import type { Rule, Use, UseChange } from "./rations.ts";

// The SQL of rations, one statement each. Times are epoch milliseconds. Uses are locked behind levels, in one order.

/** Those in force at that time. */
export function listRules({ query }: Queryable, now: number): Promise<Rule[]> {
  return query<Rule>(
    'select ration, sku, pieces as "limit", is_split as "isSplit" from stock_rations where until_at > $1 and from_at <= $1',
    [now],
    "inventory-list-rations",
  );
}

type Key = { ration: string; unit: string };

/** Holds the rows until the transaction ends. A use that nobody made yet is not among them. */
export function lockUses({ query }: Queryable, keys: readonly Key[]): Promise<Use[]> {
  const sorted = keys.toSorted(compareKeys);
  return query<Use>(
    `select found.* from unnest($1::text[], $2::text[]) as asked (ration, unit)
     cross join lateral (
       select ration, unit, pieces from stock_ration_uses
       where ration = asked.ration and unit = asked.unit limit 1 for update
     ) as found`,
    keysOf(sorted),
    "inventory-lock-ration-uses",
  );
}

/** What a use was before stands in the condition. @returns how many of them were so */
export async function writeUses(tx: Queryable, changes: readonly UseChange[]): Promise<number> {
  const made = changes.filter(({ before }) => before === undefined);
  const changed = changes.filter(({ before }) => before !== undefined);
  const counts = await Promise.all([
    made.length > 0 ? insertUses(tx, made) : 0,
    changed.length > 0 ? updateUses(tx, changed) : 0,
  ]);
  return counts[0] + counts[1];
}

/** In one order for everybody: who comes second to one waits until the first one has committed. */
async function insertUses({ query }: Queryable, uses: readonly Use[]): Promise<number> {
  const sorted = uses.toSorted(compareKeys);
  const rows = await query(
    `insert into stock_ration_uses (ration, unit, pieces)
     select * from unnest($1::text[], $2::text[], $3::bigint[]) on conflict do nothing returning 1`,
    [...keysOf(sorted), sorted.map(({ pieces }) => pieces)],
    "inventory-insert-ration-uses",
  );
  return rows.length;
}

async function updateUses({ query }: Queryable, changes: readonly UseChange[]): Promise<number> {
  const rows = await query(
    `update stock_ration_uses u set pieces = g.pieces
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as g (ration, unit, pieces, before)
     where u.unit = any($2) and u.unit = g.unit and u.ration = g.ration and u.pieces = g.before returning 1`,
    [...keysOf(changes), changes.map(({ pieces }) => pieces), changes.map(({ before }) => before)],
    "inventory-update-ration-uses",
  );
  return rows.length;
}

export type NewRation = {
  ration: string;
  skus: readonly string[];
  from: number;
  until: number;
  limit: number;
  isSplit: boolean;
};

/** In the place of what was said of this ration before. Nobody else says anything of rations until the transaction ends. */
export async function putRation(
  { query }: Queryable,
  { ration, skus, from, until, limit, isSplit }: NewRation,
): Promise<void> {
  await query("delete from stock_rations where ration = $1 and sku <> all($2)", [ration, skus]);
  await query(
    `insert into stock_rations (ration, sku, from_at, until_at, pieces, is_split)
     select $1, sku, $3, $4, $5, $6 from unnest($2::text[]) as sku order by sku
     on conflict (tenant_id, ration, sku) do update set from_at = excluded.from_at, until_at = excluded.until_at,
       pieces = excluded.pieces, is_split = excluded.is_split`,
    [ration, skus, from, until, limit, isSplit],
  );
}

/** Until the transaction ends nobody else puts a ration of this tenant. */
export async function holdRations({ query }: Queryable, tenant: string): Promise<void> {
  await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`haggle rations ${tenant}`]);
}

/** A sku that another ration has at a time at which this one would. */
export async function findOverlap(
  { query }: Queryable,
  { ration, skus, from, until }: NewRation,
): Promise<string | undefined> {
  const rows = await query<{ sku: string }>(
    `select sku from stock_rations where ration <> $1 and sku = any($2) and from_at < $4 and until_at > $3
     order by sku limit 1`,
    [ration, skus, from, until],
  );
  return rows[0]?.sku;
}

export async function deleteRation({ query }: Queryable, ration: string): Promise<void> {
  await query("delete from stock_rations where ration = $1", [ration]);
}

/** Of rations that ended before then, and these themselves once they have no uses; at most so many uses. @returns how many */
export async function deleteUses(
  { query }: Queryable,
  { endedBefore, limit }: { endedBefore: number; limit: number },
): Promise<number> {
  const [deleted] = await query<{ count: number }>(
    `with over as (
       select ration from stock_rations group by ration having max(until_at) < $1
     ), deleted as (
       delete from stock_ration_uses where ctid = any (array(
         select ctid from stock_ration_uses where ration in (select ration from over) limit $2
       )) returning ration
     ), forgotten as (
       delete from stock_rations r using over
       where r.ration = over.ration and not exists (select from stock_ration_uses u where u.ration = r.ration)
     ) select count(*) from deleted`,
    [endedBefore, limit],
  );
  return deleted!.count;
}

export async function deleteUsesOf({ query }: Queryable, unit: string): Promise<void> {
  await query("delete from stock_ration_uses where unit = $1", [unit]);
}

/** In all of his reservations: they give back nothing any more. */
export async function forgetShares({ query }: Queryable, unit: string): Promise<void> {
  await query("update reservations set share = null where share ->> 'unit' = $1", [unit]);
}

/** Of these units, how many have so many pieces. */
export async function countUses(
  { query }: Queryable,
  { ration, units, pieces }: { ration: string; units: readonly string[]; pieces: number },
): Promise<number> {
  const [row] = await query<{ count: number }>(
    `select count(*) as count from stock_ration_uses where ration = $1 and unit = any($2) and pieces >= $3`,
    [ration, units, pieces],
  );
  return row!.count;
}

function compareKeys(a: Key, b: Key): number {
  return compare(a.ration, b.ration) || compare(a.unit, b.unit);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keysOf(keys: readonly Key[]): string[][] {
  return [keys.map(({ ration }) => ration), keys.map(({ unit }) => unit)];
}
