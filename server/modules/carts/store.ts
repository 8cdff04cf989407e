import type { Queryable } from "../../platform/database/database.ts";
import type { Content } from "./content.ts";

// The SQL of carts, one statement each. Times are epoch milliseconds. What has expired is not there, swept away or not.

export type StoredCart = Content & {
  id: string;
  revision: number;
  createdAt: number;
  updatedAt: number;
  expiresAt: number;
};

type Stamps = { now: number; expiresAt: number };

const CART = `cart_id as id, customer_id as customer, currency, region, shipping_method as "shippingMethod", coupons, lines,
  revision, created_at as "createdAt", updated_at as "updatedAt", expires_at as "expiresAt"`;

export async function insertCart(
  { query }: Queryable,
  id: string,
  content: Content,
  { now, expiresAt }: Stamps,
): Promise<void> {
  await query(
    `insert into carts (cart_id, customer_id, currency, region, shipping_method, coupons, lines, revision, created_at,
       updated_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8, $9)`,
    [id, ...valuesOf(content), now, expiresAt],
  );
}

export async function findCart(
  { query }: Queryable,
  id: string,
  now: number,
): Promise<StoredCart | undefined> {
  const sql = `select ${CART} from carts where cart_id = $1 and expires_at > $2`;
  return (await query<StoredCart>(sql, [id, now], "carts-find"))[0];
}

/** Holds these carts until the transaction ends. */
export function lockCarts({ query }: Queryable, ids: readonly string[], now: number): Promise<StoredCart[]> {
  return query<StoredCart>(
    `select ${CART} from carts where cart_id = any($1) and expires_at > $2 order by cart_id for update`,
    [ids, now],
  );
}

/** Of one that is held. */
export async function updateCart(
  { query }: Queryable,
  id: string,
  content: Content,
  { now, expiresAt }: Stamps,
): Promise<StoredCart> {
  const [cart] = await query<StoredCart>(
    `update carts set customer_id = $2, currency = $3, region = $4, shipping_method = $5, coupons = $6, lines = $7,
       revision = revision + 1, updated_at = $8, expires_at = $9
     where cart_id = $1 returning ${CART}`,
    [id, ...valuesOf(content), now, expiresAt],
  );
  return cart!;
}

export async function deleteCart({ query }: Queryable, id: string): Promise<void> {
  await query("delete from carts where cart_id = $1", [id]);
}

export async function deleteCartsOf({ query }: Queryable, customer: string): Promise<void> {
  await query("delete from carts where customer_id = $1", [customer]);
}

/** At most so many of those that have expired. @returns how many */
export async function deleteExpired(
  { query }: Queryable,
  { now, limit }: { now: number; limit: number },
): Promise<number> {
  const rows = await query(
    `delete from carts where cart_id in (
       select cart_id from carts where expires_at <= $1 order by expires_at limit $2 for update skip locked
     ) returning cart_id`,
    [now, limit],
  );
  return rows.length;
}

function valuesOf({ customer, currency, region, shippingMethod, coupons, lines }: Content): unknown[] {
  return [customer, currency, region, shippingMethod, coupons, JSON.stringify(lines)];
}
