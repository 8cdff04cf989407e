// A server in a process of its own, whose CPU time is its own: Haggle over a data folder, or a bare Fastify.
//
//   haggle FOLDER   the whole server with a PostgreSQL of its own; clients say where they come from, as a proxy would
//   bare            a document, by GET and by POST of JSON, a stream of events, and a broadcast to all who listen

import { Readable } from "node:stream";
import Fastify from "fastify";
import { startServer } from "../support/server.ts";

/** What the parent is told: where the server is, then its CPU time for each message that comes. */
export type FromServer = { url: string } | { cpuMs: number };

const [kind, folder] = process.argv.slice(2);
const { url, close } =
  kind === "haggle"
    ? await startServer(folder!, { logLevel: "warn", env: { HAGGLE_TRUSTED_PROXIES: "127.0.0.1" } })
    : await startBare();

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  tell({ cpuMs: (user + system) / 1_000 });
});
process.on("disconnect", () => void close().then(() => process.exit(0)));
tell({ url });

function tell(message: FromServer): void {
  process.send!(message);
}

async function startBare(): Promise<{ url: string; close(): Promise<void> }> {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  const streams = new Set<Readable>();
  let document = Buffer.alloc(0);
  app.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.put("/document", async (request) => {
    document = request.body as Buffer<ArrayBuffer>;
    return {};
  });
  app.get("/document", (_request, reply) => reply.type("application/json").send(document));
  // What is sent is read as JSON, and no more.
  app.post("/document", (_request, reply) => reply.type("application/json").send(document));
  app.get("/events", (_request, reply) => {
    const stream = new Readable({ read() {} });
    streams.add(stream);
    stream.push(": hello\n\n");
    return reply.type("text/event-stream").send(stream);
  });
  app.post("/broadcast", async (request) => {
    for (const stream of streams) stream.push(request.body as Buffer);
    return {};
  });
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url: address,
    async close() {
      for (const stream of streams) stream.destroy();
      await app.close();
    },
  };
}
