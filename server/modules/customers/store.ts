import type { Queryable } from "../../platform/database/database.ts";
import type { Attributes } from "../../platform/opaque.ts";
import type { Counters } from "./schema.ts";

// The SQL of customers, one statement each. Times are epoch milliseconds.

export type StoredCustomer = {
  id: string;
  segments: string[];
  tier: string | null;
  attributes: Attributes;
  counters: Counters;
  revision: number;
  createdAt: number;
  updatedAt: number;
};

export type NewCustomer = Pick<StoredCustomer, "id" | "segments" | "tier" | "attributes"> & {
  counters: Counters;
};

const CUSTOMER = `c.customer_id as id, c.segments, c.tier, c.attributes, (
    select coalesce(jsonb_object_agg(n.name, n.value), '{}') from customer_counters n where n.customer_id = c.customer_id
  ) as counters, c.revision, c.created_at as "createdAt", c.updated_at as "updatedAt"`;

export async function findCustomer({ query }: Queryable, id: string): Promise<StoredCustomer | undefined> {
  const sql = `select ${CUSTOMER} from customers c where c.customer_id = $1`;
  return (await query<StoredCustomer>(sql, [id], "customers-find"))[0];
}

/** Holds the customer, if there is one, until the transaction ends. */
export async function lockCustomer(
  { query }: Queryable,
  id: string,
): Promise<{ revision: number } | undefined> {
  const sql = "select revision from customers where customer_id = $1 for update";
  return (await query<{ revision: number }>(sql, [id]))[0];
}

/** In the order of their ids, those behind `after`. */
export function listCustomers(
  { query }: Queryable,
  { after, limit, segment }: { after: string; limit: number; segment: string | undefined },
): Promise<StoredCustomer[]> {
  const [of, more] = segment === undefined ? ["", []] : ["and c.segments @> array[$3]", [segment]];
  return query<StoredCustomer>(
    `select ${CUSTOMER} from customers c where c.customer_id > $1 ${of} order by c.customer_id limit $2`,
    [after, limit, ...more],
  );
}

/** Nothing where somebody was faster. @returns whether it is there now by this */
export async function insertCustomer(
  { query }: Queryable,
  { id, segments, tier, attributes }: NewCustomer,
  now: number,
): Promise<boolean> {
  const rows = await query(
    `insert into customers (customer_id, segments, tier, attributes, revision, created_at, updated_at)
     values ($1, $2, $3, $4, 1, $5, $5) on conflict do nothing returning customer_id`,
    [id, segments, tier, JSON.stringify(attributes), now],
  );
  return rows.length > 0;
}

/** Of one that is held. */
export async function updateCustomer(
  { query }: Queryable,
  { id, segments, tier, attributes }: NewCustomer,
  now: number,
): Promise<void> {
  await query(
    `update customers set segments = $2, tier = $3, attributes = $4, revision = revision + 1, updated_at = $5
     where customer_id = $1`,
    [id, segments, tier, JSON.stringify(attributes), now],
  );
}

/** Each id once. */
export async function putCustomers(
  { query }: Queryable,
  customers: readonly NewCustomer[],
  now: number,
): Promise<void> {
  await query(
    `insert into customers as known (customer_id, segments, tier, attributes, revision, created_at, updated_at)
     select id, segments, tier, attributes, 1, $2, $2
     from jsonb_to_recordset($1::jsonb) as given (id text, segments text[], tier text, attributes jsonb) order by id
     on conflict (tenant_id, customer_id) do update set segments = excluded.segments, tier = excluded.tier,
       attributes = excluded.attributes, revision = known.revision + 1, updated_at = excluded.updated_at`,
    [JSON.stringify(customers), now],
  );
}

/** Of customers that are held. */
export async function setCounters(
  { query }: Queryable,
  customers: readonly Pick<NewCustomer, "id" | "counters">[],
): Promise<void> {
  await query(
    `insert into customer_counters (customer_id, name, value)
     select given.id, counter.key, counter.value::bigint
     from jsonb_to_recordset($1::jsonb) as given (id text, counters jsonb), jsonb_each_text(given.counters) as counter
     on conflict (tenant_id, customer_id, name) do update set value = excluded.value`,
    [JSON.stringify(customers.map(({ id, counters }) => ({ id, counters })))],
  );
}

/** Holds the customer until the transaction ends; one that nobody told of is there from now on. */
export async function holdCustomer({ query }: Queryable, id: string, now: number): Promise<void> {
  await query(
    `insert into customers as known (customer_id, revision, created_at, updated_at) values ($1, 1, $2, $2)
     on conflict (tenant_id, customer_id) do update set updated_at = greatest(known.updated_at, excluded.updated_at)`,
    [id, now],
  );
}

/** Of one that is held. @returns those that were counted: not what would go below 0, or beyond what numbers are exact for */
export async function addToCounters(
  { query }: Queryable,
  id: string,
  steps: readonly { name: string; by: number }[],
): Promise<{ name: string; value: number }[]> {
  const given = JSON.stringify(steps);
  const [, rows] = await Promise.all([
    query(
      `insert into customer_counters (customer_id, name, value)
       select $1, name, 0 from jsonb_to_recordset($2::jsonb) as given (name text) on conflict do nothing`,
      [id, given],
    ),
    query<{ name: string; value: number }>(
      `update customer_counters n set value = n.value + given.by
       from jsonb_to_recordset($2::jsonb) as given (name text, by bigint)
       where n.customer_id = $1 and n.name = given.name and n.value + given.by between 0 and 9007199254740991
       returning n.name, n.value`,
      [id, given],
    ),
  ]);
  return rows;
}

/** Of whoever is known, and to no less than 0. */
export async function takeFromCounters(
  { query }: Queryable,
  id: string,
  steps: readonly { name: string; by: number }[],
): Promise<void> {
  await query(
    `update customer_counters n set value = greatest(0, n.value - given.by)
     from jsonb_to_recordset($2::jsonb) as given (name text, by bigint) where n.customer_id = $1 and n.name = given.name`,
    [id, JSON.stringify(steps)],
  );
}

/** With all that was counted of it. */
export async function deleteCustomer({ query }: Queryable, id: string): Promise<void> {
  await query("delete from customers where customer_id = $1", [id]);
}
