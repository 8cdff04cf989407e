import type { PriceBound } from "@haggle/abi";
import { createHaggle, priceOf } from "@haggle/sdk/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";
import { type TestServer, until } from "../support/server.ts";

// Prices of the first arm's release, and the shoppers of another arm: its authors signed other bounds.

let world: PriceWorld;
let server: TestServer;

beforeEach(async () => {
  world = await createPriceWorld();
  server = await world.start();
  const operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a")], { method: "PUT" });
  await world.save(raise("10"));
  await world.costs(server, "lamp-a", 11_000);
});

afterEach(() => world.close());

/** Half of all shoppers on a release with these bounds. Resolves with its digest. */
async function share(bounds: PriceBound[], version: number): Promise<string> {
  const { release } = await world.shop.sign({ version, release: { bounds } });
  await world.shop.write(`releases/${release.sha256}.json`, release.bytes);
  const { channel } = await world.shop.sign({
    channel: {
      version: version + 8,
      arms: [
        { release: world.published.release.sha256, range: [0, 5_000], seed: "s" },
        { release: release.sha256, range: [5_000, 10_000], seed: "s" },
      ],
    },
  });
  await world.shop.write("channels/stable.json", channel.bytes);
  await until(() => server.app.releases.find()?.channel.arms.at(-1)?.release === release.sha256);
  return release.sha256;
}

const pricedArms = () => server.app.releases.find()?.prices?.also ?? [];

/** What somebody of the other arm pays, by documents that the SDK verified. */
async function paidOnOther(release: string): Promise<number> {
  const root = await (await server.get("/v1/root")).text();
  const client = createHaggle({ url: server.url, root, context: { bucket: 9_000 } });
  await client.ready();
  expect(client.state?.release).toBe(release);
  const { unitPrice = 10_000 } = priceOf(client.prices, "lamp-a") ?? {};
  client.close();
  return unitPrice;
}

it("are its own, where they keep what its authors signed", async () => {
  const wide = await share([{ sku: "*", minUnitPrice: 1, maxUnitPrice: 99_999 }], 2);
  await until(() => pricedArms().includes(wide));
  expect(await paidOnOther(wide)).toBe(11_000);
});

it.each<[string, PriceBound[]]>([
  ["a price is above its ceiling", [{ sku: "lamp-*", minUnitPrice: 1, maxUnitPrice: 10_999 }]],
  ["a sku has no bound there", [{ sku: "chair-*", minUnitPrice: 1, maxUnitPrice: 99_999 }]],
  [
    "prices may move faster than there",
    [{ sku: "lamp-*", minUnitPrice: 1, maxUnitPrice: 99_999, maxChangePerHour: "50" }],
  ],
])("are not: %s", async (_why, bounds) => {
  const wide = await share([{ sku: "*", minUnitPrice: 1, maxUnitPrice: 99_999 }], 2);
  await until(() => pricedArms().includes(wide));
  const narrow = await share(bounds, 3);
  // The document that named the arm before is replaced by one that names none.
  await until(() => pricedArms().length === 0);
  expect(await paidOnOther(narrow)).toBe(10_000);
  expect((await world.price(server, "lamp-a")).unitPrice).toBe(11_000);
});
