import type { Queryable } from "../../platform/database/database.ts";
import type { Cut } from "./bounds.ts";

// The SQL of prices, one statement each. Amounts are minor units, times epoch milliseconds; the tier '' is everybody.

export type PricingHead = {
  inputs: string;
  pricedAt: number;
  dueAt: number;
  version: number;
  faults: number;
  cuts: number;
};

export type Note = { sku: string; tier: string; strategy: string | null; wanted: number; cut: Cut };

export type ReplacedRange = { sku: string; tier: string; lowest: number; highest: number; oldest: number };

const HEAD = `inputs, priced_at as "pricedAt", due_at as "dueAt", version, faults, cuts`;

/** Of a transaction that waits for something else than the database. */
export async function sayAlive({ query }: Queryable): Promise<void> {
  await query("select 1");
}

export async function findPricingHead(
  { query }: Queryable,
  channel: string,
): Promise<PricingHead | undefined> {
  return (await query<PricingHead>(`select ${HEAD} from pricing_heads where channel = $1`, [channel]))[0];
}

export async function insertPricingHead({ query }: Queryable, channel: string): Promise<void> {
  await query("insert into pricing_heads (channel) values ($1) on conflict do nothing", [channel]);
}

/** Holds the row until the transaction ends; undefined while another process does. */
export async function lockPricingHead(
  { query }: Queryable,
  channel: string,
): Promise<PricingHead | undefined> {
  const rows = await query<PricingHead>(
    `select ${HEAD} from pricing_heads where channel = $1 for update skip locked`,
    [channel],
  );
  return rows[0];
}

export async function updatePricingHead(
  { query }: Queryable,
  channel: string,
  { inputs, pricedAt, dueAt, version, faults, cuts }: PricingHead,
): Promise<void> {
  await query(
    `update pricing_heads set inputs = $2, priced_at = $3, due_at = $4, version = $5, faults = $6, cuts = $7
     where channel = $1`,
    [channel, inputs, pricedAt, dueAt, version, faults, cuts],
  );
}

/** The ranges of prices that were replaced after a moment. */
export function listReplaced({ query }: Queryable, channel: string, after: number): Promise<ReplacedRange[]> {
  return query<ReplacedRange>(
    `select sku, tier, min(unit_price) as lowest, max(unit_price) as highest, min(replaced_at) as oldest
     from replaced_prices where channel = $1 and replaced_at > $2 group by sku, tier`,
    [channel, after],
  );
}

export async function insertReplaced(
  { query }: Queryable,
  channel: string,
  replaced: readonly { sku: string; tier: string; unitPrice: number }[],
  now: number,
): Promise<void> {
  await query(
    `insert into replaced_prices (channel, sku, tier, unit_price, replaced_at)
     select $1, sku, tier, "unitPrice", $3
     from jsonb_to_recordset($2::jsonb) as given (sku text, tier text, "unitPrice" bigint)`,
    [channel, JSON.stringify(replaced), now],
  );
}

export async function deleteReplaced({ query }: Queryable, channel: string, until: number): Promise<void> {
  await query("delete from replaced_prices where channel = $1 and replaced_at <= $2", [channel, until]);
}

export async function deleteNotes({ query }: Queryable, channel: string): Promise<void> {
  await query("delete from price_notes where channel = $1", [channel]);
}

export async function insertNotes(
  { query }: Queryable,
  channel: string,
  notes: readonly Note[],
): Promise<void> {
  await query(
    `insert into price_notes (channel, sku, tier, strategy, wanted, cut)
     select $1, sku, tier, strategy, wanted, cut
     from jsonb_to_recordset($2::jsonb) as given (sku text, tier text, strategy text, wanted bigint, cut text)`,
    [channel, JSON.stringify(notes)],
  );
}

export function listNotes(
  { query }: Queryable,
  channel: string,
  skus: readonly string[],
  tier: string,
): Promise<Note[]> {
  return query<Note>(
    `select sku, tier, strategy, wanted, cut from price_notes
     where channel = $1 and sku = any($2) and tier in ('', $3)`,
    [channel, skus, tier],
  );
}
