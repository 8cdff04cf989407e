import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, parseChannel, parseEnvelope } from "@haggle/abi";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Api, createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl, until } from "../support/server.ts";
import { waitersAre } from "../support/waiters.ts";

// What comes by the folder and what comes by HTTP, at one moment.

const FULL = "满300减50";

let shop: Shop;
let server: TestServer;
let api: Api;
let database: Database;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
  api = createApi(server, await readAdminKey(shop.dataFolder));
  await until(async () => (await server.ready()).keys.channel === "ready");
  database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("warn"),
  });
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await database.close();
  await server.close();
  await shop.remove();
});

const kill = (id = SHOES) =>
  api.send("POST", "/v1/kills", {
    kind: "promotion",
    id,
    channel: "stable",
    confirm: true,
    reason: "too much",
  });

async function readOff(): Promise<Channel["off"]["promotions"]> {
  const bytes = await (await server.get("/v1/channels/stable")).arrayBuffer();
  return parseChannel(parseEnvelope(new Uint8Array(bytes), "channel").payload).off.promotions;
}

it("a kill is undone by no publish that was looked at while it was made", async () => {
  const { killing } = await database.transaction(async (tx) => {
    await tx.query("select from channel_heads for update");
    const [self] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    const killing = kill();
    await waitersAre(1, self!.pid, database);
    // Whoever wrote this knows of no kill, and the server that looks at it neither: it is still to come.
    await shop.publish({ version: 50, rules: [SHOES] });
    await waitersAre(2, self!.pid, database);
    return { killing };
  });
  expect((await killing).status).toBe(201);
  await until(async () => server.log.some(({ code }) => code === "DOCUMENT_ROLLBACK"));
  await until(async () => (await readOff()).includes(SHOES));
  const inFolder = async () => {
    const bytes = new Uint8Array(await readFile(join(shop.folder, "channels", "stable.json")));
    return parseChannel(parseEnvelope(bytes, "channel").payload);
  };
  await until(async () => (await inFolder()).off.promotions.includes(SHOES));
  expect((await inFolder()).version).toBe(2);
});

it("a kill counts where the state file is damaged while the server runs", async () => {
  await server.close();
  server = await startServer(shop.dataFolder, { production: true });
  await until(async () => (await server.ready()).keys.channel === "ready");
  api = createApi(server, await readAdminKey(shop.dataFolder));
  await writeFile(join(shop.dataFolder, "state", "stable.json"), "{");
  expect((await kill()).status).toBe(201);
  expect(await readOff()).toEqual([SHOES]);
  expect(await server.ready()).toMatchObject({ status: "ready", warnings: [] });
});

it("a folder that cannot be written is told once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "haggle-sealed-"));
  await mkdir(join(folder, "releases"));
  await writeFile(join(folder, "releases", "bundles"), "in the way");
  const replica = await startServer(folder, { env: { HAGGLE_TENANT: tenantOf(shop.dataFolder) } });
  closing.push(() => replica.close().then(() => removeFolder(folder)));
  const count = () => replica.log.filter(({ msg }) => /brought up to date/.test(String(msg))).length;
  await until(() => count() > 0);
  const isFollowed = async () => (await read(replica)) === (await read(server));
  for (const id of [SHOES, FULL]) {
    expect((await kill(id)).status).toBe(201);
    await until(isFollowed);
  }
  expect(count()).toBe(1);
});

async function read({ get }: TestServer): Promise<string> {
  return (await get("/v1/channels/stable")).text();
}
