import { createHaggle, priceOf } from "@haggle/sdk/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAdminKey } from "../support/api-keys.ts";
import { createPriceWorld, lamp, type PricesJson, type PriceWorld, raise } from "../support/prices.ts";
import type { Call } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// From a saved file of strategies to the price that a shop asks for, within what its authors signed.

const HOUR_MS = 3_600_000;

let world: PriceWorld;
let server: TestServer;
let operate: Call;

async function open(options?: Parameters<typeof createPriceWorld>[0]): Promise<void> {
  world = await createPriceWorld(options);
  server = await world.start();
  operate = await world.operator(server);
}

const put = (...skus: object[]) => operate("/v1/skus", skus, { method: "PUT" });
const versionOf = async (at = server): Promise<number | undefined> =>
  ((await (await at.get("/v1/prices/stable/skus")).json()) as PricesJson).version;

afterEach(() => world.close());

describe("prices by strategies", () => {
  beforeEach(() => open());

  it("are those of the saved file, signed, told with who gave them, and pushed to clients", async () => {
    await put(lamp("a"), lamp("b", { stock: 50 }), lamp("c"));
    const root = await (await server.get("/v1/root")).text();
    const client = createHaggle({ url: server.url, root });
    await client.ready();
    expect(client.prices).toBeUndefined();
    const version = await world.save(raise("10"));
    expect(await world.costs(server, "lamp-a", 11_000)).toEqual({
      sku: "lamp-a",
      currency: "EUR",
      listPrice: 10_000,
      unitPrice: 11_000,
      strategy: { version, number: 1, id: "lamps", rule: "price-by-stock" },
    });
    expect((await world.price(server, "lamp-b")).unitPrice).toBe(10_000);
    const priced = await until(() => priceOf(client.prices, "lamp-a"));
    expect(priced).toEqual({ sku: "lamp-a", unitPrice: 11_000, by: 0 });
    const next = await world.save(raise("20"));
    await until(() => priceOf(client.prices, "lamp-a")?.unitPrice === 12_000);
    expect(client.prices?.strategy).toEqual({ version: 2, id: next });
    client.close();
    const page = (await (await server.get("/v1/prices/stable/skus?limit=2")).json()) as PricesJson;
    expect([page.state, page.prices.map(({ unitPrice }) => unitPrice), page.next]).toEqual([
      "signed",
      [12_000, 10_000],
      "lamp-b",
    ]);
  });

  it("follow stock and list prices, and skus that are not sold any more", async () => {
    await put(lamp("a"), lamp("b"));
    await world.save(raise("10"));
    await world.costs(server, "lamp-a", 11_000);
    expect((await operate("/v1/skus/lamp-a", { stock: 6 }, { method: "PATCH" })).status).toBe(200);
    await world.costs(server, "lamp-a", 10_000);
    await put(lamp("b", { listPrice: 15_000 }));
    await world.costs(server, "lamp-b", 16_500);
    const gone = await fetch(`${server.url}/v1/skus/lamp-a`, {
      method: "DELETE",
      headers: await withAdminKey(),
    });
    expect(gone.status).toBe(204);
    expect((await server.get("/v1/prices/stable/skus/lamp-a")).status).toBe(404);
  });

  it("keep the bounds of the release and the floor of the sku, and say so", async () => {
    await put(lamp("dear", { listPrice: 19_500 }), lamp("low", { minUnitPrice: 9_700, stock: 900 }), {
      ...lamp("x"),
      sku: "chair",
    });
    await world.save(raise("10").replace('["lamp-*"]', '["lamp-*", "chair"]'));
    expect(await world.costs(server, "lamp-dear", 20_000)).toMatchObject({ wanted: 21_450, cut: "max" });
    expect(await world.price(server, "lamp-low")).toMatchObject({ unitPrice: 9_700, cut: "floor" });
    expect(await world.price(server, "chair")).toMatchObject({
      unitPrice: 10_000,
      wanted: 11_000,
      cut: "unbound",
    });
    // What a shopper could tell the shop's costs and floors by.
    const seen = await world.price(server, "lamp-low", "", true);
    expect(seen).toMatchObject({ unitPrice: 9_700, strategy: { id: "lamps" } });
    expect(seen).not.toHaveProperty("cut");
    expect(seen).not.toHaveProperty("wanted");
  });

  it("of a tier are for its customers alone", async () => {
    await put(lamp("a"));
    const gold = `id: gold
rule: price-by-tier
skus: [lamp-a]
tiers: [gold]
parameters: { percent2: "30" }`;
    await world.save(gold, raise("10"));
    await world.costs(server, "lamp-a", 11_000);
    expect(await world.price(server, "lamp-a", "?tier=gold")).toMatchObject({
      unitPrice: 7_000,
      tier: "gold",
    });
    expect(await world.price(server, "lamp-a", "?tier=silver")).toMatchObject({ unitPrice: 11_000 });
  });

  it("by strategies of another channel are not those of this one", async () => {
    await put(lamp("a"), lamp("b"));
    const elsewhere = raise("30", "channels: [beta]")
      .replace("lamps", "elsewhere")
      .replace("lamp-*", "lamp-a");
    const here = raise("20", "channels: [beta, stable]").replace("lamp-*", "lamp-b");
    await world.save(elsewhere, here);
    // One document has both, so what this sku costs is decided for the other as well.
    await world.costs(server, "lamp-b", 12_000);
    const other = await world.price(server, "lamp-a");
    expect(other.unitPrice).toBe(10_000);
    expect(other).not.toHaveProperty("strategy");
    await world.save(elsewhere.replace("[beta]", "[beta, stable]"), here);
    await world.costs(server, "lamp-a", 13_000);
  });

  it("move by what an hour allows, step after step, over a restart too", async () => {
    world.time.now = Date.now();
    await put(lamp("steady"));
    await world.save(raise("50"));
    expect(await world.costs(server, "lamp-steady", 11_000)).toMatchObject({ wanted: 15_000, cut: "change" });
    // Other strategies within the hour do not bring it further from where it was.
    await world.save(raise("40"));
    await until(async () => (await world.price(server, "lamp-steady")).wanted === 14_000);
    expect((await world.price(server, "lamp-steady")).unitPrice).toBe(11_000);
    await server.close();
    world.time.now += HOUR_MS - 1;
    server = await world.start();
    await until(async () => (await world.price(server, "lamp-steady")).cut === "change");
    expect((await world.price(server, "lamp-steady")).unitPrice).toBe(11_000);
    world.time.now += 1;
    await world.costs(server, "lamp-steady", 12_100);
    world.time.now += HOUR_MS;
    await world.costs(server, "lamp-steady", 13_310);
    world.time.now += HOUR_MS;
    expect(await world.costs(server, "lamp-steady", 14_000)).not.toHaveProperty("cut");
    // And back to the list price, when no strategy takes it any more.
    await world.save(raise("40").replace("lamp-*", "lamp-other"));
    await world.costs(server, "lamp-steady", 12_600);
    world.time.now += HOUR_MS;
    await world.costs(server, "lamp-steady", 11_340);
    world.time.now += HOUR_MS;
    await world.costs(server, "lamp-steady", 10_206);
    world.time.now += HOUR_MS;
    expect(await world.costs(server, "lamp-steady", 10_000)).not.toHaveProperty("strategy");
  });

  it("are made by one server of several, once", async () => {
    const other = await world.start();
    await put(lamp("a"));
    await world.save(raise("10"));
    await world.costs(server, "lamp-a", 11_000);
    await world.costs(other, "lamp-a", 11_000);
    const first = (await versionOf())!;
    await world.save(raise("15"));
    await world.costs(other, "lamp-a", 11_500);
    await world.costs(server, "lamp-a", 11_500);
    // Another file of the same prices is no reason for another document.
    await world.save(raise("15", "# the same"));
    const active = () => [server, other].map(({ app }) => app.strategies.findActive()?.number);
    await until(() => active().every((number) => number === 3));
    await put(lamp("a", { name: "A lamp" }));
    await put(lamp("b"));
    await world.costs(server, "lamp-b", 11_500);
    expect(await versionOf()).toBe(first + 2);
  });
});

