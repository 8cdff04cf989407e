// Server-Sent Events as clients hear them: every form the standard allows, and streams that die in every way.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { backOffMs } from "../../sdk/src/trust/back-off.ts";
import { type EventStream, openEventStream } from "../../sdk/src/trust/event-stream.ts";
import { type EventServer, serveEvents, startStream } from "../support/event-server.ts";
import { until } from "../support/server.ts";

let server: EventServer;
let stream: EventStream;
let names: string[];
let data: string[];
let lost: number;

afterEach(async () => {
  stream.close();
  await server.close();
});

function open(timing: { retryMs?: number; silenceMs?: number } = {}): void {
  names = [];
  data = [];
  lost = 0;
  stream = openEventStream(
    server.url,
    {
      onEvent(name, text) {
        names.push(name);
        data.push(text);
      },
      onLost: () => (lost += 1),
    },
    { retryMs: 1, ...timing },
  );
}

/** Writes a text in pieces, each of them in a packet of its own. */
async function write(...pieces: string[]): Promise<void> {
  await until(() => server.open.length > 0);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => server.open[0]!.write(piece, () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("an event stream", () => {
  it("tells the names of events, whatever ends their lines", async () => {
    server = await serveEvents();
    open();
    await write("event: channel\nid: 7\ndata: {}\n\n");
    await write("event:refetch\r\ndata\r\n\r\n");
    await write("retry: 5\revent: channel\rdata: a\rdata: b\r\r");
    await write(": still here\n\nid: 8\nevent: nothing\n\ndata: x\n\n");
    await until(() => names.length === 4);
    expect(names).toEqual(["channel", "refetch", "channel", "message"]);
    expect(data).toEqual(["{}", "", "a\nb", "x"]);
    expect(stream.isOpen).toBe(true);
  });

  it("is the same in whatever pieces it comes", async () => {
    server = await serveEvents();
    const text = "event: channel\r\nid: 7\r\ndata: {}\r\n\r\n: 満\n\nevent: refetch\ndata: 減\n\n";
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 6 }),
        async (cuts) => {
          open();
          const bounds = [0, ...new Set(cuts.sort((a, b) => a - b)), text.length];
          await write(...bounds.slice(1).map((to, i) => text.slice(bounds[i], to)));
          await until(() => names.length >= 2);
          expect(names).toEqual(["channel", "refetch"]);
          stream.close();
          await until(() => server.open.length === 0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("comes back when it ends, breaks off, or is refused", async () => {
    server = await serveEvents((response, nth) => {
      if (nth === 0) response.writeHead(503).end("later");
      else if (nth === 1) response.destroy();
      else if (nth === 2) response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
      else {
        startStream(response);
        response.write("event: channel\ndata: 1\n\n");
        if (nth === 3) response.end();
        if (nth === 4) setTimeout(() => response.destroy(), 20);
      }
    });
    open();
    await until(() => stream.isOpen && server.asked() === 6 && names.length >= 2);
    // Only those that were open were lost; of one that breaks off at once nobody knows.
    expect([1, 2]).toContain(lost);
  });

  it("is given up when nothing comes any more, though its socket is open", async () => {
    server = await serveEvents();
    open({ silenceMs: 50 });
    // One that was not open yet when its time was over is lost to nobody.
    await until(() => lost >= 2 && server.asked() >= 3);
    expect(names).toEqual([]);
  });

  it("stays open as long as heartbeats come", async () => {
    server = await serveEvents();
    open({ silenceMs: 5_000 });
    for (let i = 0; i < 20; i++) await write(": still here\n\n");
    expect([server.asked(), stream.isOpen, names]).toEqual([1, true, []]);
  });

  it.each(["", "\n"])("reads no event without an end, whatever ends its lines: %j", async (end) => {
    server = await serveEvents((response, nth) => {
      startStream(response);
      if (nth === 0) for (let i = 0; i < 40; i++) response.write("data: ".padEnd(8_192, "x") + end);
    });
    open();
    await until(() => server.asked() === 2 && stream.isOpen);
    expect([lost, names]).toEqual([1, []]);
  });

  it("asks no more where there is no stream at all", async () => {
    server = await serveEvents((response) => response.writeHead(204).end());
    open();
    await until(() => server.asked() === 1 && server.open.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.asked()).toBe(1);
  });

  it("lets its socket go when it is closed, and tells nothing more", async () => {
    server = await serveEvents();
    open();
    await until(() => stream.isOpen);
    stream.close();
    await until(() => server.open.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([server.asked(), lost, stream.isOpen]).toEqual([1, 0, false]);
  });
});

describe("the wait before another try", () => {
  it("doubles up to its cap, and is never below half of that", () => {
    expect([0, 1, 2, 3, 9, 2_000].map((failures) => backOffMs(100, 1_000, failures, () => 1))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backOffMs(100, 1_000, 2, () => 0)).toBe(200);
  });

  it("is one that a timer can hold", () => {
    expect(backOffMs(2 ** 31 - 1, 2 ** 40, 5, () => 1)).toBe(2 ** 31 - 1);
  });

  it("is not the same for all", () => {
    expect(new Set(Array.from({ length: 50 }, () => backOffMs(1_000, 1_000, 0))).size).toBeGreaterThan(40);
  });
});
