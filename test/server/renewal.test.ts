import { cp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, type Prices, parseChannel, parseEnvelope, parsePrices } from "@haggle/abi";
import { encodePublicKey, type Signer, signDocument } from "@haggle/sdk/sign";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// A server signs what it serves again, before it ends, and changes nothing but its version and its times.

const HOUR_MS = 60 * 60 * 1000;
const LIFE_MS = 24 * HOUR_MS;
/** Behind the half of a life, and behind the jitter. */
const DUE_MS = 13 * HOUR_MS;

const RENEW_PRICES = { HAGGLE_RENEW_PRICES: "1" };

let shop: Shop;
let servers: TestServer[];
let online: Signer;
let now: number;
let first: Channel;
let release: string;

const OFF = { promotions: [SHOES], rules: [], releases: ["ab".repeat(32)] };

beforeEach(async () => {
  now = Date.now();
  servers = [];
  online = await testSigner(5);
  shop = await createShop();
  await shop.giveKey("channel", 5);
  await publish({ root: await signOnlineRoot({ roles: { channel: [online], prices: [online] } }) });
});

afterEach(async () => {
  for (const server of servers) await server.close();
  await shop.remove();
});

async function publish(variation: Parameters<Shop["publish"]>[0]): Promise<void> {
  const bounds = [{ sku: "trail-*", minUnitPrice: 10_000, maxUnitPrice: 20_000 }];
  const published = await shop.publish({
    version: 3,
    channelSigner: online,
    release: { bounds, expires: now + 900 * HOUR_MS },
    channel: { off: OFF, minRelease: 2 },
    ...variation,
  });
  first = parseChannel(published.channel.envelope.payload);
  release = published.release.sha256;
}

async function start(
  dataFolder = shop.dataFolder,
  skewMs = 0,
  env: Record<string, string> = {},
): Promise<TestServer> {
  const server = await startServer(dataFolder, { clock: () => now + skewMs, env });
  servers.push(server);
  await until(async () => !Object.values((await server.ready()).keys).includes("opening"));
  return server;
}

const read = async <T>(
  path: string,
  type: "channel" | "prices",
  parse: (payload: Uint8Array) => T,
): Promise<T> => parse(parseEnvelope(await readFile(join(shop.folder, path)), type).payload);
const readChannel = () => read("channels/stable.json", "channel", parseChannel);

/** Until the server has looked twice at what is due: it looks for keys each time, and these two are found one by one. */
async function lookTwice(server: TestServer): Promise<void> {
  for (const role of ["receipt", "audit"] as const) {
    await shop.giveKey(role, 8);
    now += 31_000;
    await until(async () => (await server.ready()).keys[role] !== "missing");
  }
}

const versionIs = (server: TestServer, version: number) =>
  until(async () => (await server.ready()).channel?.version === version);

/** What shoppers get comes into the folder behind it. */
const folderHas = (version: number) => until(async () => (await readChannel()).version === version);

