// A server in a process of its own, on the PostgreSQL that HAGGLE_TEST_DATABASE names:
//
//   haggle FOLDER [PAGES]   the whole server over a data folder, with the files of another one at /
//   bare TENANT            a Fastify that reads the skus it is asked for by one statement, and answers what they cost

import Fastify from "fastify";
import pg from "pg";
import { startServer, testDatabaseUrl } from "../support/server.ts";
import type { FromServer } from "./rollout-server.ts";

type Asked = { currency: string; lines: { id: string; sku: string; quantity: number }[] };

/** Of the pool of a server, see openDatabase. */
const CONNECTIONS = 10;

const [kind, name, storefrontFolder] = process.argv.slice(2);
const { url, close } =
  kind === "haggle"
    ? await startServer(name!, {
        logLevel: "warn",
        env: { HAGGLE_KEY_PER_MINUTE: "1000000", HAGGLE_ADDRESS_PER_MINUTE: "1000000" },
        ...(storefrontFolder !== undefined && { storefrontFolder }),
      })
    : await startBare(name!);

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  tell({ cpuMs: (user + system) / 1_000 });
});
process.on("disconnect", () => void close().then(() => process.exit(0)));
tell({ url });

function tell(message: FromServer): void {
  process.send!(message);
}

async function startBare(tenant: string): Promise<{ url: string; close(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: CONNECTIONS });
  const app = Fastify({ logger: false, forceCloseConnections: true });
  const text = `select sku, product_id as "productId", unit_price as "unitPrice" from catalog_skus
    where tenant_id = $1 and sku = any($2) and currency = $3`;
  app.post("/v1/quotes", async (request) => {
    const { currency, lines } = request.body as Asked;
    const values = [tenant, lines.map(({ sku }) => sku), currency];
    const { rows } = await pool.query({ name: "skus", text, values });
    const bySku = new Map(
      rows.map((row: { sku: string; unitPrice: string }) => [row.sku, Number(row.unitPrice)]),
    );
    const told = lines.map(({ id, sku, quantity }) => ({
      id,
      sku,
      quantity,
      total: bySku.get(sku)! * quantity,
    }));
    return { currency, lines: told, total: told.reduce((sum, { total }) => sum + total, 0) };
  });
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url: address,
    async close() {
      await app.close();
      await pool.end();
    },
  };
}
