import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createHaggle, type Haggle, type HaggleOptions, priceOf } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { afterEach, describe, expect, it } from "vitest";
import { type EventServer, serveEvents, startStream } from "../support/event-server.ts";
import { createExperimentWorld, operateAt } from "../support/experiment-shop.ts";
import { createPriceWorld, lamp, raise } from "../support/prices.ts";
import { type TestServer, until } from "../support/server.ts";

// Many clients that are told of one thing at one moment, and how often they ask because of it.

/** One address may have no more than fifty streams. */
const CLIENTS = 25;
/** Several short looks: one long one sees nothing late where this process itself was held up. */
const [QUIET_LOOKS, QUIET_MS] = [8, 50];
const HALVES = [
  { key: "control", weight: 0.5 },
  { key: "b", weight: 0.5 },
];

let server: TestServer;
let relay: EventServer | undefined;
let clients: Haggle[] = [];
/** What was asked for by all of them, but streams, and when. */
let asked: { path: string; at: number }[] = [];
let streams: ServerResponse[] = [];
let end: () => Promise<void> = async () => {};

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await relay?.close();
  relay = undefined;
  await end();
});

/** In front of the server: counts, and leaves streams to the test where that tells by itself. */
async function relayTo(tellsItself: boolean): Promise<string> {
  asked = [];
  streams = [];
  relay = await serveEvents((response, _nth, path) => {
    if (path.endsWith("/events")) {
      streams.push(response);
      if (tellsItself) startStream(response);
      else void pipe(response, path);
      return;
    }
    asked.push({ path, at: performance.now() });
    void pipe(response, path);
  });
  return relay.url;
}

async function pipe(response: ServerResponse, path: string): Promise<void> {
  try {
    const answer = await server.get(path);
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    for await (const part of answer.body ?? []) response.write(part);
    response.end();
  } catch {
    response.destroy();
  }
}

/** Ready, with a stream each, and past all that this makes them ask. */
async function openAll(url: string, root: Uint8Array, more: () => Partial<HaggleOptions> = () => ({})) {
  clients = Array.from({ length: CLIENTS }, () =>
    createHaggle({ url, root, store: "memory", pollMs: 600_000, ...more() }),
  );
  await Promise.all(clients.map((client) => client.ready()));
  await until(() => streams.length === CLIENTS);
  await untilQuiet();
  asked = [];
}

async function untilQuiet(): Promise<void> {
  await until(async () => {
    const before = asked.length;
    for (let look = 0; look < QUIET_LOOKS && asked.length === before; look++) await sleep(QUIET_MS);
    return asked.length === before;
  });
}

// Each of them compiles the rules for itself.
describe("many clients that are told", { timeout: 240_000 }, () => {
  it("of other experiments have them, and none of them asks for what came along", async () => {
    const world = await createExperimentWorld();
    end = world.close;
    server = await world.start();
    const operate = await operateAt(world, server);
    const fields = { channel: "stable", key: "crowd", unit: "customer", variants: HALVES };
    expect((await operate("/v1/experiments", fields)).status).toBe(201);
    const context = { unit: "c-7" };
    await openAll(await relayTo(false), world.shop.root.bytes, () => ({
      ...{ context, experiments: clientExperiments({ consent: false }) },
    }));
    await operate("/v1/experiments/crowd/start", {});
    await until(() => clients.every(({ experiments }) => experiments?.assign("crowd").variant !== undefined));
    await untilQuiet();
    expect(asked).toEqual([]);
  });

  it("of other prices have them, and none of them asks for what came along", async () => {
    const world = await createPriceWorld();
    end = world.close;
    server = await world.start();
    const operate = await world.operator(server);
    await operate("/v1/skus", [lamp("a"), lamp("b")], { method: "PUT" });
    await world.save(raise("10"));
    await world.costs(server, "lamp-a", 11_000);
    await openAll(await relayTo(false), world.shop.root.bytes);
    const costs = (unitPrice: number) =>
      until(() => clients.every(({ prices }) => priceOf(prices, "lamp-a")?.unitPrice === unitPrice));
    await costs(11_000);
    await world.save(raise("20"));
    await costs(12_000);
    await untilQuiet();
    expect(asked).toEqual([]);
    expect(clients.every(({ state }) => state?.restored === false)).toBe(true);
    // They are as good as any: the next ones follow, and a look finds nothing newer.
    await world.save(raise("30"));
    await costs(13_000);
    await Promise.all(clients.map((client) => client.refresh()));
    await costs(13_000);
  });

  it("of prices that are too many for that ask one after another, within the time that the server says", async () => {
    const world = await createPriceWorld();
    end = world.close;
    server = await world.start();
    const operate = await world.operator(server);
    const lamps = Array.from({ length: 200 }, (_, i) => lamp(`number-${i}`));
    await operate("/v1/skus", lamps, { method: "PUT" });
    await world.save(raise("10"));
    await world.costs(server, "lamp-number-7", 11_000);
    // The server says it of itself: a hundredth of a second for each reader.
    const reader = await server.get("/v1/channels/stable/events");
    let text = "";
    const reading = (async () => {
      for await (const part of reader.body!) text += new TextDecoder().decode(part);
    })().catch(() => {});
    await until(() => text.includes("event: prices"));
    await world.save(raise("20"));
    await until(() => text.includes('"withinMs":10}'));
    expect(text.match(/event: \w+/g)).toEqual(["event: channel", "event: prices", "event: prices"]);
    expect(text).not.toContain('"document"');
    await openAll(await relayTo(true), world.shop.root.bytes);
    const news = { version: 9, sha256: "0".repeat(64), withinMs: 3_000 };
    for (const stream of streams) stream.write(`event: prices\ndata: ${JSON.stringify(news)}\n\n`);
    const looks = () => asked.filter(({ path }) => path === "/v1/prices/stable");
    await until(() => looks().length === CLIENTS);
    const times = looks().map(({ at }) => at);
    times.sort((one, other) => one - other);
    // At one moment all would be here within some hundred milliseconds. What is drawn is as near as this twice in a million
    // runs, and a slow machine only moves all of it.
    expect(times.at(-4)! - times[3]!).toBeGreaterThan(800);
    await untilQuiet();
    expect(looks()).toHaveLength(CLIENTS);
    await server.close();
    await reading;
  });
});
