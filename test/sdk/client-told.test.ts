import type { ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { useClientWorld } from "../support/client-world.ts";
import { serveEvents, startStream } from "../support/event-server.ts";
import { SHOES } from "../support/release.ts";
import { until } from "../support/server.ts";

const world = useClientWorld();
const { open, publish, pass } = world;

// What a server tells an open client of, and what becomes of it.

describe("a client that is told", () => {
  it("is told by the server, in Node too, and need not ask", async () => {
    await publish();
    const fetched = vi.spyOn(globalThis, "fetch");
    try {
      await open({ pollMs: 600_000 }).ready();
      // It looks once more when it has its stream, and prices are the last thing that it asks for.
      const looks = () => fetched.mock.calls.filter(([url]) => String(url).endsWith("/prices/stable"));
      await until(() => looks().length === 2);
      await Promise.all(fetched.mock.results.map(({ value }) => value));
      fetched.mockClear();
      const { release } = await world.shop.publish({ version: 2, rules: [SHOES] });
      await until(() => world.client?.state?.release === release.sha256);
      expect(fetched).not.toHaveBeenCalled();
    } finally {
      fetched.mockRestore();
    }
  });

  it("looks when a server that has lost count for it says so", async () => {
    await publish();
    const streams: ServerResponse[] = [];
    const relay = await serveEvents((response, _nth, path) => {
      if (!path.endsWith("/events")) return void pass(response, path);
      startStream(response);
      streams.push(response);
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready();
    await until(() => streams.length === 1);
    const second = await publish({ version: 2, rules: [SHOES] });
    streams[0]!.write("event: anything else\ndata\n\nevent: refetch\ndata\n\n");
    await until(() => world.client?.state?.release === second);
    world.client?.close();
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
    await open({ url: relay.url, pollMs: 600_000 }).ready();
    await until(() => streams.length === 1);
    const off = { promotions: [], rules: [], releases: [world.client!.state!.release] };
    const { channel } = await world.shop.publish({ channel: { version: 2, off } });
    const document = new TextDecoder().decode(channel.bytes);
    const told = (event: object) => streams[0]!.write(`event: channel\ndata: ${JSON.stringify(event)}\n\n`);
    asked.length = 0;
    // A look that never ends keeps no kill waiting.
    isStuck = true;
    told({});
    await until(() => asked.length === 2);
    told({ document });
    await until(() => world.client?.state?.withdrawn);
    expect(asked.toSorted()).toEqual(["/v1/channels/stable", "/v1/roots/2"]);
    isStuck = false;
    expect(world.client?.state).toMatchObject({ version: 2, withdrawn: true });
    // What does not come with it is looked at a little later.
    await until(() => asked.filter((path) => path === "/v1/channels/stable").length === 2);
    world.client?.close();
    await relay.close();
    expect(world.errors).toEqual([]);
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
    await open({ url: relay.url, pollMs: 600_000 }).ready();
    await until(() => stream);
    const tell = (...documents: Uint8Array[]) => {
      const events = documents.map((bytes) => JSON.stringify({ document: new TextDecoder().decode(bytes) }));
      const lines = events.map((event) => `event: channel\ndata: ${event}\n\n`);
      stream!.write(`${lines.join("")}event: prices\ndata: {"version":9}\n\n`);
    };
    const second = await world.shop.publish({ version: 2, rules: [SHOES] });
    tell(second.channel.bytes);
    await until(() => askedForReleases() === 1);
    tell(second.channel.bytes);
    // By then the client, in this very process, has heard it too.
    await publish({ version: 2, rules: [SHOES] });
    expect(askedForReleases()).toBe(1);
    const off = {
      promotions: [],
      rules: [],
      releases: [world.client!.state!.release, second.release.sha256],
    };
    tell(
      (await world.shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, off } })).channel.bytes,
    );
    await until(() => world.client?.state?.withdrawn);
    await Promise.all(held.map(({ answer }) => answer()));
    world.client?.close();
    await relay.close();
  });

  it.each<[string, (document: string) => object]>([
    ["that nobody signed", (document) => ({ document: document.replace(/"sig":"..../, '"sig":"AAAA') })],
    ["that is none", () => ({ document: "{" })],
    ["that is known", (document) => ({ document })],
    ["of no text", () => ({ document: 7 })],
  ])("believes no pushed document %s, and looks", async (_name, told) => {
    const { channel } = await world.shop.publish();
    const streams: ServerResponse[] = [];
    let looks = 0;
    const relay = await serveEvents((response, _nth, path) => {
      if (path === "/v1/channels/stable") looks += 1;
      if (!path.endsWith("/events")) return void pass(response, path);
      startStream(response);
      streams.push(response);
    });
    await until(async () => (await world.server.get("/v1/channels/stable")).ok);
    await open({ url: relay.url, pollMs: 600_000 }).ready();
    await until(() => streams.length === 1);
    looks = 0;
    const event = told(new TextDecoder().decode(channel.bytes));
    streams[0]!.write(`event: channel\ndata: ${JSON.stringify(event)}\n\n`);
    await until(() => looks === 1);
    world.client?.close();
    await relay.close();
    expect(world.errors).toEqual([]);
    expect(world.client?.state).toMatchObject({ version: 1, withdrawn: false });
  });

  it("asks soon again for what was told when the connection is cut, whatever the time between looks", async () => {
    await publish();
    let stream: ServerResponse | undefined;
    let cutAt: string | undefined;
    let cuts = 0;
    const relay = await serveEvents((response, _nth, path) => {
      if (path.endsWith("/events")) {
        startStream(response);
        stream = response;
        return;
      }
      if (stream !== undefined) cutAt ??= path;
      // Once is not enough: what was asked for on a broken connection is asked for again at once.
      if (path === cutAt && cuts < 2) {
        cuts += 1;
        response.socket!.destroy();
      } else void pass(response, path);
    });
    await open({ url: relay.url, pollMs: 600_000 }).ready();
    await until(() => stream);
    const second = await publish({ version: 2, rules: [SHOES] });
    stream!.write("event: channel\ndata: {}\n\n");
    await until(() => world.client?.state?.release === second);
    expect(cuts).toBe(2);
    world.client?.close();
    await relay.close();
    expect(world.errors.map(({ code }) => code)).toEqual(["CLIENT_NETWORK"]);
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
        // A look asks for more than this, at once.
        if (rest === "/v1/channels/stable") askedAt[who!]!.push(performance.now());
        response.writeHead(503).end();
      }
    });
    const closed = open({ url: `${relay.url}/closed`, pollMs: 600_000 });
    const other = open({ url: `${relay.url}/other`, pollMs: 600_000 });
    await Promise.all([closed.ready(), other.ready()]);
    await until(() => streams.length === 2);
    isDown = true;
    for (const stream of streams) stream.write("event: channel\ndata: {}\n\n");
    await until(() => askedAt.closed!.length === 1);
    await until(() => world.errors.length > 0);
    closed.close();
    // Behind the third, the first wait of the closed one is over too.
    await until(() => askedAt.other!.length === 3);
    expect(askedAt.closed).toHaveLength(1);
    const [first, second, third] = askedAt.other as [number, number, number];
    expect(second - first).toBeGreaterThanOrEqual(490);
    expect(third - second).toBeGreaterThanOrEqual(990);
    await relay.close();
  });
});
