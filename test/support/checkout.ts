import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import { readAdminKey } from "./api-keys.ts";
import { startServer, tenantOf, testDatabaseUrl } from "./server.ts";

// A shop's checkout and its operators at one server, with an admin's key.

export type Checkout = Awaited<ReturnType<typeof openCheckout>>;

export type Told = {
  status: number;
  tag: string | null;
  /** Null where nothing is said. */
  body: Record<string, unknown> & {
    error?: { code: string; message: string; at?: string; value?: unknown };
  };
};

export async function openCheckout() {
  const folder = await mkdtemp(join(tmpdir(), "haggle-checkout-"));
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const server = await startServer(folder, { clock });
  const authorization = `Bearer ${await readAdminKey(folder)}`;
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(folder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });

  return {
    server,
    database,
    clock,
    pass(ms: number): void {
      ahead += ms;
    },
    /** A body that is a text goes as it is, one customer a line. */
    async ask(
      method: string,
      path: string,
      body?: object | string,
      headers: Record<string, string> = {},
    ): Promise<Told> {
      const type = typeof body === "string" ? "application/x-ndjson" : "application/json";
      const response = await fetch(server.url + path, {
        method,
        headers: { authorization, ...(body !== undefined && { "content-type": type }), ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const tag = response.headers.get("etag");
      return { status: response.status, tag, body: text === "" ? null : JSON.parse(text) };
    },
    async lastAudit(): Promise<Record<string, unknown>> {
      const response = await fetch(`${server.url}/v1/audit?limit=1`, { headers: { authorization } });
      const { records } = (await response.json()) as { records: Record<string, unknown>[] };
      return records[0]!;
    },
    async close(): Promise<void> {
      await database.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Status, code, place and value of a refusal. */
export function refusalOf({ status, body }: Told): unknown[] {
  return [status, body.error?.code, body.error?.at, body.error?.value];
}
