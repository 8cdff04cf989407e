import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";
import { tenantOf, testDatabaseUrl } from "../support/server.ts";

// What the database keeps of prices that others took the place of.

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const HOUR_MS = 3_600_000;

let world: PriceWorld;
let database: Database;

beforeEach(async () => {
  world = await createPriceWorld();
  const tenant = tenantOf(world.shop.dataFolder);
  const log = createLog("silent");
  database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
});

afterEach(async () => {
  await database.close();
  await world.close();
});

/** Oldest first: whether each is still whole. */
async function listKept(kind: string): Promise<boolean[]> {
  const rows = await database.query<{ kept: boolean }>(
    `select document is not null as kept from channel_documents where kind = $1 order by edition`,
    [kind],
  );
  return rows.map(({ kept }) => kept);
}

it("is whole for two hours, as what is in force is, and then its digest", async () => {
  const begin = Date.now();
  world.time.now = begin;
  const server = await world.start();
  const operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a")], { method: "PUT" });
  const priceAt = async (hours: number, percent: number): Promise<void> => {
    world.time.now = begin + hours * HOUR_MS;
    await world.save(raise(`${percent}`));
    await world.costs(server, "lamp-a", 10_000 + percent * 100);
  };
  await priceAt(0, 1);
  await priceAt(1, 2);
  await priceAt(2, 3);
  expect(await listKept("prices")).toEqual([true, true, true]);
  await priceAt(3.5, 4);
  expect(await listKept("prices")).toEqual([false, false, true, true]);
  // Nobody took its place meanwhile, so it was in force until now.
  await priceAt(9, 5);
  expect(await listKept("prices")).toEqual([false, false, false, true, true]);
  expect(await listKept("channel")).not.toContain(false);
});
