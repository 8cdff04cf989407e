import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { createPriceWorld, lamp, type PriceJson, type PriceWorld, raise } from "../support/prices.ts";
import { until } from "../support/server.ts";
import { type Overview, strategiesText } from "../support/strategies.ts";

// The set in force over restarts, by the real program: killed at once, with a torn file in the folder, and with a database that does
// not tell its strategies. Its own PostgreSQL, so that nobody else misses the table.

let parent: string;
let world: PriceWorld;
let postgres: Awaited<ReturnType<typeof startEmbedded>>;
let server: ServerProcess;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "haggle-kept-"));
  postgres = await startEmbedded(join(parent, "database"), createLog("silent"));
  world = await createPriceWorld();
  await start();
});

afterEach(async () => {
  await server?.kill();
  await world?.close();
  await postgres?.stop();
  await rm(parent, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const folder = join(world.shop.dataFolder, "pricing");
  const env = { DATABASE_URL: postgres.url, STRATEGIES_DIR: folder, LOG_LEVEL: "silent" };
  server = await startServerProcess(world.shop, env);
}

async function put(listPrice: number): Promise<void> {
  const { status } = await server.call("/v1/skus", [lamp("a", { listPrice })], { method: "PUT" });
  expect(status).toBe(200);
}

function costs(unitPrice: number): Promise<unknown> {
  return until(async () => {
    const { body } = await server.call<PriceJson>("/v1/prices/stable/skus/lamp-a");
    return body.unitPrice === unitPrice;
  });
}

const warns = (code: string): Promise<unknown> =>
  until(async () => (await server.call<{ warnings: string[] }>("/readyz")).body.warnings.includes(code));

/** As somebody who saves in place is seen half-way, and never comes to the end. */
async function tear(): Promise<void> {
  const whole = strategiesText("v2026.11.23-torn", [raise("90")]);
  await writeFile(join(world.shop.dataFolder, "pricing", "strategies.yaml"), whole.slice(0, -5));
}

async function alter(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

it("is the last good one behind a kill and over a torn file, from the database and from the disk", async () => {
  await put(10_000);
  const version = await world.save(raise("10"));
  await costs(11_000);
  await tear();
  await server.kill();
  await start();
  await put(11_000);
  await costs(12_100);
  await warns("STRATEGY_TORN");
  const { active, refused } = (await server.call<Overview>("/v1/strategies")).body;
  expect([active, refused?.faults[0]?.code]).toEqual([version, "STRATEGY_TORN"]);
  await server.kill();
  await alter("alter table strategy_heads rename to strategy_heads_away");
  await start();
  // Without a set in force this would be told as the list price.
  await put(12_000);
  await costs(13_200);
  await warns("STRATEGY_TORN");
  await alter("alter table strategy_heads_away rename to strategy_heads");
  await until(
    async () => (await server.call<Overview>("/v1/strategies")).body.versions?.[0]?.version === version,
  );
  await world.save(raise("20"));
  await costs(14_400);
});

it("is that of the database where what is kept on disk was spoilt", async () => {
  await put(10_000);
  await world.save(raise("10"));
  await costs(11_000);
  const state = join(world.shop.dataFolder, "state", "strategies.json");
  const kept = await readFile(state, "utf8");
  await server.kill();
  await writeFile(state, kept.slice(0, kept.length / 2));
  await tear();
  await start();
  await put(12_000);
  await costs(13_200);
});
