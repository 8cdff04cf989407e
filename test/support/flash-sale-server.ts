import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { readAdminKey } from "./api-keys.ts";
import { caller, callerAt, type ErrorJson } from "./rollout.ts";
import { startServer, tenantOf, testDatabaseUrl } from "./server.ts";

// A server with one location, for flash sales by HTTP.

export type Sale = ErrorJson & {
  state: string;
  revision: number;
  queue: { joined: number; admitted: number; waiting: number; seed?: string };
};
export type Standing = ErrorJson & {
  state: string;
  ticket: string;
  position?: number;
  waitMs?: number;
  startsAt?: number;
  purchaseToken?: string;
  turnUntil?: number;
};

export type SaleServer = Awaited<ReturnType<typeof startSaleServer>>;

export async function startSaleServer(clock: () => number) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-flash-sales-"));
  const server = await startServer(folder, { clock });
  const admin = await callerAt(server.url, folder);
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(folder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
  await admin("/v1/locations/berlin", {}, { method: "PUT" });
  return {
    database,
    admin,
    /** Without a key. */
    nobody: caller(server),
    /** Where the answer may be empty. @returns its status */
    async send(method: string, path: string, headers: Record<string, string> = {}): Promise<number> {
      const authorization = `Bearer ${await readAdminKey(folder)}`;
      return (await fetch(server.url + path, { method, headers: { authorization, ...headers } })).status;
    },
    async close(): Promise<void> {
      await database.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