describe("without a key for prices", () => {
  beforeEach(() => open({ key: false }));

  it("there are none but list prices, and operators are told", async () => {
    await put(lamp("a"));
    await world.save(raise("10"));
    await until(async () => (await server.ready()).warnings.includes("SERVER_KEY_MISSING"));
    expect(await world.price(server, "lamp-a")).toEqual({
      sku: "lamp-a",
      currency: "EUR",
      listPrice: 10_000,
      unitPrice: 10_000,
    });
    expect(((await (await server.get("/v1/prices/stable/skus")).json()) as PricesJson).state).toBe("noKey");
  });
});

describe("skus", () => {
  beforeEach(() => open());

  it("come as lines too, all or none, and what is wrong is told by rows", async () => {
    const send = (body: string, type: string) => operateRaw(body, type);
    const lines = [lamp("a"), lamp("b", { attributes: { watt: 40 } })]
      .map((row) => JSON.stringify(row))
      .join("\n");
    expect(await (await send(lines, "application/x-ndjson")).json()).toEqual({ skus: 2, revision: 1 });
    const faulty = [lamp("c"), lamp("d", { listPrice: -1 }), lamp("c"), { sku: "e" }, 7];
    const refused = await send(JSON.stringify(faulty), "application/json");
    expect(refused.status).toBe(422);
    const { error, faults } = (await refused.json()) as { error: { code: string }; faults: { at: string }[] };
    expect(error.code).toBe("SKU_BAD_ROW");
    expect(faults.map(({ at }) => at)).toEqual([
      "rows[1].listPrice",
      "rows[2].sku",
      "rows[3]",
      "rows[3]",
      "rows[4]",
    ]);
    const listed = await operate<{ skus: object[] }>("/v1/skus");
    expect(listed.body.skus).toMatchObject([
      { sku: "lamp-a", productId: "lamp-a", stock: 3, attributes: {} },
      { sku: "lamp-b", attributes: { watt: 40 } },
    ]);
  });

  it.each<[string, object | string, number, string, string?]>([
    ["another currency", [lamp("b", { currency: "USD" })], 409, "SKU_CURRENCY", "rows[0].currency"],
    ["no list", { sku: "a" }, 422, "SKU_BAD_ROW", "body"],
    ["no JSON", "[{]", 400, "SERVER_NOT_JSON", "body"],
    ["more than a hundred thousand", `[${"0,".repeat(100_000)}0]`, 413, "SKU_TOO_MANY"],
  ])("are refused whole: %s", async (_what, body, status, code, at) => {
    await put(lamp("a"));
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const refused = await operateRaw(text, "application/json");
    const { error } = (await refused.json()) as { error: { code: string; at?: string } };
    expect([refused.status, error.code, error.at]).toEqual([status, code, at]);
    expect((await operate<{ skus: object[] }>("/v1/skus")).body.skus).toHaveLength(1);
  });

  it("that are not there are told", async () => {
    const refusal = { status: 404, body: { error: { code: "SKU_UNKNOWN", at: "sku", value: "no" } } };
    expect(await operate("/v1/skus/no")).toMatchObject(refusal);
    expect(await operate("/v1/skus/no", { stock: 1 }, { method: "PATCH" })).toMatchObject(refusal);
    expect(await operate("/v1/skus/no", undefined, { method: "DELETE" })).toMatchObject(refusal);
  });
});

async function operateRaw(body: string, type: string): Promise<Response> {
  const headers = { ...(await withAdminKey()), "content-type": type };
  return fetch(`${server.url}/v1/skus`, { method: "PUT", body, headers });
}

async function withAdminKey(): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await readAdminKey(world.shop.dataFolder)}` };
}
