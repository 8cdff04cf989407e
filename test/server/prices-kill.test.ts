import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnvelope, parsePrices } from "@haggle/abi";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { lamp, raise } from "../support/prices.ts";
import { createShop, type Shop } from "../support/release.ts";
import { until } from "../support/server.ts";
import { readPricingRules, strategiesText } from "../support/strategies.ts";

// The server that makes prices is killed at any moment of it: what was said to be there is, documents follow each other,
// and what an hour allows is counted from before the kill.

const KILLS = 6;
/** From the save of a set to its document takes some hundreds of milliseconds here. */
const MAX_DELAY_MS = 600;
const BOUNDS = [
  { sku: "lamp-steady", minUnitPrice: 1_000, maxUnitPrice: 90_000, maxChangePerHour: "10" },
  { sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 90_000 },
];

let shop: Shop;
let folder: string;
let server: ServerProcess | undefined;

beforeEach(async () => {
  shop = await createShop({ files: await readPricingRules(["price-by-stock"]) });
  await shop.giveKey("channel");
  await shop.giveKey("prices");
  await shop.publish({ release: { bounds: BOUNDS } });
  folder = join(shop.dataFolder, "pricing");
  await mkdir(folder);
});

afterEach(async () => {
  if (server?.isRunning()) await server.kill();
  await shop.remove();
});

async function start(): Promise<string> {
  server = await startServerProcess(shop, { STRATEGIES_DIR: folder });
  return server.url;
}

async function save(number: number, percent: number): Promise<void> {
  const path = join(folder, "strategies.yaml");
  await writeFile(`${path}.tmp`, strategiesText(`v2026.11.22-${number}`, [raise(`${percent}`)]));
  await rename(`${path}.tmp`, path);
}

/** The document that clients are given. */
async function readDocument(url: string) {
  const response = await fetch(`${url}/v1/prices/stable`);
  if (response.status !== 200) return undefined;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { version, strategy, prices } = parsePrices(parseEnvelope(bytes, "prices").payload);
  return { version, set: strategy.id, by: new Map(prices.map(({ sku, unitPrice }) => [sku, unitPrice])) };
}

it("prices, skus and the hour outlive it", { timeout: 300_000 }, async () => {
  const delays = fc.sample(fc.integer({ min: 0, max: MAX_DELAY_MS }), KILLS);
  let url = await start();
  const put = (...skus: object[]) => server!.call("/v1/skus", skus, { method: "PUT" });
  expect((await put(lamp("steady"))).status).toBe(200);
  await save(0, 1);
  let before = (await until(() => readDocument(url)))!;
  expect(before.by.get("lamp-steady")).toBe(10_100);
  for (const [index, delay] of delays.entries()) {
    const name = `new-${index}`;
    const percent = 20 + index;
    const told: number[] = [];
    const changes = put(lamp(name)).then(
      ({ status }) => told.push(status),
      // The connection broke off: nothing was told.
      () => 0,
    );
    await save(index + 1, percent);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await server!.kill();
    await changes;
    url = await start();
    if (told[0] !== 200) expect((await put(lamp(name))).status).toBe(200);
    const next = (await until(async () => {
      const document = await readDocument(url);
      return document?.by.get(`lamp-${name}`) === 10_000 + percent * 100 ? document : undefined;
    }))!;
    expect(next.version).toBeGreaterThan(before.version);
    expect(next.set).toBe(`v2026.11.22-${index + 1}`);
    // A tenth above the list price that it had within the hour, whatever was killed in between.
    expect(next.by.get("lamp-steady")).toBe(11_000);
    expect(next.by.size).toBe(index + 2);
    before = next;
  }
});
