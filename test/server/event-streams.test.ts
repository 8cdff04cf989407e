import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { createEventStreams } from "../../server/platform/event-streams.ts";
import { until } from "../support/server.ts";

// A reader over a real socket that stops, misses what came, and reads on.

it("tells a reader that fell behind to fetch, and goes on telling it what comes", async () => {
  const streams = createEventStreams();
  const server = createServer((_request, response) => {
    streams.open("address", "stable", [], undefined)!.pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  reader.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  reader.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await until(() => text.includes("retry:"));
  reader.pause();
  const document = "x".repeat(8_000);
  for (let version = 1; version <= 4_000; version++) {
    streams.send("stable", { name: "channel", id: version, data: { version, release: "a", document } });
    if (version % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  reader.resume();
  await until(() => text.includes("event: refetch"));
  expect(text).not.toContain("id: 4000\n");
  // Again and again: it may have fallen behind more than once, and what is sent until it has caught up is not kept.
  await until(() => {
    streams.send("stable", { name: "channel", id: 4_001, data: { version: 4_001, release: "a" } });
    return text.includes("id: 4001\n");
  });
  reader.destroy();
  streams.close();
  server.closeAllConnections();
  server.close();
});
