import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, until } from "../support/server.ts";

let folder: string;
let shop: Shop;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-lost-"));
  shop = await createShop();
  await shop.publish();
});
afterEach(async () => {
  await shop.remove();
  await rm(folder, { recursive: true });
});

describe("a server whose database is lost", () => {
  it("says so, goes on with what is in memory, fails with a code where it cannot, and ends", async () => {
    const postgres = await startEmbedded(join(folder, "database"), createLog("silent"));
    const server = await startServer(shop.dataFolder, { env: { DATABASE_URL: postgres.url } });
    try {
      expect((await server.ready()).warnings).not.toContain("SERVER_DATABASE");
      await postgres.stop();
      const { status } = await until(async () => {
        const readiness = await server.ready();
        return readiness.warnings.includes("SERVER_DATABASE") && readiness;
      });
      expect(status).toBe("ready");
      expect((await server.post("/v1/evaluations", makeCart())).status).toBe(200);
      expect((await server.get("/v1/channels/stable")).status).toBe(200);
      // Who this is cannot be looked up.
      const headers = { authorization: `Bearer rk_live_${"a".repeat(8)}_${"b".repeat(43)}` };
      const refused = await server.get("/v1/webhooks", headers);
      expect([401, 503]).toContain(refused.status);
      const asked = await server.get(`/v1/bundles/${"a".repeat(64)}`);
      expect(asked.status).toBe(503);
      const { error } = (await asked.json()) as { error: { requestId: string } };
      const { requestId } = error;
      expect(error).toEqual({ code: "SERVER_DATABASE", message: "The database cannot be used", requestId });
      const line = server.log.find(({ msg, code }) => msg === "request failed" && code === "SERVER_DATABASE");
      expect(JSON.stringify(line)).toMatch(/ECONNREFUSED|ENOENT|terminated/);
      const metrics = await (await server.get("/metrics")).text();
      expect(metrics).toContain("haggle_http_request_duration_seconds_count");
      expect(metrics).not.toContain("haggle_outbox_waiting{");
    } finally {
      await server.close();
    }
  });
});
