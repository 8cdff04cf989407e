import type { Cart } from "@haggle/sdk";
import type { Queryable } from "../../platform/database/database.ts";
import { A_HUNDRED } from "../../platform/database/estimates.ts";
import type { Entered } from "../budgets/service.ts";
import type { Attribution } from "../evaluations/service.ts";
import type { Shopper } from "../rollout/service.ts";
import type { Asked } from "./schema.ts";

// The SQL of quotes, one statement each. Amounts are minor units, times epoch milliseconds.

export type NewQuote = {
  id: string;
  channel: string;
  /** Digest of the document of the channel that was in force. */
  channelDocument: string;
  release: string;
  /** Its name. */
  policy: string;
  off: string;
  pricesVersion: number | null;
  strategy: string | null;
  /** For whom it was made, also where only a header named him: with whom it is erased. */
  customer: string | null;
  shopper: Pick<Shopper, "unit" | "customer" | "session"> | null;
  asked: Asked;
  cart: Cart;
  /** The codes that its price was made with: an order uses them. */
  coupons: Entered[];
  /** As JSON: it was made for the answer anyway. */
  decision: string;
  digest: string;
  cartDigest: string;
  currency: string;
  total: number;
  createdAt: number;
  expiresAt: number;
  /** By what its order is counted. */
  attribution: Attribution | null;
};

export type QuoteRow = Omit<NewQuote, "decision"> & {
  state: "open" | "used" | "revoked";
  decision: object;
  order: string | null;
};

const QUOTE = `quote_id as id, state, channel, channel_document as "channelDocument", release, policy, off, prices_version as "pricesVersion", strategy,
  customer_id as customer, shopper, asked, cart, decision, digest, cart_digest as "cartDigest", currency, total,
  created_at as "createdAt", expires_at as "expiresAt", order_id as "order", coupons, attribution`;

/** All or none, in one statement. What is JSON in a row goes on as the text that it is. */
export async function insertQuotes({ query }: Queryable, quotes: readonly NewQuote[]): Promise<void> {
  const rows = quotes.map(
    ({ decision, ...row }) => `${JSON.stringify(row).slice(0, -1)},"decision":${decision}}`,
  );
  await query(
    `insert into quotes (quote_id, channel, channel_document, release, policy, off, prices_version, strategy, customer_id, shopper, asked, cart,
       decision, digest, cart_digest, currency, total, coupons, created_at, expires_at, attribution)
     select id, channel, "channelDocument", release, policy, off, "pricesVersion", strategy, customer, shopper, asked, cart, decision, digest,
       "cartDigest", currency, total, coupons, "createdAt", "expiresAt", attribution
     from json_to_recordset($1::json) as given (id text, channel text, "channelDocument" text, release text, policy text, off text, "pricesVersion" bigint,
       strategy text, customer text, shopper json, asked json, cart json, decision json, digest text, "cartDigest" text,
       currency text, total bigint, coupons json, "createdAt" bigint, "expiresAt" bigint, attribution json)`,
    [`[${rows.join()}]`],
    "quotes-insert",
  );
}

export async function findQuote({ query }: Queryable, id: string): Promise<QuoteRow | undefined> {
  const sql = `select ${QUOTE} from quotes where quote_id = $1`;
  return (await query<QuoteRow>(sql, [id], "quotes-find"))[0];
}

export async function findAttribution({ query }: Queryable, id: string): Promise<Attribution | undefined> {
  const sql = "select attribution from quotes where quote_id = $1 and attribution is not null";
  return (await query<{ attribution: Attribution }>(sql, [id], "quotes-attribution"))[0]?.attribution;
}

/** Once: whoever asks again has nothing. */
export async function takeAttribution(
  { query }: Queryable,
  { id, now }: { id: string; now: number },
): Promise<Attribution | undefined> {
  const [taken] = await query<{ attribution: Attribution }>(
    `update quotes set counted_at = $2
     where quote_id = $1 and attribution is not null and counted_at is null returning attribution`,
    [id, now],
    "quotes-count",
  );
  return taken?.attribution;
}

/** Of one whose order failed, once as well. */
export async function takeFailure(
  { query }: Queryable,
  { id, now }: { id: string; now: number },
): Promise<Attribution | undefined> {
  const [taken] = await query<{ attribution: Attribution }>(
    `update quotes set failed_at = $2
     where quote_id = $1 and attribution is not null and failed_at is null returning attribution`,
    [id, now],
  );
  return taken?.attribution;
}

/**
 * Of those that are open; by their keys alone, never by the index of what has an end (see `keepReservations`).
 *
 * @returns those that were, and are used by these orders now
 */
export async function useQuotes(
  { query }: Queryable,
  wanted: readonly { id: string; order: string }[],
  now: number,
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `update quotes q set state = 'used', order_id = g.order_id, used_at = $3
     from rows from (unnest($1::text[], $2::text[]), ${A_HUNDRED}) as g (quote_id, order_id, nothing)
     where q.quote_id = any($1) and q.quote_id = g.quote_id and q.state || '' = 'open' and q.expires_at > $3
     returning q.quote_id as id`,
    [wanted.map(({ id }) => id), wanted.map(({ order }) => order), now],
    "quotes-use",
  );
  return rows.map(({ id }) => id);
}

/** Of one that is open. @returns whether it was */
export async function revokeQuote({ query }: Queryable, id: string): Promise<boolean> {
  const rows = await query(
    "update quotes set state = 'revoked' where quote_id = $1 and state = 'open' returning quote_id",
    [id],
  );
  return rows.length > 0;
}

export async function deleteQuotesOf({ query }: Queryable, customer: string): Promise<void> {
  await query("delete from quotes where customer_id = $1", [customer]);
}

/** At most so many of those that nobody used and that expired until `until`. @returns how many */
export async function deleteUnused(
  { query }: Queryable,
  { until, limit }: { until: number; limit: number },
): Promise<number> {
  const rows = await query(
    `delete from quotes where quote_id in (
       select quote_id from quotes where state <> 'used' and expires_at <= $1 order by expires_at limit $2
       for update skip locked
     ) returning quote_id`,
    [until, limit],
  );
  return rows.length;
}

/** At most so many of those that were used until `until`. @returns how many */
export async function deleteUsed(
  { query }: Queryable,
  { until, limit }: { until: number; limit: number },
): Promise<number> {
  const rows = await query(
    `delete from quotes where quote_id in (
       select quote_id from quotes where state = 'used' and used_at <= $1 order by used_at limit $2
       for update skip locked
     ) returning quote_id`,
    [until, limit],
  );
  return rows.length;
}
