import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Prices } from "@haggle/abi";
import { signDocument } from "@haggle/sdk/sign";
import { signRoot } from "@haggle/toolchain";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, until } from "../support/server.ts";

// What a server remembers over restarts, and what it begins with.

const HOUR_MS = 60 * 60 * 1000;

let shop: Shop;
let server: TestServer | undefined;
let good: Awaited<ReturnType<Shop["publish"]>>;

beforeEach(async () => {
  shop = await createShop();
  good = await shop.publish({ version: 5 });
  await shop.giveKey("channel");
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await shop.remove();
});

type Options = Parameters<typeof startServer>[1];

async function start(options: Options = {}): Promise<TestServer> {
  await server?.close();
  server = await startServer(shop.dataFolder, options);
  return server;
}

const stateFile = () => join(shop.dataFolder, "state", "stable.json");

async function total(): Promise<number> {
  return ((await (await server!.post("/v1/evaluations", makeCart())).json()) as { total: number }).total;
}

async function bytesOf(path: string): Promise<Buffer> {
  const response = await server!.get(path);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

describe("a restart", () => {
  it("forgets nothing: an older channel document is still refused, as an alarm", async () => {
    await start();
    const { release } = await shop.publish({ version: 4, rules: [SHOES] });
    await start();
    expect(await server!.ready()).toMatchObject({ status: "ready", warnings: ["DOCUMENT_ROLLBACK"] });
    expect((await server!.get(`/v1/releases/${release.sha256}`)).status).toBe(404);
    expect(await total()).toBe(31_000);
    expect(server!.log).toContainEqual(
      expect.objectContaining({ level: 50, msg: "release refused", code: "DOCUMENT_ROLLBACK" }),
    );
  });

  it("refuses another document of the version that it knew", async () => {
    await start();
    await shop.publish({ version: 6, rules: [SHOES], channel: { version: 5 } });
    await start();
    expect((await server!.ready()).warnings).toEqual(["DOCUMENT_EQUIVOCATION"]);
    expect(await total()).toBe(31_000);
  });

  it("believes no clock that was set back behind what it knew", async () => {
    await start();
    const { expires } = (await server!.ready()).channel!;
    await shop.publish({
      version: 6,
      channel: { issued: expires - 2 * HOUR_MS, expires: expires + HOUR_MS },
    });
    await start({ clock: () => expires - HOUR_MS });
    expect(await server!.ready()).toMatchObject({ channel: { version: 6 }, warnings: [] });
    // By the clock alone this one would still be good.
    await shop.publish({
      version: 7,
      channel: { issued: expires - 9 * HOUR_MS, expires: expires - 4 * HOUR_MS },
    });
    await start({ clock: () => expires - 8 * HOUR_MS });
    expect(await server!.ready()).toMatchObject({ channel: { version: 6 }, warnings: ["DOCUMENT_EXPIRED"] });
  });

  it.each([
    ["is empty", "SERVER_FILE_MISSING", async () => rm(shop.folder, { recursive: true })],
    ["has no channel", "SERVER_FILE_MISSING", async () => shop.drop("channels/stable.json")],
    ["has a torn root", "DOCUMENT_NOT_JSON", async () => shop.write("root.json", '{"payload":')],
    ["has a torn channel", "DOCUMENT_NOT_JSON", async () => shop.write("channels/stable.json", "{")],
  ])("serves what was good when the folder %s, and warns", async (_name, code, spoil) => {
    await start();
    await spoil();
    await start();
    expect(await server!.ready()).toMatchObject({ status: "ready", reasons: [], warnings: [code] });
    expect(await total()).toBe(31_000);
    expect(await bytesOf("/v1/channels/stable")).toEqual(Buffer.from(good.channel.bytes));
    expect(await bytesOf("/v1/root")).toEqual(Buffer.from(shop.root.bytes));
    expect(await bytesOf(`/v1/bundles/${shop.bundle.sha256}`)).toEqual(Buffer.from(shop.bundle.bytes));
  });
});

describe("the state", () => {
  it("is one file for its owner alone, and nothing beside it", async () => {
    await start();
    const others = (await readdir(join(shop.dataFolder, "state"))).filter((name) => name !== "secret.key");
    expect(others).toEqual(["stable.json"]);
    expect((await stat(stateFile())).mode & 0o777).toBe(0o600);
  });

  const damages: [name: string, spoil: (bytes: Buffer) => Buffer][] = [
    ["zero-filled", (bytes) => Buffer.alloc(bytes.length)],
    ["torn", (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ["empty", () => Buffer.alloc(0)],
    ["foreign", () => Buffer.from('{"name":"package"}')],
  ];

  it.each(damages)("that is %s is told, left aside and written anew", async (_name, spoil) => {
    await start();
    await server!.close();
    await writeFile(stateFile(), spoil(await readFile(stateFile())));
    await start();
    expect(await server!.ready()).toMatchObject({ status: "ready", warnings: [] });
    expect(server!.log).toContainEqual(expect.objectContaining({ code: "CLIENT_STATE_DAMAGED" }));
    await start();
    expect(server!.log.filter(({ code }) => code !== undefined)).toEqual([]);
  });

  it.each(damages)("that is %s makes no production server trust the folder anew", async (_name, spoil) => {
    await start({ production: true });
    expect((await server!.ready()).status).toBe("ready");
    await server!.close();
    await writeFile(stateFile(), spoil(await readFile(stateFile())));
    const damaged = await readFile(stateFile());
    const stranger = await testSigner(9);
    const root = await signRoot({ signer: stranger, now: Date.now() - HOUR_MS });
    await shop.publish({ version: 9, root, releaseSigner: stranger, channelSigner: stranger });

    await start({ production: true });
    const reasons = ["SERVER_NO_RELEASE", "CLIENT_STATE_DAMAGED"];
    expect(await server!.ready()).toMatchObject({ status: "not ready", reasons });
    expect((await server!.get("/v1/root")).status).toBe(503);
    const lines = server!.log.filter(({ code }) => code === "CLIENT_STATE_DAMAGED");
    expect(lines).toEqual([
      expect.objectContaining({ reason: expect.stringMatching(/HAGGLE_ROOT.*delete.*stable\.json/) }),
    ]);
    expect(await readFile(stateFile())).toEqual(damaged);

    // The two ways on: the operator's root, and the operator's word that the folder is right.
    const path = join(shop.dataFolder, "pinned.json");
    await writeFile(path, shop.root.bytes);
    await shop.publish({ version: 10 });
    await start({ production: true, env: { HAGGLE_ROOT: path } });
    expect((await server!.ready()).status).toBe("ready");
    await server!.close();
    await writeFile(stateFile(), damaged);
    await start({ production: true });
    expect(await server!.ready()).toMatchObject({ reasons });
    await rm(stateFile());
    await until(async () => (await server!.ready()).status === "ready");
  });

  it("that cannot be written keeps no kill from counting, and is told until it can be", async () => {
    await start();
    await until(async () => (await server!.ready()).keys.channel === "ready");
    await mkdir(join(`${stateFile()}.tmp`, "in the way"), { recursive: true });
    const operate = createApi(server!, await readAdminKey(shop.dataFolder));
    const kill = {
      kind: "promotion",
      id: SHOES,
      channel: "stable",
      confirm: true,
      reason: "the disk is full",
    };
    expect((await operate.send("POST", "/v1/kills", kill)).status).toBe(201);
    expect(await total()).toBe(35_000);
    expect(await server!.ready()).toMatchObject({ status: "ready", warnings: ["CLIENT_STATE"] });
    await rm(`${stateFile()}.tmp`, { recursive: true });
    await until(async () => (await server!.ready()).warnings.length === 0);
    const channel = await bytesOf("/v1/channels/stable");
    expect(await readFile(stateFile(), "utf8")).toContain(channel.toString("base64"));
  });

  it("that cannot be written at first keeps anybody from being trusted", async () => {
    await mkdir(join(stateFile(), "in the way"), { recursive: true });
    await start();
    expect((await server!.ready()).reasons).toEqual(["SERVER_NO_RELEASE", "CLIENT_STATE"]);
    await rm(stateFile(), { recursive: true });
    await until(async () => (await server!.ready()).status === "ready");
  });

  it("of a laptop is no way into production", async () => {
    const laptop = await createShop({ development: true });
    try {
      await laptop.publish();
      await (await startServer(laptop.dataFolder)).close();
      const strict = await startServer(laptop.dataFolder, {
        production: true,
        env: { HAGGLE_ANONYMOUS: "1" },
      });
      try {
        const { status, reasons } = await strict.ready();
        expect([status, ...reasons]).toEqual(["not ready", "SERVER_NO_RELEASE", "SERVER_DEVELOPMENT_ROOT"]);
        expect((await strict.post("/v1/evaluations", makeCart())).status).toBe(503);
      } finally {
        await strict.close();
      }
    } finally {
      await laptop.remove();
    }
  });
});

describe("roots", () => {
  it("are served one by one, whoever asks for the next is told that there is none yet", async () => {
    const [second, third] = [await signOnlineRoot({ version: 2 }), await signOnlineRoot({ version: 3 })];
    for (const [index, { bytes }] of [shop.root, second, third].entries()) {
      await shop.write(`roots/${index + 1}.json`, bytes);
    }
    await shop.publish({ version: 6, root: third });
    await start();
    for (const [index, { bytes }] of [shop.root, second, third].entries()) {
      expect(await bytesOf(`/v1/roots/${index + 1}`)).toEqual(Buffer.from(bytes));
    }
    expect(await bytesOf("/v1/root")).toEqual(Buffer.from(third.bytes));
    const first = await server!.get("/v1/roots/1");
    expect(first.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await server!.get("/v1/roots/1", { "if-none-match": first.headers.get("etag")! })).status).toBe(
      304,
    );
    const next = await server!.get("/v1/roots/4");
    expect([next.status, next.headers.get("cache-control")]).toEqual([204, "public, no-cache"]);
    expect((await server!.get("/v1/roots/5")).status).toBe(404);
    for (const path of ["/v1/roots/0", "/v1/roots/one", "/v1/roots/1e3"]) {
      expect((await server!.get(path)).status).toBe(400);
    }
  });

  it("that did not lead to the newest are not served, though they are in the folder", async () => {
    const strangers = await signRoot({ signer: await testSigner(9), now: Date.now() - HOUR_MS });
    const second = await signOnlineRoot({ version: 2 });
    await shop.write("roots/1.json", strangers.bytes);
    await shop.write("roots/2.json", second.bytes);
    await shop.publish({ version: 6, root: second });
    await start();
    expect(await bytesOf("/v1/roots/2")).toEqual(Buffer.from(second.bytes));
    expect((await server!.get("/v1/roots/1")).status).toBe(404);
  });

  it("follow from the one that an operator pinned, whatever root.json says", async () => {
    const path = join(shop.dataFolder, "pinned.json");
    await writeFile(path, shop.root.bytes);
    await start({ env: { HAGGLE_ROOT: path } });
    expect((await server!.ready()).status).toBe("ready");
    await server!.close();
    await rm(stateFile());
    const stranger = await testSigner(9);
    const root = await signRoot({ signer: stranger, now: Date.now() - HOUR_MS });
    await shop.publish({ version: 7, root, releaseSigner: stranger, channelSigner: stranger });
    // The registry would still serve what was good; another tenant has none.
    await start({ env: { HAGGLE_ROOT: path, HAGGLE_TENANT: `${tenantOf(shop.dataFolder)}-new` } });
    expect((await server!.ready()).reasons).toEqual(["SERVER_NO_RELEASE", "DOCUMENT_THRESHOLD"]);
    await start({ env: { HAGGLE_ROOT: path } });
    expect(await server!.ready()).toMatchObject({ reasons: [], warnings: ["DOCUMENT_THRESHOLD"] });
  });

  it("that are pinned and not there end the start with a code", async () => {
    const HAGGLE_ROOT = join(shop.dataFolder, "nowhere.json");
    await expect(startServer(shop.dataFolder, { env: { HAGGLE_ROOT } })).rejects.toMatchObject({
      code: "SERVER_BAD_CONFIG",
      at: "HAGGLE_ROOT",
    });
  });

  it("bring new keys over a restart, and the version of a lost online key is forgotten with it", async () => {
    await start();
    const [young] = [await testSigner(7)];
    const second = await signOnlineRoot({ version: 2, roles: { channel: [young] } });
    await shop.write("roots/2.json", second.bytes);
    const { release } = await shop.publish({
      version: 6,
      root: second,
      channelSigner: young,
      channel: { version: 1 },
    });
    await until(async () => (await server!.ready()).channel?.version === 1);
    await shop.giveKey("channel", 7);
    await start();
    expect(await server!.ready()).toMatchObject({ channel: { version: 1 }, warnings: [] });
    expect((await server!.get(`/v1/releases/${release.sha256}`)).status).toBe(200);
  });
});

describe("prices", () => {
  const publishPrices = async (document: Partial<Prices>, signer = testSigner(1)): Promise<Uint8Array> => {
    const prices: Prices = {
      type: "prices",
      channel: "stable",
      version: 1,
      issued: Date.now() - HOUR_MS,
      expires: Date.now() + HOUR_MS,
      release: good.release.sha256,
      strategy: { version: 1, id: "clearance" },
      prices: [{ sku: "trail-runner", unitPrice: 15_000 }],
      ...document,
    };
    const { bytes } = await signDocument(prices, [await signer]);
    await shop.write("prices/stable.json", bytes);
    return bytes;
  };

  beforeEach(async () => {
    const bounds = [{ sku: "trail-*", minUnitPrice: 10_000, maxUnitPrice: 20_000 }];
    good = await shop.publish({ version: 6, release: { bounds } });
    await start();
  });

  it("are nothing until there are some, then their very bytes", async () => {
    expect((await server!.get("/v1/prices/stable")).status).toBe(204);
    const bytes = await publishPrices({});
    await until(async () => (await server!.get("/v1/prices/stable")).status === 200);
    expect(await bytesOf("/v1/prices/stable")).toEqual(Buffer.from(bytes));
    expect((await server!.get("/v1/prices/preview")).status).toBe(404);
  });

  it.each([
    ["DOCUMENT_OUT_OF_BOUNDS", { version: 2, prices: [{ sku: "trail-runner", unitPrice: 9_999 }] }],
    ["DOCUMENT_OUT_OF_BOUNDS", { version: 2, prices: [{ sku: "camp-mug", unitPrice: 15_000 }] }],
    ["DOCUMENT_DIGEST_MISMATCH", { version: 2, release: "0".repeat(64) }],
    ["DOCUMENT_EQUIVOCATION", { prices: [{ sku: "trail-runner", unitPrice: 16_000 }] }],
  ])("are refused by %s, and the last good ones and the release stay", async (code, change) => {
    const bytes = await publishPrices({});
    await until(async () => (await server!.get("/v1/prices/stable")).status === 200);
    await publishPrices(change);
    await until(async () => (await server!.ready()).warnings.includes(code));
    expect(await bytesOf("/v1/prices/stable")).toEqual(Buffer.from(bytes));
    expect(await total()).toBe(31_000);
    // Also after some more looks at the same folder.
    const { release } = await shop.publish({ version: 7, release: { bounds: [] } });
    await until(async () => (await server!.get(`/v1/releases/${release.sha256}`)).status === 200);
    expect((await server!.ready()).warnings).toHaveLength(1);
  });
});
