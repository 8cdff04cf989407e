// A server in a process of its own that takes events of experiments into the PostgreSQL of HAGGLE_TEST_DATABASE.
//
//   haggle FOLDER   the whole server
//   bare            a Fastify POST that writes what it is sent with one insert

import Fastify from "fastify";
import pg from "pg";
import { startServer, testDatabaseUrl } from "../../support/server.ts";

/** What the parent is told. */
export type FromIngestServer = { url: string };

/** A table of the same columns and the same key, without row-level security and without checks. */
const TABLE = `create table if not exists bare_events (experiment text, id text, type text, unit text, variant text,
  at bigint, received_at bigint, metric text, currency text, value_minor bigint, discount_minor bigint,
  margin_minor bigint, primary key (experiment, id))`;
const INSERT = `insert into bare_events select * from jsonb_to_recordset($1::jsonb) as event (experiment text, id text,
  type text, unit text, variant text, at bigint, received_at bigint, metric text, currency text, value_minor bigint,
  discount_minor bigint, margin_minor bigint) on conflict do nothing`;

const [kind, folder] = process.argv.slice(2);
const { url, close } = kind === "haggle" ? await startHaggle(folder!) : await startBare();

process.on("disconnect", () => void close().then(() => process.exit(0)));
process.send!({ url } satisfies FromIngestServer);

async function startHaggle(dataFolder: string): Promise<{ url: string; close(): Promise<void> }> {
  return startServer(dataFolder, { logLevel: "warn", env: { HAGGLE_KEY_PER_MINUTE: "1000000" } });
}

type Told = {
  id: string;
  type: string;
  unit: string;
  variant: string;
  valueMinor?: number;
  currency?: string;
};

async function startBare(): Promise<{ url: string; close(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 10 });
  await pool.query(TABLE);
  const app = Fastify({ logger: false, bodyLimit: 512 * 1024, forceCloseConnections: true });
  app.post<{ Params: { key: string }; Body: { events: Told[] } }>(
    "/v1/experiments/:key/events",
    async ({ params, body }, reply) => {
      const at = Date.now();
      const rows = body.events.map(({ valueMinor, ...event }) => ({
        ...event,
        experiment: params.key,
        at,
        received_at: at,
        value_minor: valueMinor,
      }));
      await pool.query(INSERT, [JSON.stringify(rows)]);
      return reply.code(202).send({ accepted: rows.length });
    },
  );
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url: address,
    async close() {
      await app.close();
      await pool.end();
    },
  };
}
