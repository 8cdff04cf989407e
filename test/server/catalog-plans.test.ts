import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type EmbeddedPostgres, startEmbedded } from "@haggle/server";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { readAdminKey } from "../support/api-keys.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startServer, until } from "../support/server.ts";

// The catalog of a shop that its database's statistics know nothing of, or next to nothing: the first file of a tenant, or of a shop
// that had tried one product. What is counted are rows, not time.

const ROWS = 2_000;
/**
 * Of all tables, for each row of the two files: each is looked up by its key some ten times, or found among the sixty of a page. Who
 * reads all of a tenant's for each is above a thousand.
 */
const MOST_READ = 200;
const HEAD = "sku,productId,name,product.name,unitPrice.EUR,unitPrice.CHF";

let folder: string;
let postgres: EmbeddedPostgres;
const clients: pg.Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-catalog-plans-"));
  postgres = await startEmbedded(join(folder, "database"), createLog("silent"));
});
afterAll(async () => {
  await postgres.stop();
  await removeFolder(folder);
});

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client(urlOf(database));
  await client.connect();
  clients.push(client);
  return client;
}

function urlOf(database: string): string {
  const url = new URL(postgres.url);
  url.pathname = `/${database}`;
  return url.href;
}

/** A server of a tenant, and what puts a file into its catalog. */
async function open(database: string, tenant: string) {
  const data = join(folder, `${database}-${tenant}`);
  const env = { DATABASE_URL: urlOf(database), HAGGLE_TENANT: tenant };
  const server = await startServer(data, { env });
  const key = await readAdminKey(data);
  return {
    async import(rows: readonly string[]): Promise<void> {
      const answer = await fetch(`${server.url}/v1/catalog/imports`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "text/csv" },
        body: [HEAD, ...rows].join("\n"),
      });
      expect(await answer.json()).toMatchObject({ state: "done", rows: { written: rows.length } });
    },
    close: server.close,
  };
}

const rowsOf = (count: number, name: string, price: string) =>
  Array.from({ length: count }, (_, i) => `s-${i},p-${i},${name},Product,${price}`);

/** Tenants with so many variants each, as statistics know them. */
async function fill(admin: pg.Client, tenants: number, each: number): Promise<void> {
  const from = "from generate_series(1, $1::int) as t, generate_series(1, $2::int) as i";
  const times = "revision, created_at, updated_at";
  for (const sql of [
    `insert into products (tenant_id, product_id, name, ${times}) select 't' || t, 'p' || i, 'x', 1, 1, 1 ${from}`,
    `insert into variants (tenant_id, sku, product_id, ${times}) select 't' || t, 's' || i, 'p' || i, 1, 1, 1 ${from}`,
    `insert into variant_prices (tenant_id, sku, currency, position, unit_price)
     select 't' || t, 's' || i, 'EUR', 1, 100 ${from}`,
    `insert into skus (tenant_id, sku, product_id, name, categories, currency, list_price, revision, updated_at)
     select 't' || t, 's' || i, 'p' || i, 'x', '{}', 'EUR', 100, 1, 1 ${from}`,
  ]) {
    await admin.query(sql, [tenants, each]);
  }
}

it.each([
  ["one row of its own", "own", 0, 0],
  ["sixty tenants with a row each", "sixty", 60, 1],
  ["many small tenants", "small", 300, 3],
  ["some large tenants", "large", 3, 1_000],
])("a file is read by keys where statistics know of %s", async (_name, database, tenants, each) => {
  const owner = await connect(new URL(postgres.url).pathname.slice(1));
  await owner.query(`create database ${database}`);
  // Whose statistics they are is for the test to say.
  const first = await open(database, "north");
  const admin = await connect(database);
  const { rows: tables } = await admin.query<{ name: string }>(
    "select relname as name from pg_stat_user_tables",
  );
  for (const { name } of tables) await admin.query(`alter table ${name} set (autovacuum_enabled = false)`);
  if (tenants === 0) await first.import(rowsOf(1, "First", "100,"));
  await fill(admin, tenants, each);
  await admin.query("analyze");
  await first.close();
  const read = async () => {
    // A connection tells what it read when it ends.
    await until(async () => {
      const others =
        "select from pg_stat_activity where datname = current_database() and backend_type = 'client backend'";
      return (await admin.query(`${others} and pid <> pg_backend_pid()`)).rows.length === 0;
    });
    const sum =
      "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as sum from pg_stat_user_tables";
    return (await admin.query<{ sum: number }>(sum)).rows[0]!.sum;
  };
  const before = await read();
  const shop = await open(database, tenants === 0 ? "north" : "south");
  await shop.import(rowsOf(ROWS, "Variant", "1000,"));
  await shop.import(rowsOf(ROWS, "Other", "1000,900"));
  await shop.close();
  expect((await read()) - before).toBeLessThan(2 * ROWS * MOST_READ);
});
