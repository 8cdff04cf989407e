import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { until } from "../server.ts";
import { breakAgain } from "./break-again.ts";
import type { ServerProcess } from "./server-process.ts";
import { type Book, openBook, startCustomers } from "./stock-clients.ts";
import { type After, readLog } from "./stock-log.ts";
import { judge } from "./stock-referee.ts";
import { openTwoServers } from "./two-servers.ts";

// Two servers of a shop that sells what it has, while something is broken.

export type StockStage = Awaited<ReturnType<typeof openStockStage>>;
type Sale = { book: Book; restock(pieces?: number, skus?: number): Promise<string[]> };

const LOCATION = "north";
const SKUS = 20;
const PIECES = 100;
/** In the names of all statements of reservations. */
const STOCK = "inventory-";

/**
 * @param env of both servers
 * @param recoveryMs that the referee allows; his own measure when left out
 */
export async function openStockStage(env: Readonly<Record<string, string>> = {}, recoveryMs?: number) {
  const opened = await openTwoServers({ env, marks: [STOCK] });
  const { folder, tenant, servers } = opened;
  let sales = 0;
  await put(servers[0]!, `/v1/locations/${LOCATION}`, {});

  /** Each row of the tables of stock that is about these skus or orders, at one moment. */
  const snapshot = (name: string, skus: readonly string[]): Promise<After> =>
    opened.snapshot((client) => readAll(client, name, skus));

  async function readAll(client: pg.PoolClient, name: string, skus: readonly string[]): Promise<After> {
    const rows = async <Row extends object>(sql: string, values: unknown[]) =>
      (await client.query<Row>(sql, [tenant, ...values])).rows;
    return {
      levels: await rows(
        `select sku, location, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved from stock_levels
         where tenant_id = $1 and sku = any($2) group by sku, location`,
        [skus],
      ),
      movements: await rows(
        `select sku, location, quantity, order_id as "order" from stock_movements where tenant_id = $1 and sku = any($2)`,
        [skus],
      ),
      reservations: await rows(
        `select order_id as "order", attempt, state, allocations, expires_at as "expiresAt" from reservations
         where tenant_id = $1 and order_id like $2`,
        [`${name}:%`],
      ),
      at: Date.now(),
    };
  }

  return {
    ...opened,
    /**
     * Everything that is asked in it is written down, and the referee is asked in the end.
     *
     * @returns what was wrong
     */
    async sell(work: (sale: Sale, name: string) => Promise<void>): Promise<string[]> {
      const name = `sale-${++sales}`;
      const [path, afterPath] = [join(folder, `${name}.ndjson`), join(folder, `${name}.json`)];
      const book = openBook({ urls: () => servers.map(({ url }) => url), key: servers[0]!.key, path });
      const skus: string[] = [];
      let stocks = 0;
      const restock = async (pieces = PIECES, count = SKUS) => {
        const fresh = Array.from({ length: count }, (_, i) => `${name}-${stocks}-${i}`);
        stocks++;
        await receive(servers[0]!, fresh, pieces);
        for (const sku of fresh) book.write({ is: "stocked", sku, quantity: pieces });
        skus.push(...fresh);
        return fresh;
      };
      await work({ book, restock }, name);
      const after = await until(async () => {
        const seen = await snapshot(name, skus);
        return seen.reservations.every(({ state }) => state !== "held") && seen;
      }).catch(() => snapshot(name, skus));
      await book.close();
      await writeFile(afterPath, JSON.stringify(after));
      return [...judge(await readLog(path), after, recoveryMs), ...opened.listOwnEnds()];
    },
  };
}

/**
 * Customers buy without end, while `fault` happens so many times, each time when the one before is over.
 *
 * @returns what was wrong
 */
export function sellDuring(
  stage: StockStage,
  {
    name: fault,
    times,
    clients,
    act,
  }: { name: string; times: number; clients: number; act: (n: number) => Promise<void> },
): Promise<string[]> {
  return stage.sell(async ({ book, restock }, name) => {
    let skus = await restock();
    const customers = startCustomers(book, clients, { name, skus: () => skus });
    const prepare = async () => {
      skus = await restock();
    };
    await breakAgain(book, { name: fault, times, prepare, act });
    await customers.stop();
  });
}

async function put(server: ServerProcess, path: string, body: object): Promise<void> {
  const { status, body: said } = await server.call(path, body, { method: "PUT" });
  if (status !== 200) throw new Error(JSON.stringify(said));
}

async function receive(server: ServerProcess, skus: readonly string[], quantity: number): Promise<void> {
  const movements = skus.map((sku) => ({ kind: "receive", sku, location: LOCATION, quantity }));
  const { status, body } = await server.call("/v1/stock/movements", { movements });
  if (status >= 300) throw new Error(JSON.stringify(body));
}
