import { encodeUtf8, type PriceBound, type Prices, parseEnvelope, parsePrices } from "@haggle/abi";
import { createHaggle, type Haggle, priceOf } from "@haggle/sdk/client";
import { signDocument } from "@haggle/sdk/sign";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventStream } from "../../sdk/src/trust/event-stream.ts";
import { createHangingSigner } from "../support/hanging-signer.ts";
import {
  createPriceWorld,
  lamp,
  type PriceWorld,
  point,
  raise,
  startRollout,
  WIDE,
} from "../support/prices.ts";
import { testSigner } from "../support/release.ts";
import type { Call } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// A channel gives another release while strategies give prices: what a page shows meanwhile, to the last update.

const SLOW: PriceBound[] = [
  { sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: 20_000, maxChangePerHour: "1" },
];
const HOUR_MS = 3_600_000;
const PRICE = 11_000;

/** All that a client, or a server, ever had: the release, and what a lamp costs by it; "list" for the list price. */
type Shown = [release: string, price: number | "list"][];

let world: PriceWorld;
let server: TestServer;
let operate: Call;
let clients: Haggle[];

beforeEach(async () => {
  clients = [];
  world = await createPriceWorld();
  server = await world.start();
  operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a"), lamp("b")], { method: "PUT" });
  await world.save(raise("10"));
  await world.costs(server, "lamp-a", PRICE);
});

afterEach(async () => {
  for (const client of clients) client.close();
  await world.close();
});

/** A page that is open, whose shopper is in this bucket. */
async function open(at: TestServer, bucket = 0): Promise<{ client: Haggle; shown: Shown }> {
  const root = await (await at.get("/v1/root")).text();
  const client = createHaggle({ url: at.url, root, context: { bucket } });
  clients.push(client);
  await until(async () => {
    await client.refresh();
    return priceOf(client.prices, "lamp-a")?.unitPrice === PRICE;
  });
  const shown: Shown = [];
  client.on("update", ({ release }) => {
    shown.push([release, priceOf(client.prices, "lamp-a")?.unitPrice ?? "list"]);
  });
  return { client, shown };
}

/** What quotes and routes of a server go by. */
function watch(at: TestServer): Shown {
  const shown: Shown = [];
  at.app.releases.subscribe(({ release, prices }) => {
    shown.push([release, priceOf(prices, "lamp-a")?.unitPrice ?? "list"]);
  });
  return shown;
}

/** Until strategies have priced for the release, and everybody has that. */
const settled = (release: string, ...pages: { client: Haggle }[]) =>
  until(() =>
    pages.every(({ client }) => client.state?.release === release && client.prices?.release === release),
  );

async function act(id: string, verb: string): Promise<void> {
  expect((await operate(`/v1/rollouts/${id}/${verb}`, { reason: "it is meant" })).status).toBe(200);
}

const pricesOf = (...all: Shown[]) => [...new Set(all.flatMap((shown) => shown.map(([, price]) => price)))];

describe("a page shows the prices of strategies all the time", () => {
  it("while a release is published by the interface, and the one before comes back", async () => {
    const page = await open(server);
    const served = watch(server);
    const next = await world.bring(operate, 2);
    expect((await point(operate, next)).status).toBe(200);
    await settled(next, page);
    expect((await point(operate, world.published.release.sha256, { older: true })).status).toBe(200);
    await settled(world.published.release.sha256, page);
    expect(page.shown.filter(([release]) => release === next).length).toBeGreaterThan(0);
    expect(pricesOf(page.shown, served)).toEqual([PRICE]);
  });

  it("while one is published by which they move more slowly from then on", async () => {
    const page = await open(server);
    const next = await world.bring(operate, 2, SLOW);
    expect((await point(operate, next)).status).toBe(200);
    await settled(next, page);
    expect(pricesOf(page.shown)).toEqual([PRICE]);
  });

  it("while one is published into the folder, by every server on it", async () => {
    const other = await world.start();
    const pages = [await open(server), await open(other)];
    const served = [watch(server), watch(other)];
    for (const version of [2, 3, 4]) {
      const { release } = await world.shop.publish({ version, release: { bounds: WIDE } });
      await settled(release.sha256, ...pages);
    }
    expect(pricesOf(...pages.map(({ shown }) => shown), ...served)).toEqual([PRICE]);
  });

  it("though one lay in the folder before any server was there", async () => {
    await server.close();
    const { release } = await world.shop.publish({ version: 2, release: { bounds: WIDE } });
    // Its strategies are those of the database, and nobody prices by them; the look at the folder is over before its key answers.
    const signer = await createHangingSigner(1);
    const { HAGGLE_PRICES_KEY: command, ...env } = signer.env("PRICES");
    const served = await startServer(world.shop.dataFolder, {
      env: {
        ...env,
        HAGGLE_PRICES_KEY: command!.replace("command:", "command:sleep 2; "),
        HAGGLE_ROLES: "rollout,storefront",
      },
    });
    const { unitPrice } = await world.price(served, "lamp-a");
    const live = served.app.releases.find()?.release;
    await served.close();
    await signer.remove();
    expect({ live, unitPrice }).toEqual({ live: release.sha256, unitPrice: PRICE });
  });

  it("while one is rolled out to some, then to all, and taken back from all", async () => {
    const [first, last] = [await open(server), await open(server, 9_999)];
    const served = watch(server);
    const from = world.published.release.sha256;
    const to = await world.bring(operate, 2);
    const rollout = await startRollout(operate, to, 5_000, 10_000);
    await until(() => last.client.state?.release === to);
    expect(first.client.state?.release).toBe(from);
    await act(rollout, "promote");
    await settled(to, first, last);
    const back = await startRollout(operate, from, 10_000);
    await settled(from, first, last);
    await act(back, "rollback");
    await settled(to, first, last);
    expect(pricesOf(first.shown, last.shown, served)).toEqual([PRICE]);
  });

  // Long enough a pass of strategies, that releases come and go in the middle of one.
  it("while stock changes what other skus cost, of many", async () => {
    const many = Array.from({ length: 1_500 }, (_, index) => lamp(`${index}`));
    expect((await operate("/v1/skus", many, { method: "PUT" })).status).toBe(200);
    await world.costs(server, "lamp-1499", PRICE);
    const page = await open(server);
    const served = watch(server);
    const [from, to] = [world.published.release.sha256, await world.bring(operate, 2)];
    let isOver = false;
    const selling = (async () => {
      for (let stock = 0; !isOver; stock++) {
        await operate("/v1/skus/lamp-b", { stock: (stock % 2) * 100 }, { method: "PATCH" });
      }
    })();
    for (let round = 0; round < 8; round++) {
      expect((await point(operate, to)).status).toBe(200);
      expect((await point(operate, from, { older: true })).status).toBe(200);
    }
    expect((await point(operate, to)).status).toBe(200);
    await settled(to, page);
    isOver = true;
    await selling;
    // Whoever looks at any moment finds prices of the release that is live.
    expect(server.log.filter(({ code }) => code?.startsWith("DOCUMENT_"))).toEqual([]);
    expect(pricesOf(page.shown, served)).toEqual([PRICE]);
  });
});