describe("the channel document", () => {
  it("is signed again after half of its life, and says what it said", async () => {
    const server = await start();
    expect(await server.ready()).toMatchObject({ channel: { version: 3, renewal: "automatic" } });
    now = first.issued + DUE_MS;
    await versionIs(server, 4);
    await folderHas(4);
    expect(await readChannel()).toEqual({
      ...first,
      version: 4,
      issued: first.issued + LIFE_MS / 2,
      expires: first.expires + LIFE_MS / 2,
    });
    expect(first).toMatchObject({ off: OFF, minRelease: 2, arms: [{ release }] });
    const served = await (await server.get("/v1/channels/stable")).arrayBuffer();
    expect(Buffer.from(served)).toEqual(await readFile(join(shop.folder, "channels/stable.json")));
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("is left alone before that", async () => {
    const server = await start(shop.dataFolder, 0, RENEW_PRICES);
    // Half of its life is not over at the end either: what is due a moment after that is drawn anew by each server.
    now = first.issued + LIFE_MS / 2 - 31_001;
    // What is due after it is done; so this was not.
    await publishPrices({ issued: now - 3 * HOUR_MS, expires: now + HOUR_MS });
    await shop.giveKey("prices", 5);
    now += 31_000;
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    await until(async () => (await readPrices()).version === 2);
    expect((await readChannel()).version).toBe(3);
  });

  it("goes on from life to life, with as long a life each time", async () => {
    const server = await start();
    for (let version = 4; version < 8; version += 1) {
      const before = await readChannel();
      now = before.issued + DUE_MS;
      await versionIs(server, version);
      await folderHas(version);
      const after = await readChannel();
      expect(after.expires - after.issued).toBe(LIFE_MS);
      expect(after.issued).toBeLessThanOrEqual(now);
      expect(after.expires).toBeGreaterThan(now);
    }
    // What is being written beside it is gone in a moment.
    await until(async () => (await readdir(join(shop.folder, "channels"))).join() === "stable.json");
  });

  it("is signed again by a server that comes late, as long as it has not ended", async () => {
    await (await start()).close();
    now = first.expires - 1;
    const server = await start();
    await versionIs(server, 4);
    await folderHas(4);
    expect(await readChannel()).toMatchObject({
      issued: first.issued + LIFE_MS / 2,
      expires: first.expires + LIFE_MS / 2,
    });
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("that has ended is not brought back to life: that is for people to decide", async () => {
    await (await start()).close();
    now = first.expires;
    const server = await start();
    await lookTwice(server);
    expect(await server.ready()).toMatchObject({
      status: "ready",
      channel: { version: 3, renewal: "automatic" },
      keys: { channel: "ready" },
      warnings: ["DOCUMENT_EXPIRED", "SERVER_RELEASE_EXPIRED", "SERVER_KEY_NOT_IN_ROOT"],
    });
    expect(await readChannel()).toEqual(first);
    // A new one of theirs is renewed as before.
    await publish({ version: 4, channel: { issued: now - DUE_MS, expires: now + LIFE_MS - DUE_MS } });
    await versionIs(server, 5);
    await folderHas(5);
  });

  it("is the same to the byte when servers that do not see each other sign it, each by its own clock", async () => {
    const other = await createShop();
    try {
      await cp(shop.dataFolder, other.dataFolder, { recursive: true });
      const running = [await start(), await start(other.dataFolder, 54_321)];
      for (let version = 4; version < 7; version += 1) {
        await folderHas(version - 1);
        now = (await readChannel()).issued + DUE_MS;
        const texts = await Promise.all(
          running.map(async (server) => {
            await versionIs(server, version);
            return (await server.get("/v1/channels/stable")).text();
          }),
        );
        expect(texts[1]).toBe(texts[0]);
      }
    } finally {
      for (const server of servers.splice(0)) await server.close();
      await other.remove();
    }
  });

  it("is one document, whichever of several servers on one folder signs it", async () => {
    const others = await Promise.all([createShop(), createShop()]);
    try {
      const folders = [shop, ...others].map(({ dataFolder }) => dataFolder);
      for (const { folder, dataFolder } of others) {
        await shareFolder(folder, dataFolder);
      }
      const running = await Promise.all(folders.map((folder, index) => start(folder, index * 1_234)));
      const seen = new Map<number, Set<string>>();
      for (let version = 4; version < 9; version += 1) {
        await folderHas(version - 1);
        now = (await readChannel()).issued + DUE_MS;
        await Promise.all(running.map((server) => versionIs(server, version)));
        for (const server of running) {
          const text = await (await server.get("/v1/channels/stable")).text();
          seen.set(version, (seen.get(version) ?? new Set()).add(text));
          expect((await server.ready()).warnings).toEqual([]);
        }
      }
      expect([...seen.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1]);
    } finally {
      for (const server of servers.splice(0)) await server.close();
      for (const other of others) await other.remove();
    }
  });

  it("that somebody else has replaced is not replaced, be it newer or damaged", async () => {
    const server = await start();
    const text = '{"payload":"dG9ybg==';
    await shop.write("channels/stable.json", text);
    await until(async () => (await server.ready()).warnings.includes("DOCUMENT_NOT_JSON"));
    now = first.issued + DUE_MS;
    await lookTwice(server);
    expect(await readFile(join(shop.folder, "channels/stable.json"), "utf8")).toBe(text);

    now = first.issued;
    await publish({ version: 9, rules: [SHOES] });
    await versionIs(server, 9);
    now = first.issued + DUE_MS;
    await versionIs(server, 10);
    await folderHas(10);
    expect((await readChannel()).arms).toEqual(first.arms);
  });

  it("waits for a signer that does not answer, and is signed when it does again", async () => {
    const path = join(shop.dataFolder, "keys", "sign.mjs");
    const pkcs8 = `302e020100300506032b657004220420${"05".repeat(32)}`;
    await writeFile(
      path,
      `import { createPrivateKey, sign } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
if (existsSync(import.meta.filename + ".broken")) process.exit(1);
const key = createPrivateKey({ key: Buffer.from("${pkcs8}", "hex"), format: "der", type: "pkcs8" });
process.stdout.write(sign(null, readFileSync(0), key).toString("base64"));
`,
    );
    await writeFile(join(shop.dataFolder, "keys", "online.pk"), encodePublicKey(online.publicKey));
    const server = await start(shop.dataFolder, 0, {
      HAGGLE_CHANNEL_KEY: `command:"${process.execPath}" "${path}"`,
      HAGGLE_CHANNEL_PUBLIC: join(shop.dataFolder, "keys", "online.pk"),
    });
    expect((await server.ready()).keys.channel).toBe("ready");
    await writeFile(`${path}.broken`, "");
    now = first.issued + DUE_MS;
    await until(async () => (await server.ready()).keys.channel === "unusable");
    expect(await server.ready()).toMatchObject({
      status: "ready",
      warnings: ["SERVER_KEY_UNUSABLE"],
      channel: { version: 3, renewal: "noKey" },
    });
    await until(() => server.log.some(({ level, code }) => level === 50 && code === "SIGNATURE_BAD_SIGNER"));
    await rm(`${path}.broken`);
    now += 31_000;
    await versionIs(server, 4);
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("that is gone is not made anew", async () => {
    const server = await start();
    await shop.drop("channels/stable.json");
    await until(async () => (await server.ready()).warnings.includes("SERVER_FILE_MISSING"));
    now = first.issued + DUE_MS;
    await lookTwice(server);
    expect(await readdir(join(shop.folder, "channels"))).toEqual([]);
    expect(server.log.filter(({ msg }) => msg === "signing again failed")).toEqual([]);
  });

  it("is not signed by one server where two keys must sign, and /readyz says so", async () => {
    const keys = [online, await testSigner(6)];
    const root = await signOnlineRoot({ version: 2, roles: { channel: keys }, threshold: 2 });
    await shop.write("roots/2.json", root.bytes);
    await publish({ root, version: 4 });
    // Signed by both, as two operators would.
    const whole = await signDocument(await readChannel(), keys);
    await shop.write("channels/stable.json", whole.bytes);
    const server = await start();
    expect(await server.ready()).toMatchObject({
      status: "ready",
      channel: { version: 4, renewal: "threshold" },
      keys: { channel: "ready" },
    });
    now = first.expires - HOUR_MS;
    await lookTwice(server);
    expect((await server.ready()).warnings).toContain("SERVER_RELEASE_EXPIRING");
    expect((await readChannel()).version).toBe(4);
  });
});

describe("the prices document", () => {
  it("ends when its strategy meant it to, though its key is there", async () => {
    await publishPrices({});
    await shop.giveKey("prices", 5);
    const server = await start();
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    now += HOUR_MS;
    await lookTwice(server);
    expect((await server.ready()).keys.prices).toBe("ready");
    expect((await readPrices()).version).toBe(1);
  });

  it("is signed again likewise where the operator wants it, by the key of its own role", async () => {
    await publishPrices({});
    await shop.giveKey("prices", 5);
    const server = await start(shop.dataFolder, 0, RENEW_PRICES);
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    const before = await readPrices();
    now = before.issued + 2 * HOUR_MS;
    await until(async () => (await readPrices()).version === 2);
    const half = (before.expires - before.issued) / 2;
    const after = await readPrices();
    expect(after).toEqual({
      ...before,
      version: 2,
      issued: before.issued + half,
      expires: before.expires + half,
    });
    await until(async () => (await server.get("/v1/prices/stable")).headers.get("etag") !== null);
    expect((await readChannel()).version).toBe(3);
  });

  it("that has ended is not brought back to life", async () => {
    await publishPrices({});
    const server = await start(shop.dataFolder, 0, RENEW_PRICES);
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    now = (await readPrices()).expires;
    await shop.giveKey("prices", 5);
    await until(async () => (await server.ready()).keys.prices === "ready");
    await lookTwice(server);
    expect((await readPrices()).version).toBe(1);
  });

  it("is not signed by the channel's key", async () => {
    await publishPrices({});
    const server = await start(shop.dataFolder, 0, RENEW_PRICES);
    await until(async () => (await server.get("/v1/prices/stable")).status === 200);
    now = first.issued + DUE_MS;
    await versionIs(server, 4);
    await lookTwice(server);
    expect((await readPrices()).version).toBe(1);
  });
});

const readPrices = () => read("prices/stable.json", "prices", parsePrices);

async function publishPrices(times: { issued?: number; expires?: number }): Promise<void> {
  const prices: Prices = {
    type: "prices",
    channel: "stable",
    version: 1,
    issued: now - HOUR_MS,
    expires: now + 2 * HOUR_MS,
    release,
    strategy: { version: 1, id: "clearance" },
    prices: [{ sku: "trail-runner", unitPrice: 15_000 }],
    ...times,
  };
  await shop.write("prices/stable.json", (await signDocument(prices, [online])).bytes);
}

/** Gives another data folder the release folder and the key of the shop. */
async function shareFolder(folder: string, dataFolder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await symlink(shop.folder, folder);
  await symlink(join(shop.dataFolder, "keys"), join(dataFolder, "keys"));
}
