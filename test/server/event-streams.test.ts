import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { createEventStreams } from "../../server/platform/event-streams.ts";
import { until } from "../support/server.ts";

// Readers over real sockets that stop, miss what came, and read on, or never do.

/** A server of these streams, and what connects a reader to it. */
async function serve(streams: ReturnType<typeof createEventStreams>) {
  const server = createServer((_request, response) => {
    streams.open("address", "stable", [], undefined)!.pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    async read(): Promise<{ socket: Socket; text: () => string }> {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      let text = "";
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await until(() => text.includes("retry:"));
      return { socket, text: () => text };
    },
    close(): void {
      streams.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** More than a socket and its reader's side of it hold. */
async function overflow(streams: ReturnType<typeof createEventStreams>): Promise<void> {
  const document = "x".repeat(8_000);
  for (let version = 1; version <= 4_000; version++) {
    streams.send("stable", { name: "channel", id: version, data: { version, release: "a", document } });
    if (version % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

it("tells a reader that fell behind to fetch, and goes on telling it what comes", async () => {
  const streams = createEventStreams();
  const server = await serve(streams);
  const { socket, text } = await server.read();
  socket.pause();
  await overflow(streams);
  socket.resume();
  await until(() => text().includes("event: refetch"));
  expect(text()).not.toContain("id: 4000\n");
  // Again and again: it may have fallen behind more than once, and what is sent until it has caught up is not kept.
  await until(() => {
    streams.send("stable", { name: "channel", id: 4_001, data: { version: 4_001, release: "a" } });
    return text().includes("id: 4001\n");
  });
  socket.destroy();
  server.close();
});

it("gives up a reader that takes nothing through several heartbeats, and none that reads", async () => {
  const streams = createEventStreams(undefined, 50);
  const server = await serve(streams);
  const [gone, reads] = [await server.read(), await server.read()];
  gone.socket.pause();
  await overflow(streams);
  await until(() => streams.readersOf("stable") === 1);
  const before = reads.text().length;
  await until(() => reads.text().slice(before).split(": still here\n\n").length > 3);
  expect(streams.readersOf("stable")).toBe(1);
  for (const { socket } of [gone, reads]) socket.destroy();
  server.close();
});
