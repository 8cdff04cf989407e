import type { Queryable } from "../../platform/database/database.ts";
import type { MethodBody } from "./schema.ts";

// The SQL of shipping methods, one statement each. Amounts are minor units, times epoch milliseconds.

export type StoredMethod = Omit<MethodBody, "taxClass"> & {
  id: string;
  taxClass: string | null;
  revision: number;
  updatedAt: number;
};

const METHOD = `method_id as id, method, regions, steps_by as "stepsBy", prices, tax_class as "taxClass", revision,
  updated_at as "updatedAt"`;

export function listMethods({ query }: Queryable): Promise<StoredMethod[]> {
  return query<StoredMethod>(`select ${METHOD} from shipping_methods order by method_id`);
}

/** Those that go to one of these regions. */
export function listMethodsTo({ query }: Queryable, regions: readonly string[]): Promise<StoredMethod[]> {
  const sql = `select ${METHOD} from shipping_methods where regions && $1::text[] order by method_id`;
  return query<StoredMethod>(sql, [regions], "shipping-to");
}

export async function findMethod({ query }: Queryable, id: string): Promise<StoredMethod | undefined> {
  const sql = `select ${METHOD} from shipping_methods where method_id = $1`;
  return (await query<StoredMethod>(sql, [id], "shipping-find"))[0];
}

/** Holds the method, if there is one, until the transaction ends. */
export async function lockMethod({ query }: Queryable, id: string): Promise<StoredMethod | undefined> {
  const sql = `select ${METHOD} from shipping_methods where method_id = $1 for update`;
  return (await query<StoredMethod>(sql, [id]))[0];
}

type NewMethod = Omit<StoredMethod, "revision">;

/** Nothing where somebody was faster. @returns whether it is there now by this */
export async function insertMethod({ query }: Queryable, method: NewMethod): Promise<boolean> {
  const rows = await query(
    `insert into shipping_methods (method_id, method, regions, steps_by, prices, tax_class, updated_at, revision)
     values ($1, $2, $3, $4, $5, $6, $7, 1) on conflict do nothing returning method_id`,
    valuesOf(method),
  );
  return rows.length > 0;
}

/** Of one that is held. */
export async function updateMethod({ query }: Queryable, method: NewMethod): Promise<void> {
  await query(
    `update shipping_methods set method = $2, regions = $3, steps_by = $4, prices = $5, tax_class = $6, updated_at = $7,
       revision = revision + 1
     where method_id = $1`,
    valuesOf(method),
  );
}

export async function deleteMethod({ query }: Queryable, id: string): Promise<void> {
  await query("delete from shipping_methods where method_id = $1", [id]);
}

function valuesOf({ id, method, regions, stepsBy, prices, taxClass, updatedAt }: NewMethod): unknown[] {
  return [id, method, regions, stepsBy, JSON.stringify(prices), taxClass, updatedAt];
}
