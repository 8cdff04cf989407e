import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";

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
    expect(await stream.next()).toEqual({
      id: "2",
      version: 2,
      release: second.release.sha256,
      document: new TextDecoder().decode(second.channel.bytes),
    });
    await stream.stop();
  });

  it("is open before the first release, and tells it", async () => {
    const stream = await listen();
    const { release } = await shop.publish();
    expect(await stream.next()).toMatchObject({ version: 1, release: release.sha256 });
    await stream.stop();
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

  it("ends when the server closes, so that a drain is not held up", async () => {
    await shop.publish();
    const stream = await listen();
    expect(await stream.next()).toMatchObject({ version: 1 });
    closed = true;
    await Promise.all([server.close(), expect(stream.next()).resolves.toBeUndefined()]);
  });
});
