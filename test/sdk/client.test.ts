import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bucketOf, type HaggleError } from "@haggle/sdk";
import { type Client, type ClientOptions, createHaggle } from "@haggle/sdk/client";
import { memoryStore } from "@haggle/sdk/trust";
import { signRoot } from "@haggle/toolchain";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serveEvents, startStream } from "../support/event-server.ts";
import { createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

let shop: Shop;
let server: TestServer;
let client: Client | undefined;
let errors: HaggleError[];
let releases: string[];

beforeEach(async () => {
  shop = await createShop();
  server = await startServer(shop.dataFolder);
  errors = [];
  releases = [];
});

afterEach(async () => {
  client?.close();
  await server.close();
  await shop.remove();
});

function open(options: Partial<ClientOptions> = {}): Client {
  client = createHaggle({
    url: server.url,
    root: shop.root.bytes,
    pollMs: 20,
    onRelease: ({ release }) => releases.push(release),
    onError: (error) => errors.push(error),
    ...options,
  });
  return client;
}

async function publish(...variation: Parameters<Shop["publish"]>): Promise<string> {
  const { release, channel } = await shop.publish(...variation);
  const tag = await until(async () => {
    const served = await server.get("/v1/channels/stable");
    return Buffer.from(await served.arrayBuffer()).equals(channel.bytes);
  });
  expect(tag).toBe(true);
  return release.sha256;
}

/** Answers with what the server has; not any more when the test is over. */
async function pass(response: ServerResponse, path: string): Promise<void> {
  try {
    const answer = await server.get(path);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  } catch {
    response.destroy();
  }
}

function totalOf(cart: object): number | string {
  const decision = client!.evaluate(cart);
  return decision.ok ? decision.total : decision.error.code;
}

describe("a client", () => {
  it("prices with the server's release as the server does", async () => {
    const release = await publish();
    await open().ready;
    expect(client?.state).toMatchObject({ release, version: 1, stale: false });
    const decision = client!.evaluate(makeCart());
    const answer = (await (await server.post("/v1/evaluations", makeCart())).json()) as object;
    expect(JSON.parse(JSON.stringify(decision))).toEqual(answer);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("follows new releases while it is open", async () => {
    const first = await publish();
    await open().ready;
    const second = await publish({ version: 2, rules: [SHOES] });
    await until(() => releases.length === 2);
    expect(releases).toEqual([first, second]);
    expect(totalOf(makeCart())).toBe(36_000);
    expect(client?.state).toMatchObject({ release: second, version: 2 });
  });

  it("is told by the server, in Node too, and need not ask", async () => {
    await publish();
    await open({ pollMs: 600_000 }).ready;
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    await until(() => client?.state?.release === release.sha256);
  });

  it("looks when a server that has lost count for it says so", async () => {
    await publish();
    const streams: ServerResponse[] = [];
    const relay = await serveEvents((response, _nth, path) => {
      if (!path.endsWith("/events")) return void pass(response, path);
      startStream(response);
      streams.push(response);
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready;
    await until(() => streams.length === 1);
    const second = await publish({ version: 2, rules: [SHOES] });
    streams[0]!.write("event: anything else\ndata\n\nevent: refetch\ndata\n\n");
    await until(() => client?.state?.release === second);
    client?.close();
    await relay.close();
  });

  it("stops with the message that brings a kill, before anything is fetched", async () => {
    await publish();
    const streams: ServerResponse[] = [];
    const asked: string[] = [];
    let isStuck = false;
    const relay = await serveEvents((response, _nth, path) => {
      asked.push(path);
      if (isStuck) return;
      if (!path.endsWith("/events")) return void pass(response, path);
      startStream(response);
      streams.push(response);
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready;
    await until(() => streams.length === 1);
    const off = { promotions: [], rules: [], releases: [client!.state!.release] };
    const { channel } = await shop.publish({ channel: { version: 2, off } });
    const document = new TextDecoder().decode(channel.bytes);
    const told = (event: object) => streams[0]!.write(`event: channel\ndata: ${JSON.stringify(event)}\n\n`);
    asked.length = 0;
    // A look that never ends keeps no kill waiting.
    isStuck = true;
    told({});
    await until(() => asked.length === 1);
    told({ document });
    await until(() => client?.state?.withdrawn);
    expect(asked).toEqual(["/v1/roots/2"]);
    isStuck = false;
    expect(client?.state).toMatchObject({ version: 2, withdrawn: true });
    // What does not come with it is looked at a little later.
    await until(() => asked.includes("/v1/channels/stable"));
    client?.close();
    await relay.close();
    expect(errors).toEqual([]);
  });

  it("loses no kill to what is told behind it, and begins nothing anew for what is told twice", async () => {
    await publish();
    let stream: ServerResponse | undefined;
    const held: { path: string; answer: () => Promise<void> }[] = [];
    const askedForReleases = () => held.filter(({ path }) => path.startsWith("/v1/releases/")).length;
    const relay = await serveEvents((response, _nth, path) => {
      if (path.endsWith("/events")) {
        startStream(response);
        stream = response;
      } else if (stream === undefined || path.startsWith("/v1/root")) void pass(response, path);
      else held.push({ path, answer: () => pass(response, path) });
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready;
    await until(() => stream);
    const tell = (...documents: Uint8Array[]) => {
      const events = documents.map((bytes) => JSON.stringify({ document: new TextDecoder().decode(bytes) }));
      const lines = events.map((event) => `event: channel\ndata: ${event}\n\n`);
      stream!.write(`${lines.join("")}event: prices\ndata: {"version":9}\n\n`);
    };
    const second = await shop.publish({ version: 2, rules: [SHOES] });
    tell(second.channel.bytes);
    await until(() => askedForReleases() === 1);
    tell(second.channel.bytes);
    // By then the client, in this very process, has heard it too.
    await publish({ version: 2, rules: [SHOES] });
    expect(askedForReleases()).toBe(1);
    const off = { promotions: [], rules: [], releases: [client!.state!.release, second.release.sha256] };
    tell((await shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, off } })).channel.bytes);
    await until(() => client?.state?.withdrawn);
    await Promise.all(held.map(({ answer }) => answer()));
    client?.close();
    await relay.close();
  });

  it.each<[string, (document: string) => object]>([
    ["that nobody signed", (document) => ({ document: document.replace(/"sig":"..../, '"sig":"AAAA') })],
    ["that is none", () => ({ document: "{" })],
    ["that is known", (document) => ({ document })],
    ["of no text", () => ({ document: 7 })],
  ])("believes no pushed document %s, and looks", async (_name, told) => {
    const { channel } = await shop.publish();
    const streams: ServerResponse[] = [];
    let looks = 0;
    const relay = await serveEvents((response, _nth, path) => {
      if (path === "/v1/channels/stable") looks += 1;
      if (!path.endsWith("/events")) return void pass(response, path);
      startStream(response);
      streams.push(response);
    });
    await until(async () => (await server.get("/v1/channels/stable")).ok);
    await open({ url: relay.url, pollMs: 600_000 }).ready;
    await until(() => streams.length === 1);
    looks = 0;
    const event = told(new TextDecoder().decode(channel.bytes));
    streams[0]!.write(`event: channel\ndata: ${JSON.stringify(event)}\n\n`);
    await until(() => looks === 1);
    client?.close();
    await relay.close();
    expect(errors).toEqual([]);
    expect(client?.state).toMatchObject({ version: 1, withdrawn: false });
  });

  it("asks soon again for what was told when the connection is cut, whatever the time between looks", async () => {
    await publish();
    let stream: ServerResponse | undefined;
    let cuts = 0;
    const relay = await serveEvents((response, _nth, path) => {
      if (path.endsWith("/events")) {
        startStream(response);
        stream = response;
      } else if (stream !== undefined && cuts === 0) {
        cuts += 1;
        response.socket!.destroy();
      } else void pass(response, path);
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready;
    await until(() => stream);
    const second = await publish({ version: 2, rules: [SHOES] });
    stream!.write("event: channel\ndata: {}\n\n");
    await until(() => client?.state?.release === second);
    expect(cuts).toBe(1);
    client?.close();
    await relay.close();
    expect(errors.map(({ code }) => code)).toEqual(["CLIENT_NETWORK"]);
  });

  it("leaves more and more time to a server that has told and cannot give, and none once it is closed", async () => {
    await publish();
    const streams: ServerResponse[] = [];
    const askedAt: Record<string, number[]> = { closed: [], other: [] };
    let isDown = false;
    const relay = await serveEvents((response, _nth, path) => {
      const [, who, rest] = path.match(/^\/(\w+)(\/v1\/.*)$/)!;
      if (rest!.endsWith("/events")) {
        startStream(response);
        streams.push(response);
      } else if (!isDown) void pass(response, rest!);
      else {
        askedAt[who!]!.push(performance.now());
        response.writeHead(503).end();
      }
    });
    const closed = open({ url: `${relay.url}/closed`, pollMs: 600_000 });
    const other = open({ url: `${relay.url}/other`, pollMs: 600_000 });
    await Promise.all([closed.ready, other.ready]);
    await until(() => streams.length === 2);
    isDown = true;
    for (const stream of streams) stream.write("event: channel\ndata: {}\n\n");
    await until(() => askedAt.closed!.length === 1);
    await until(() => errors.length > 0);
    closed.close();
    // Behind the third, the first wait of the closed one is over too.
    await until(() => askedAt.other!.length === 3);
    expect(askedAt.closed).toHaveLength(1);
    const [first, second, third] = askedAt.other as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(490);
    expect(third - second).toBeGreaterThanOrEqual(990);
    await relay.close();
  });

  it("leaves no timer and no socket behind when it is closed", async () => {
    await publish();
    const program = `
      import { createHaggle } from "@haggle/sdk/client";
      const client = createHaggle({ url: process.argv[1], root: process.argv[2] });
      await client.ready;
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log(client.state.version);
      client.close();`;
    const child = spawn(
      process.execPath,
      [
        "--conditions=haggle-source",
        "--input-type=module",
        "-e",
        program,
        server.url,
        new TextDecoder().decode(shop.root.bytes),
      ],
      { stdio: ["ignore", "pipe", "inherit"], cwd: import.meta.dirname },
    );
    const ended = once(child, "exit");
    expect(await text(child.stdout)).toBe("1\n");
    // It ends by itself; the run would stand still here otherwise.
    expect(await ended).toEqual([0, null]);
  });

  it("gets the arm of its shopper", async () => {
    const old = await shop.publish();
    const next = await shop.publish({ version: 2, rules: [SHOES] });
    const seed = next.release.sha256;
    const units = Array.from({ length: 200 }, (_, i) => `customer-${i}`);
    const [early, late] = [
      units.find((unit) => bucketOf(seed, unit) >= 9_000)!,
      units.find((unit) => bucketOf(seed, unit) < 9_000)!,
    ];
    await shop.publish({
      version: 2,
      rules: [SHOES],
      channel: {
        version: 3,
        arms: [
          { release: old.release.sha256, range: [0, 9_000], seed },
          { release: seed, range: [9_000, 10_000], seed },
        ],
      },
    });
    const cdn = await serveFolder(shop.folder);
    for (const [unit, release] of [
      [early, seed],
      [late, old.release.sha256],
      [undefined, old.release.sha256],
    ] as const) {
      await open({ url: undefined, cdn: cdn.url, unit }).ready;
      expect(client?.state).toMatchObject({ version: 3, release });
      client?.close();
    }
    await cdn.close();
  });

  it("keeps its engine when a channel only renews its promise", async () => {
    await publish();
    const { engine } = await open().ready.then(() => client!);
    await publish({ channel: { version: 2 } });
    await until(() => client?.state?.version === 2);
    expect(client?.engine).toBe(engine);
  });

  it("refuses to price before the first release, tells why, and goes on trying", async () => {
    await expect(open().ready).rejects.toMatchObject({ code: "CLIENT_STATUS", value: 503 });
    expect(totalOf(makeCart())).toBe("CLIENT_NO_RELEASE");
    expect(client?.state).toBeUndefined();
    await publish();
    await until(() => client?.engine);
    expect(totalOf(makeCart())).toBe(31_000);
    expect(errors[0]).toMatchObject({ code: "CLIENT_STATUS" });
  });

  it("believes only its own root", async () => {
    await publish();
    const stranger = await signRoot({ signer: await testSigner(2), now: Date.now() });
    await expect(open({ root: stranger.bytes }).ready).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    expect(client?.engine).toBeUndefined();
  });

  it("keeps its release through an outage, and catches up after it", async () => {
    await publish();
    await open().ready;
    const { port } = new URL(server.url);
    await server.close();
    await until(() => errors.some(({ code }) => code === "CLIENT_NETWORK"));
    expect(totalOf(makeCart())).toBe(31_000);
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    server = await startServer(shop.dataFolder, { port: Number(port) });
    await until(() => client?.state?.release === release.sha256);
    expect(totalOf(makeCart())).toBe(36_000);
  });

  it("refuses an older channel from a server that was set back and has forgotten", async () => {
    await publish({ version: 5 });
    await open().ready;
    const { port } = new URL(server.url);
    await server.close();
    await shop.publish({ version: 4, rules: [SHOES] });
    await rm(join(shop.dataFolder, "state"), { recursive: true, force: true });
    // Another tenant's rows: its database is as good as lost.
    server = await startServer(shop.dataFolder, { port: Number(port), env: { HAGGLE_TENANT: "forgetful" } });
    await until(() => errors.some(({ code }) => code === "DOCUMENT_ROLLBACK"));
    expect(client?.state?.version).toBe(5);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("is stale past the channel's promise, and still shows previews", async () => {
    const now = Date.now();
    await publish({ channel: { issued: now - 1_000, expires: now + 1_500 } });
    await open({ pollMs: 60_000 }).ready;
    await until(() => client?.state?.stale);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("starts from its store without a server, and says so until a server confirms it", async () => {
    const release = await publish();
    const store = memoryStore();
    await open({ store }).ready;
    client?.close();
    const { port } = new URL(server.url);
    await server.close();
    await open({ store }).ready;
    expect(client?.state).toMatchObject({ release, version: 1, restored: true });
    expect(totalOf(makeCart())).toBe(31_000);
    await until(() => errors.some(({ code }) => code === "CLIENT_NETWORK"));
    server = await startServer(shop.dataFolder, { port: Number(port) });
    await until(() => client?.state?.restored === false);
    expect(client?.state).toMatchObject({ release, version: 1 });
  });

  it("follows a copy of the release folder behind any web server", async () => {
    const { release } = await shop.publish();
    const cdn = await serveFolder(shop.folder);
    await open({ url: undefined, cdn: cdn.url }).ready;
    expect(client?.state).toMatchObject({ release: release.sha256, version: 1, stale: false });
    const next = await shop.publish({ version: 2, rules: [SHOES] });
    await until(() => client?.state?.release === next.release.sha256);
    expect(totalOf(makeCart())).toBe(36_000);
    await cdn.close();
  });

  it("takes no release below the one that its program knows", async () => {
    await publish();
    await expect(open({ minRelease: 2 }).ready).rejects.toMatchObject({
      code: "DOCUMENT_ROLLBACK",
      value: 1,
    });
    expect(errors).toHaveLength(1);
    await publish({ version: 2 });
    await until(() => client?.engine);
  });

  it("asks no more when it is closed", async () => {
    await publish();
    const closing = new AbortController();
    await open({ signal: closing.signal }).ready;
    closing.abort();
    await expect(client?.refresh()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await publish({ version: 2, rules: [SHOES] });
    expect(totalOf(makeCart())).toBe(31_000);
    expect(errors).toEqual([]);
  });
});