it("prices that cannot be read keep nobody from another release", async () => {
  const database = await world.openRegistry();
  await database.query(
    "update channel_heads set document = 'none', edition = edition + 1 where kind = 'prices'",
  );
  await database.close();
  const next = await world.bring(operate, 2);
  expect((await point(operate, next)).status).toBe(200);
  await until(() => server.app.releases.find()?.release === next);
  const { release } = await world.shop.publish({ version: 3, release: { bounds: WIDE } });
  await until(() => server.app.releases.find()?.release === release.sha256);
});

it("prices that people signed are for the release that they named", async () => {
  const own = await createPriceWorld();
  const at = await own.start();
  const call = await own.operator(at);
  const { sha256: release } = own.published.release;
  const issued = Date.now();
  const document: Prices = {
    type: "prices",
    channel: "stable",
    version: 1,
    issued,
    expires: issued + HOUR_MS,
    release,
    strategy: { version: 1, id: "by hand" },
    prices: [{ sku: "lamp-a", unitPrice: PRICE }],
  };
  const { bytes } = await signDocument(document, [await testSigner(1)]);
  await own.shop.write("prices/stable.json", bytes);
  await until(() => at.app.releases.find()?.prices);
  const { release: next } = await own.shop.sign({ version: 2, release: { bounds: WIDE } });
  await call("/v1/releases", JSON.parse(new TextDecoder().decode(next.bytes)));
  await call("/v1/channels/stable/release", { release: next.sha256 }, { method: "PUT" });
  expect(at.app.releases.find()).toMatchObject({ release: next.sha256 });
  expect(at.app.releases.find()?.prices).toBeUndefined();
  await own.close();
});

it.each<[string, PriceBound[]]>([
  ["a price is above its ceiling", [{ sku: "lamp-*", minUnitPrice: 1_000, maxUnitPrice: PRICE - 1 }]],
  ["a sku has no bound there", [{ sku: "lamp-b", minUnitPrice: 1_000, maxUnitPrice: 20_000 }]],
])("prices that do not keep the new bounds are not carried over: %s", async (_why, bounds) => {
  const page = await open(server);
  const next = await world.bring(operate, 2, bounds);
  expect((await point(operate, next)).status).toBe(200);
  await settled(next, page);
  expect(page.shown.find(([release]) => release === next)).toEqual([next, "list"]);
  expect(pricesOf(page.shown)).not.toContain(PRICE);
  expect(server.log.map(({ code }) => code)).not.toContain("DOCUMENT_OUT_OF_BOUNDS");
});

it("prices that may move faster than some shoppers' release lets them are not carried over to it", async () => {
  const page = await open(server, 9_999);
  const to = await world.bring(operate, 2, SLOW);
  await startRollout(operate, to, 5_000, 10_000);
  await until(() => page.client.state?.release === to);
  expect(pricesOf(page.shown)).toEqual(["list"]);
});

it("prices that come along with a release are told once", async () => {
  const told = { along: [] as number[], beside: [] as number[] };
  const stream = openEventStream(`${server.url}/v1/channels/stable/events`, {
    onEvent(name, data) {
      const { version, files } = JSON.parse(data) as { version: number; files?: Record<string, string> };
      if (name === "prices") told.beside.push(version);
      const document = files?.["prices/stable.json"];
      if (document)
        told.along.push(parsePrices(parseEnvelope(encodeUtf8(document), "prices").payload).version);
    },
    onLost() {},
  });
  const [version] = await until(() => told.beside.length > 0 && told.beside);
  expect((await point(operate, await world.bring(operate, 2))).status).toBe(200);
  await until(() => told.beside.length > 1);
  stream.close();
  // The one after it is by strategies, of the new release alone.
  expect(told).toEqual({ along: [version! + 1], beside: [version, version! + 2] });
});
