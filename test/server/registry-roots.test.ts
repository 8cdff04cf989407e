import { signDocument } from "@haggle/sdk/sign";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, makeCart, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// Roots and prices that come in by HTTP.

const HOUR_MS = 60 * 60 * 1000;

let shop: Shop;
let server: TestServer;
let api: Api;

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
  api = createApi(server, await readAdminKey(shop.dataFolder));
  await until(async () => (await server.ready()).keys.channel === "ready");
});

afterEach(async () => {
  await server.close();
  await shop.remove();
});

async function served(): Promise<{ release: string; total: number }> {
  return (await server.post("/v1/evaluations", makeCart())).json();
}

describe("roots and prices", () => {
  it("takes the next root of the chain, and signs the channel again by its key", async () => {
    const young = await testSigner(7);
    const second = await signOnlineRoot({ version: 2, roles: { channel: [young] } });
    expect(await api.send("PUT", "/v1/root/3", second.bytes)).toMatchObject({
      status: 422,
      code: "DOCUMENT_BAD_FIELD",
      at: "root.version",
    });
    await shop.giveKey("channel", 7);
    await until(async () => (await server.ready()).keys.channel === "notInRoot");
    expect((await api.send("PUT", "/v1/root/2", second.bytes)).status).toBe(201);
    expect((await api.send("PUT", "/v1/root/2", second.bytes)).status).toBe(200);
    await until(async () => (await server.get("/v1/root/2")).status === 200);
    expect(await server.ready()).toMatchObject({ channel: { version: 2 }, keys: { channel: "ready" } });
    const other = await signOnlineRoot({ version: 2, roles: { channel: [await testSigner(8)] } });
    expect(await api.send("PUT", "/v1/root/2", other.bytes)).toMatchObject({
      status: 409,
      code: "DOCUMENT_EQUIVOCATION",
    });
  });

  it("takes prices within the bounds of a release that it holds, each version once", async () => {
    const bounds = [{ sku: "trail-*", minUnitPrice: 10_000, maxUnitPrice: 20_000 }];
    const priced = await shop.publish({ version: 2, release: { bounds } });
    await until(async () => (await served()).release === priced.release.sha256);
    const sign = async (version: number, unitPrice: number) =>
      (
        await signDocument(
          {
            type: "prices",
            channel: "stable",
            version,
            issued: Date.now() - HOUR_MS,
            expires: Date.now() + HOUR_MS,
            release: priced.release.sha256,
            strategy: { version: 1, id: "clearance" },
            prices: [{ sku: "trail-runner", unitPrice }],
          },
          [await testSigner(1)],
        )
      ).bytes;
    const first = await sign(2, 15_000);
    expect((await api.send("PUT", "/v1/prices/stable", first)).status).toBe(201);
    expect((await api.send("PUT", "/v1/prices/stable", first)).status).toBe(200);
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    expect(await api.send("PUT", "/v1/prices/stable", await sign(3, 9_999))).toMatchObject({
      status: 422,
      code: "DOCUMENT_OUT_OF_BOUNDS",
      at: "prices.prices[0].unitPrice",
    });
    expect(await api.send("PUT", "/v1/prices/stable", await sign(1, 15_000))).toMatchObject({
      status: 409,
      code: "DOCUMENT_ROLLBACK",
    });
    expect(await api.send("PUT", "/v1/prices/stable", await sign(2, 16_000))).toMatchObject({
      status: 409,
      code: "DOCUMENT_EQUIVOCATION",
    });
  });
});
