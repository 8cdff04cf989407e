import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { createLog, startEmbedded } from "@haggle/server";
import pg from "pg";
import { createShop } from "../release.ts";
import { removeFolder } from "../remove-folder.ts";
import { tenantOf } from "../server.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { startDatabaseProxy } from "./stock-proxy.ts";

// Two servers of a shop on a PostgreSQL of their own, with a network between that can be broken.

type Options = {
  /** Of both servers. */
  env?: Readonly<Record<string, string>>;
  /** In the names of statements of the transactions that can be cut, one in each. */
  marks: readonly string[];
  /** Of a shop that stands by its quotes; left out, it has those of createShop and makes none. */
  promotions?: readonly Promotion[];
};

export async function openTwoServers({ env = {}, marks, promotions }: Options) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-two-"));
  const postgres = await startEmbedded(join(folder, "database"), createLog("silent"));
  const proxy = await startDatabaseProxy(postgres.url, marks);
  const shop = await createShop();
  await shop.giveKey("channel");
  if (promotions !== undefined) await shop.giveKey("receipt");
  await shop.publish(promotions && { release: { promotions: [...promotions] } });
  const servers: ServerProcess[] = [];
  const all: ServerProcess[] = [];
  const start = async () => {
    const server = await startServerProcess(shop, { DATABASE_URL: proxy.url, ...env });
    all.push(server);
    return server;
  };
  // One after the other: the first one brings the database up to date.
  for (let i = 0; i < 2; i++) servers.push(await start());
  const admin = new pg.Pool({ connectionString: postgres.url, max: 1 });
  // It loses its connection with the database.
  admin.on("error", () => {});

  return {
    /** For what is written down meanwhile. */
    folder,
    tenant: tenantOf(shop.dataFolder),
    proxy,
    admin,
    servers,
    /** I8: what ended so far and was neither ended nor killed: nothing. */
    listOwnEnds: (): string[] => all.flatMap((server) => server.ownEnd() ?? []),
    /** Starts another one in its place. */
    async replaceServer(which: number): Promise<void> {
      servers[which] = await start();
    },
    /** With signal 9; another one is started in its place. */
    async killServer(which: number): Promise<void> {
      await servers[which]!.kill();
      servers[which] = await start();
    },
    /** With signal 9; it starts again by itself. */
    async killDatabase(): Promise<void> {
      const text = await readFile(join(folder, "database", "cluster", "postmaster.pid"), "utf8");
      process.kill(Number.parseInt(text, 10), "SIGKILL");
    },
    /** All that `read` asks for, at one moment. */
    async snapshot<T>(read: (client: pg.PoolClient) => Promise<T>): Promise<T> {
      const client = await admin.connect();
      try {
        await client.query("begin isolation level repeatable read read only");
        const seen = await read(client);
        await client.query("commit");
        return seen;
      } finally {
        // Whatever it was in is over with it.
        client.release(true);
      }
    },
    async close(): Promise<void> {
      for (const server of servers) await server.kill();
      await admin.end();
      await proxy.close();
      await postgres.stop();
      await shop.remove();
      await removeFolder(folder);
    },
  };
}
