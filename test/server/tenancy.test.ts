import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAdminKey, withKey } from "../support/api-keys.ts";
import { NOBODYS, OWN, type Question } from "../support/question.ts";
import { createQuoteWorld, type QuoteWorld } from "../support/quotes.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "../support/server.ts";
import { QUESTIONS } from "../support/stranger.ts";
import { makeThings, type Things } from "../support/tenancy.ts";

// Two tenants on one database: each route and each table is asked by one of them for what the other one has.

/** Tables of which this tenant may have no rows: of what takes a while, or goes wrong. */
const UNUSED = [
  "approvals",
  "catalog_import_products",
  "catalog_import_rows",
  "experiment_analyses",
  "experiment_units",
  "experiment_winners",
  "idempotency_keys",
  "observations",
  "outbox_failures",
  "outbox_held",
  "outbox_relays",
  "replaced_prices",
  "stock_gates",
  "stock_ration_uses",
];

/** The same for everybody, and read only. */
const EVERYBODYS = ["haggle_migrations", "order_transitions"];

let world: QuoteWorld;
let their: Things;
let theirTenant: string;
let shop: Shop;
let server: TestServer;
let key: string;
let mine: Database;
/** Who sees everything. */
let admin: pg.Client;
/** What the owner himself is told, by what is only read. */
const found = new Map<string, number>();

beforeAll(async () => {
  world = await createQuoteWorld();
  their = await makeThings(world);
  theirTenant = world.database.tenant;
  shop = await createShop();
  await shop.publish();
  server = await startServer(shop.dataFolder);
  key = await readAdminKey(shop.dataFolder);
  mine = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
  admin = new pg.Client(testDatabaseUrl());
  await admin.connect();
  const theirKey = await readAdminKey(world.shop.dataFolder);
  for (const [route, question] of listQuestions()) {
    if (route.startsWith("GET"))
      found.set(route, (await ask(world.server, theirKey, route, question)).status);
  }
  // Nothing of theirs changes by itself from here on.
  await world.server.close();
});
afterAll(async () => {
  await admin.end();
  await mine.close();
  await server.close();
  await shop.remove();
  await world.close();
});

async function listTables(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all($1) order by table_name`,
    [EVERYBODYS],
  );
  return rows.map(({ name }) => name);
}

type Contents = { rows: number; digest: string };

/** What they have in each table. */
async function readTheirs(): Promise<Record<string, Contents>> {
  const tables = await listTables();
  const all: Record<string, Contents> = {};
  for (const name of tables) {
    const { rows } = await admin.query<Contents>(
      `select count(*)::int as rows, coalesce(md5(string_agg(each::text, '' order by each::text)), '') as digest
       from ${name} as each where tenant_id = $1`,
      [theirTenant],
    );
    all[name] = rows[0]!;
  }
  return all;
}

function listQuestions(): [route: string, question: Question][] {
  return Object.entries(QUESTIONS).flatMap(([route, question]) =>
    question === NOBODYS || question === OWN ? [] : [[route, question]],
  );
}

async function ask(
  at: TestServer,
  by: string,
  route: string,
  { path, body, headers }: Question,
): Promise<{ status: number; text: string }> {
  const [method, url] = route.split(" ") as [string, string];
  const { authorization } = withKey(by);
  const sent = typeof body === "function" ? body(their) : body;
  const response = await fetch(at.url + (path?.(their) ?? url), {
    method,
    headers: {
      authorization: authorization!,
      ...(sent !== undefined && { "content-type": "application/json" }),
      ...headers?.(their),
    },
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
  });
  return { status: response.status, text: await response.text() };
}

describe("of another tenant's things", () => {
  it("each route is asked", () => {
    const routes = server.app.routes.flatMap(({ method, url }) =>
      [method].flat().map((each) => `${each} ${url}`),
    );
    const asked = routes.filter((route) => !route.startsWith("HEAD ") && !route.startsWith("OPTIONS "));
    const message =
      "each route has a line in test/support/stranger.ts: what a stranger asks of it, and what he gets";
    expect(Object.keys(QUESTIONS).sort(), message).toEqual([...new Set(asked)].sort());
  });

  it("no route tells or changes anything", async () => {
    const before = await readTheirs();
    // Skus, names and ids, none of which the stranger has himself.
    const { location, order, sale, experiment, ticket, ...ids } = their;
    const marks = [...Object.values(ids), "their-", "lamp-", "runner", "c-gold", "parcel", theirTenant];
    const wrong: string[] = [];
    for (const [route, question] of listQuestions()) {
      const { status, text } = await ask(server, key, route, question);
      if (status !== question.is)
        wrong.push(`${route}: ${status}, not ${question.is}: ${text.slice(0, 200)}`);
      // What is refused names what was asked for.
      const told =
        status < 300 ? marks.filter((mark) => mark !== question.repeats && text.includes(mark)) : [];
      if (told.length > 0) wrong.push(`${route}: tells ${told.join(", ")}`);
      if (question.is === 404 && route.startsWith("GET") && found.get(route) !== (question.ownerIs ?? 200)) {
        wrong.push(`${route}: there is none for its owner either, ${found.get(route)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await readTheirs()).toEqual(before);
  });

  it("no table is read or written", async () => {
    const before = await readTheirs();
    const empty = Object.entries(before).flatMap(([table, { rows }]) => (rows === 0 ? [table] : []));
    expect(empty.filter((table) => !UNUSED.includes(table))).toEqual([]);
    const sql = {
      read: (table: string) => `select from ${table} where tenant_id = '${theirTenant}'`,
      locked: (table: string) => `select from ${table} where tenant_id = '${theirTenant}' for update`,
      taken: (table: string) =>
        `update ${table} set tenant_id = '${mine.tenant}' where tenant_id = '${theirTenant}' returning 1`,
      changed: (table: string) =>
        `update ${table} set tenant_id = tenant_id where tenant_id = '${theirTenant}' returning 1`,
      deleted: (table: string) => `delete from ${table} where tenant_id = '${theirTenant}' returning 1`,
      given: (table: string) => `insert into ${table} (tenant_id) values ('${theirTenant}')`,
    };
    const wrong: string[] = [];
    for (const table of Object.keys(before)) {
      for (const [name, statement] of Object.entries(sql)) {
        const outcome = await mine.query(statement(table)).then(
          (rows) => rows.length,
          (cause: { code?: string }) => cause.code,
        );
        // No row of theirs is seen, or the statement is not allowed at all.
        const isKept = outcome === "42501" || (outcome === 0 && name !== "given");
        if (!isKept) wrong.push(`${table} ${name}: ${outcome}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await readTheirs()).toEqual(before);
  });
});
