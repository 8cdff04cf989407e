import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import { createHaggle } from "@haggle/sdk/client";
import { createLog, openDatabase } from "@haggle/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// A tree that a CDN gives out in the server's place.

const HOUR_MS = 60 * 60 * 1000;

let shop: Shop;
let server: TestServer;
let cdn: string;
let tree: string;
let now: number;
let good: Awaited<ReturnType<Shop["publish"]>>;

beforeEach(async () => {
  now = Date.now();
  shop = await createShop();
  good = await shop.publish();
  await shop.giveKey("channel");
  cdn = await mkdtemp(join(tmpdir(), "haggle-cdn-"));
  tree = join(cdn, tenantOf(shop.dataFolder));
  server = await start();
});

afterEach(async () => {
  await server.close();
  await shop.remove();
  await rm(cdn, { recursive: true, force: true });
});

async function start(folder = cdn): Promise<TestServer> {
  const started = await startServer(shop.dataFolder, { env: { HAGGLE_CDN: folder }, clock: () => now });
  await until(async () => (await started.ready()).keys.channel === "ready");
  return started;
}

async function readVersion(): Promise<number | undefined> {
  const bytes = await readFile(join(tree, "channels", "stable.json")).catch(() => undefined);
  return bytes && parseChannel(parseEnvelope(new Uint8Array(bytes), "channel").payload).version;
}

async function listEvents(type: string): Promise<object[]> {
  const database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("warn"),
  });
  try {
    const sql = "select data from outbox_events where type = $1";
    return (await database.query<{ data: object }>(sql, [type])).map(({ data }) => data);
  } finally {
    await database.close();
  }
}

it("runs a client with the server stopped, whole, and nothing else is in it", async () => {
  const api = createApi(server, await readAdminKey(shop.dataFolder));
  const next = await shop.sign({ version: 2, rules: [SHOES] });
  await api.postRelease(next.release.bytes);
  await api.point("stable", { release: next.release.sha256 });
  await until(async () => (await readVersion()) === 2);
  const priced = await (await server.post("/v1/evaluations", makeCart())).json();
  await server.close();

  const files = (await readdir(tree, { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort();
  const releases = [good.release.sha256, next.release.sha256].map((digest) => `releases/${digest}.json`);
  expect(files).toEqual(
    [
      `bundles/${shop.bundle.sha256}.wasm`,
      "channels/stable.json",
      ...releases,
      "root.json",
      "roots/1.json",
    ].sort(),
  );
  const served = await serveFolder(tree);
  const root = await (await fetch(`${served.url}/root.json`)).text();
  const client = createHaggle({ cdn: served.url, root, channel: "stable" });
  try {
    await client.ready();
    expect(client.state).toMatchObject({ release: next.release.sha256, version: 2 });
    expect(client.evaluate(makeCart())).toMatchObject({
      ok: true,
      total: (priced as { total: number }).total,
    });
  } finally {
    client.close();
    await served.close();
  }
  server = await start();
});

it("is written again as the channel document is renewed", async () => {
  await until(async () => (await readVersion()) === 1);
  const { issued } = parseChannel(good.channel.envelope.payload);
  now = issued + 13 * HOUR_MS;
  await until(async () => (await readVersion()) === 2);
  expect((await server.ready()).warnings).toEqual([]);
});

it("is filled again when somebody has emptied it, and goes back to nothing older", async () => {
  await until(async () => (await readVersion()) === 1);
  await rm(tree, { recursive: true });
  await until(async () => (await readVersion()) === 1);
  const ahead = await shop.sign({ version: 9 });
  await writeFile(join(tree, "channels", "stable.json"), ahead.channel.bytes);
  await rm(join(tree, "root.json"));
  const { issued } = parseChannel(good.channel.envelope.payload);
  now = issued + 13 * HOUR_MS;
  await until(async () => (await server.ready()).channel?.version === 2);
  expect(await readVersion()).toBe(9);
});

it("is left to servers that follow a newer root, by one that does not know it yet", async () => {
  await until(async () => (await readVersion()) === 1);
  const signer = await testSigner(2);
  const root = await signOnlineRoot({ version: 2, roles: { channel: [signer] } });
  const ahead = await shop.sign({ version: 9, channelSigner: signer });
  await writeFile(join(tree, "roots", "2.json"), root.bytes);
  await writeFile(join(tree, "root.json"), root.bytes);
  await writeFile(join(tree, "channels", "stable.json"), ahead.channel.bytes);
  const api = createApi(server, await readAdminKey(shop.dataFolder));
  const next = await shop.sign({ version: 2, rules: [SHOES] });
  await api.postRelease(next.release.bytes);
  await api.point("stable", { release: next.release.sha256 });
  await until(async () => (await server.ready()).channel?.version === 2);
  // Which waits for what is being written.
  await server.close();
  expect(await readFile(join(tree, "root.json"))).toEqual(Buffer.from(root.bytes));
  expect(await readVersion()).toBe(9);
  server = await start();
});

it("points at nothing that could not be written", async () => {
  await until(async () => (await readVersion()) === 1);
  const api = createApi(server, await readAdminKey(shop.dataFolder));
  const next = await shop.sign({ version: 2, rules: [SHOES] });
  const blocked = join(tree, "releases", `${next.release.sha256}.json`);
  await mkdir(blocked, { recursive: true });
  await api.postRelease(next.release.bytes);
  await api.point("stable", { release: next.release.sha256 });
  await until(async () => (await server.ready()).warnings.includes("SERVER_CDN_LATE"));
  expect(await readVersion()).toBe(1);
  await rm(blocked, { recursive: true });
  await until(async () => (await readVersion()) === 2);
});

it("is told of by a warning, the log and an event when it cannot be written, until it can", async () => {
  await server.close();
  const blocked = join(cdn, "blocked");
  await writeFile(blocked, "no folder");
  server = await start(blocked);
  await until(async () => (await server.ready()).warnings.includes("SERVER_CDN_LATE"));
  expect((await server.ready()).status).toBe("ready");
  const lines = () => server.log.filter(({ code }) => code === "SERVER_CDN_LATE");
  expect(lines()).toHaveLength(1);
  // Behind the warning.
  const events = await until(async () => {
    const found = await listEvents("cdn.late");
    return found.length > 0 && found;
  });
  expect(events).toEqual([{ since: now, cause: "ENOTDIR" }]);
  await rm(blocked);
  await until(async () => !(await server.ready()).warnings.includes("SERVER_CDN_LATE"));
  expect(lines()).toHaveLength(1);
  expect(await readdir(join(blocked, tenantOf(shop.dataFolder)))).toContain("root.json");
});
