import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createHaggle, type Haggle, priceOf } from "@haggle/sdk/client";
import { createUpdater, memoryStore, serverSource } from "@haggle/sdk/trust";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";
import { type TestServer, until } from "../support/server.ts";

// Looks of a client in Node, by what the server answers: a document that it has is not sent again.

const DOCUMENTS = { channel: "/v1/channels/stable", prices: "/v1/prices/stable" };

let world: PriceWorld;
let server: TestServer;
let relay: Server;
let url: string;
let haggle: Haggle;
/** How documents were answered, in turn. */
let answered: { path: string; status: number }[];
/** Answered instead, by path. */
const instead = new Map<string, { text: string; etag: string }>();

beforeAll(async () => {
  world = await createPriceWorld();
  server = await world.start();
  const operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a")], { method: "PUT" });
  await world.save(raise("10"));
  await world.costs(server, "lamp-a", 11_000);
  relay = createServer(async ({ url: path = "", headers }: IncomingMessage, response) => {
    // Without a stream it is the looks that have to bring everything.
    if (path.endsWith("/events")) return void response.writeHead(404).end();
    const poison = instead.get(path);
    if (poison !== undefined) {
      answered.push({ path, status: 200 });
      return void response.writeHead(200, { etag: poison.etag }).end(poison.text);
    }
    const { "if-none-match": etag } = headers;
    const answer = await server.get(path, etag === undefined ? {} : { "if-none-match": etag });
    answered.push({ path, status: answer.status });
    const told = answer.headers.get("etag");
    response.writeHead(answer.status, told === null ? {} : { etag: told });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  answered = [];
  instead.clear();
  haggle = createHaggle({ url, root: world.shop.root.bytes, store: memoryStore(), pollMs: 600_000 });
  await haggle.ready();
});
afterEach(() => haggle.close());
afterAll(async () => {
  relay.closeAllConnections();
  relay.close();
  await world.close();
});

/** How often the channel document and prices were answered so. */
function count(status: number): { channel: number; prices: number } {
  const of = (path: string) => answered.filter((each) => each.path === path && each.status === status).length;
  return { channel: of(DOCUMENTS.channel), prices: of(DOCUMENTS.prices) };
}

const lampPrice = () => priceOf(haggle.prices, "lamp-a")?.unitPrice;

it("has each document sent once, as long as it is the same", async () => {
  for (let looks = 0; looks < 3; looks++) await haggle.refresh();
  expect(count(200)).toEqual({ channel: 1, prices: 1 });
  expect(count(304)).toEqual({ channel: 3, prices: 3 });
  expect(haggle.state).toMatchObject({ restored: false, stale: false });
  expect(lampPrice()).toBe(11_000);
});

it("has the one sent again that is another, and takes it", async () => {
  await world.save(raise("20"));
  await world.costs(server, "lamp-a", 12_000);
  await until(async () => {
    await haggle.refresh();
    return lampPrice() === 12_000;
  });
  answered = [];
  await haggle.refresh();
  expect(count(304)).toEqual({ channel: 1, prices: 1 });
  await world.save(raise("10"));
  await world.costs(server, "lamp-a", 11_000);
  await until(async () => {
    await haggle.refresh();
    return lampPrice() === 11_000;
  });
  expect(count(200)).toEqual({ channel: 0, prices: 1 });
});

it("takes nothing from what it was given when that was refused, whatever its ETag was", async () => {
  const { headers } = await server.get(DOCUMENTS.channel);
  instead.set(DOCUMENTS.channel, { text: "{}", etag: headers.get("etag")! });
  await expect(haggle.refresh()).rejects.toMatchObject({ code: expect.stringMatching(/^DOCUMENT_/) });
  instead.clear();
  answered = [];
  await haggle.refresh();
  expect(count(200)).toMatchObject({ channel: 1 });
  await haggle.refresh();
  expect(count(304)).toMatchObject({ channel: 1 });
});

it.each([
  ["channel", "rejects"],
  ["prices", "goes on"],
] as const)("keeps an updater on no %s that it refused (%s)", async (document, outcome) => {
  const updater = createUpdater({
    ...{ root: world.shop.root.bytes, channel: "stable", development: true },
    source: serverSource(url),
  });
  await updater.update();
  const path = DOCUMENTS[document];
  const { headers } = await server.get(path);
  instead.set(path, { text: "{}", etag: headers.get("etag")! });
  const refused = updater.update();
  if (outcome === "rejects") await expect(refused).rejects.toMatchObject({ code: "DOCUMENT_BAD_ENVELOPE" });
  else await refused;
  instead.clear();
  answered = [];
  await updater.update();
  expect(count(200)[document]).toBe(1);
  answered = [];
  await updater.update();
  expect(count(304)).toEqual({ channel: 1, prices: 1 });
});
