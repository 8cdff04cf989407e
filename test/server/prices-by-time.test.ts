import { DEFAULT_POLICY } from "@haggle/abi";
import { afterEach, expect, it } from "vitest";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";

// The time of day that pricing rules read: of the zone that the operator names, by the offsets that the authors signed.

const HOUR_MS = 3_600_000;
const DAY_MINUTES = 1_440;
const NOW = Date.now();
/** East of UTC, where it is half past midnight now. */
const OFFSET = (30 - Math.floor(NOW / 60_000)) % DAY_MINUTES;
const POLICY = { ...DEFAULT_POLICY, timeZones: { "Far/Away": [{ from: 0, offset: OFFSET }] } };

const NIGHT = `id: night
rule: price-by-time
skus: ["lamp-*"]
parameters: { from: 0, until: 360, percent: "20" }`;

let world: PriceWorld;

afterEach(() => world.close());

async function open(timeZone: string) {
  world = await createPriceWorld({
    rules: ["price-by-time"],
    policy: POLICY,
    env: { HAGGLE_TIME_ZONE: timeZone },
  });
  world.time.now = NOW;
  const server = await world.start();
  const operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a")], { method: "PUT" });
  await world.save(NIGHT);
  return server;
}

it("is local: cheaper after midnight there, and not any more in the morning", async () => {
  const server = await open("Far/Away");
  // The release brings it along; no machine knows it.
  const told = "this machine does not know the time zone; periods of budgets are those of UTC";
  expect(server.log.map(({ msg }) => msg)).toContain(told);
  await world.costs(server, "lamp-a", 8_000);
  world.time.now = NOW + 6 * HOUR_MS;
  await world.costs(server, "lamp-a", 10_000);
});

it("is none in a zone that the release does not know, and the log says so", async () => {
  const server = await open("Asia/Tokyo");
  const told = expect.objectContaining({ timeZone: "Asia/Tokyo", known: ["Far/Away"] });
  await expect.poll(() => server.log, { timeout: 10_000 }).toContainEqual(told);
  await expect
    .poll(async () => (await world.price(server, "lamp-a")).strategy, { timeout: 10_000 })
    .toMatchObject({ id: "night" });
  expect((await world.price(server, "lamp-a")).unitPrice).toBe(10_000);
});

it("opens and ends a strategy's window with nothing else changed", async () => {
  world = await createPriceWorld();
  world.time.now = NOW;
  const server = await world.start();
  const operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a"), lamp("b")], { method: "PUT" });
  // Sooner than prices are looked at again in any case.
  const [from, until] = [NOW + 20_000, NOW + 40_000];
  const sale = raise("30", `window: { from: ${from}, until: ${until} }`);
  const all = raise("10").replace("lamps", "all");
  await world.save(sale.replace("lamp-*", "lamp-a"), all);
  await world.costs(server, "lamp-b", 11_000);
  expect((await world.price(server, "lamp-a")).unitPrice).toBe(11_000);
  world.time.now = from;
  expect(await world.costs(server, "lamp-a", 13_000)).toMatchObject({ strategy: { id: "lamps" } });
  expect((await world.price(server, "lamp-b")).unitPrice).toBe(11_000);
  world.time.now = until;
  expect(await world.costs(server, "lamp-a", 11_000)).toMatchObject({ strategy: { id: "all" } });
});
