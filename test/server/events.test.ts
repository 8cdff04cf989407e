import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventStream } from "../../sdk/src/trust/event-stream.ts";
import { createEventStreams } from "../../server/platform/event-streams.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

let shop: Shop;
let server: TestServer;
let closed = false;

beforeEach(async () => {
  shop = await createShop();
  server = await startServer(shop.dataFolder);
  closed = false;
});

afterEach(async () => {
  if (!closed) await server.close();
  await shop.remove();
});

/** The events of an open stream, one at a time; undefined at its end. */
async function listen(): Promise<{
  next(): Promise<object | undefined>;
  response: Response;
  stop(): Promise<void>;
}> {
  const response = await server.get("/v1/channels/stable/events");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    response,
    stop: () => reader.cancel(),
    async next() {
      for (;;) {
        const event = /event: channel\nid: (\d+)\ndata: (.*)\n\n/.exec(text);
        if (event !== null) {
          text = text.slice(event.index + event[0].length);
          return { id: event[1], ...JSON.parse(event[2]!) };
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += value;
      }
    },
  };
}

describe("the event stream of a channel", () => {
  it("begins with what is live, then tells every swap", async () => {
    const first = await shop.publish();
    await server.close();
    server = await startServer(shop.dataFolder);
    const stream = await listen();
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.response.headers.get("cache-control")).toBe("no-store");
    expect(await stream.next()).toEqual({ id: "1", version: 1, release: first.release.sha256 });
    const second = await shop.publish({ version: 2, rules: [SHOES] });
    const textOf = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes);
    expect(await stream.next()).toEqual({
      id: "2",
      version: 2,
      release: second.release.sha256,
      document: textOf(second.channel),
      files: {
        "roots/2.json": null,
        [`releases/${second.release.sha256}.json`]: textOf(second.release),
        "prices/stable.json": null,
      },
    });
    // Nobody gets another release by a kill.
    const off = { promotions: [SHOES], rules: [], releases: [] };
    const third = await shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, off } });
    expect(await stream.next()).toEqual({
      id: "3",
      version: 3,
      release: second.release.sha256,
      document: textOf(third.channel),
    });
    await stream.stop();
  });

  it("is open before the first release, and tells it", async () => {
    const stream = await listen();
    const { release } = await shop.publish();
    expect(await stream.next()).toMatchObject({ version: 1, release: release.sha256 });
    await stream.stop();
  });

  it("is kept from falling silent by heartbeats, which say nothing", { timeout: 90_000 }, async () => {
    await shop.publish();
    await until(async () => (await server.get("/v1/channels/stable")).status === 200);
    const heard: string[] = [];
    let lost = 0;
    const hooks = { onEvent: (name: string) => heard.push(name), onLost: () => (lost += 1) };
    // A proxy cuts off what is silent for 30 s, the SDK for 45: this one would be lost before the second of them.
    const stream = openEventStream(`${server.url}/v1/channels/stable/events`, hooks, { silenceMs: 25_000 });
    await until(() => heard.length === 1);
    const raw = await server.get("/v1/channels/stable/events");
    const text = await readUntil(raw, /^: .*\n\n(?:.*\n)*: .*\n\n/m);
    expect(text.match(/^event: .*/gm)).toEqual(["event: channel"]);
    expect([heard, lost, stream.isOpen]).toEqual([["channel"], 0, true]);
    stream.close();
  });

  it("says nothing of a release that was refused", async () => {
    await shop.publish();
    const stream = await listen();
    expect(await stream.next()).toMatchObject({ version: 1 });
    await shop.write("channels/stable.json", "{");
    const third = await shop.publish({ version: 3 });
    expect(await stream.next()).toMatchObject({ version: 3, release: third.release.sha256 });
    await stream.stop();
  });

  it("begins with what a reader has missed, and with nothing where that is nothing", async () => {
    await shop.publish();
    await until(async () => (await server.get("/v1/channels/stable")).status === 200);
    const current = await server.get("/v1/channels/stable/events", { "last-event-id": "1" });
    const behind = await server.get("/v1/channels/stable/events", { "last-event-id": "0" });
    expect(await readUntil(behind, /\n\n.*\n\n/s)).toContain("id: 1\n");
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    const text = await readUntil(current, new RegExp(release.sha256));
    expect(text).toContain("id: 2\n");
    expect(text).not.toContain("id: 1\n");
  });

  it("keeps nothing for a reader that has stopped to read, and tells it to fetch when it reads again", async () => {
    await shop.publish();
    await until(async () => (await server.get("/v1/channels/stable")).status === 200);
    const streams = createEventStreams();
    const stalled = streams.open("192.0.2.1", "stable", [], undefined)!;
    const eventOf = (version: number) => {
      return { name: "channel", id: version, data: { version, release: "ab".repeat(32) } };
    };
    for (let version = 1; version <= 10_000; version += 1) streams.send("stable", eventOf(version));
    // 10,000 events have 1.4 MB.
    expect(stalled.readableLength).toBeLessThan(20_000);
    let text = "";
    stalled.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await until(() => text.includes("event: refetch\n"));
    const kept = text.match(/event: channel/g)!.length;
    expect(kept).toBeLessThan(200);
    expect(text.trimEnd().endsWith("event: refetch\ndata:")).toBe(true);
    // From then on it is told as before, and never of another channel.
    streams.send("preview", eventOf(10_001));
    streams.send("stable", eventOf(10_002));
    await until(() => text.includes("id: 10002\n"));
    expect(text).not.toContain("id: 10001\n");
    stalled.destroy();
    streams.close();
  });

  it("is open fifty times for one address, which leaves room for others", async () => {
    await shop.publish();
    await until(async () => (await server.get("/v1/channels/stable")).status === 200);
    const path = "/v1/channels/stable/events";
    const open = await Promise.all(Array.from({ length: 50 }, () => server.get(path)));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    const refused = await server.get(path);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { error: { code: "SERVER_TOO_MANY_STREAMS" } },
    ]);
    await open[0]!.body!.cancel();
    const next = await until(async () => {
      const response = await server.get(path);
      return response.status === 200 && response;
    });
    for (const { body } of [...open.slice(1), next]) await body!.cancel();
    const streams = createEventStreams();
    const taken = (address: string) => {
      const tries = Array.from({ length: 1_100 }, () => streams.open(address, "stable", [], undefined));
      return tries.filter((stream) => stream !== undefined).length;
    };
    expect([taken("192.0.2.1"), taken("192.0.2.1"), taken("192.0.2.2")]).toEqual([50, 0, 50]);
    streams.close();
  });

  it("ends when the server closes, so that a drain is not held up", async () => {
    await shop.publish();
    const stream = await listen();
    expect(await stream.next()).toMatchObject({ version: 1 });
    closed = true;
    await Promise.all([server.close(), expect(stream.next()).resolves.toBeUndefined()]);
  });
});

/** What a stream says until it has said `wanted`. */
async function readUntil(response: Response, wanted: RegExp): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!wanted.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}
