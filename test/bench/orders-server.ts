// A Fastify in a process of its own, on the PostgreSQL that HAGGLE_TEST_DATABASE names, that writes one row for each order:
// what everybody writes first.

import Fastify from "fastify";
import pg from "pg";
import { testDatabaseUrl } from "../support/server.ts";
import type { FromServer } from "./rollout-server.ts";

type Asked = { id: string; quote: string; total: number };

/** Of the pool of a server, see openDatabase. */
const CONNECTIONS = 10;

const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: CONNECTIONS });
await pool.query(
  "create table bare_orders (id text primary key, quote text not null, total bigint not null, at bigint not null)",
);
const app = Fastify({ logger: false, forceCloseConnections: true });
const text = "insert into bare_orders (id, quote, total, at) values ($1, $2, $3, $4)";
app.post("/v1/orders", async (request, reply) => {
  const { id, quote, total } = request.body as Asked;
  await pool.query({ name: "order", text, values: [id, quote, total, Date.now()] });
  return reply.code(201).send({ id, quote, total, state: "placed" });
});

tell({ url: await app.listen({ host: "127.0.0.1", port: 0 }) });
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  tell({ cpuMs: (user + system) / 1_000 });
});
process.on("disconnect", async () => {
  await app.close();
  await pool.end();
  process.exit(0);
});

function tell(message: FromServer): void {
  process.send!(message);
}
