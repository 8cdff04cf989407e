import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channel, parseChannel, parseEnvelope } from "@haggle/abi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { giveChannelKey } from "../support/give-channel-key.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, until } from "../support/server.ts";

// What comes in by HTTP: verified before it is stored, and the same on every server of the database.

const HOUR_MS = 60 * 60 * 1000;

let shop: Shop;
let server: TestServer;
let api: Api;
let good: Awaited<ReturnType<Shop["publish"]>>;
const others: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  shop = await createShop();
  good = await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
  api = createApi(server, await readAdminKey(shop.dataFolder));
  await until(async () => (await server.ready()).keys.channel === "ready");
});

afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
  await server.close();
  await shop.remove();
});

async function served(from = server): Promise<{ release: string; total: number }> {
  return (await from.post("/v1/evaluations", makeCart())).json();
}

async function readServed(channel = "stable"): Promise<Channel> {
  const bytes = await (await server.get(`/v1/channels/${channel}`)).arrayBuffer();
  return parseChannel(parseEnvelope(new Uint8Array(bytes), "channel").payload);
}

/** Another server on the same database, with nothing of its own but a key. */
async function startReplica(
  env: Record<string, string> = {},
): Promise<{ replica: TestServer; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-replica-"));
  const replica = await startServer(folder, {
    env: { HAGGLE_TENANT: tenantOf(shop.dataFolder), ...env },
  });
  others.push({
    close: async () => {
      await replica.close();
      await rm(folder, { recursive: true });
    },
  });
  return { replica, folder };
}

it("a kill replaces what was refused in the folder, so that nobody goes on from there and undoes it", async () => {
  const readOff = async () => {
    const bytes = new Uint8Array(await readFile(join(shop.folder, "channels", "stable.json")));
    return parseChannel(parseEnvelope(bytes, "channel").payload).off.promotions;
  };
  const torn = await shop.sign({ version: 5, rules: [SHOES] });
  await shop.write("channels/stable.json", torn.channel.bytes);
  await until(async () => (await server.ready()).warnings.includes("SERVER_FILE_MISSING"));
  const kill = { kind: "promotion", id: SHOES, channel: "stable", confirm: true, reason: "too much" };
  expect((await api.send("POST", "/v1/kills", kill)).status).toBe(201);
  await until(async () => (await readOff()).includes(SHOES));
  expect(server.log).toContainEqual(expect.objectContaining({ code: "DOCUMENT_ROLLBACK" }));
  expect((await readServed()).version).toBe(2);
  // Who has seen the kill in the folder may mean it.
  await until(async () => (await server.ready()).warnings.length === 0);
  const next = await shop.publish({ version: 7 });
  await until(async () => (await served()).release === next.release.sha256);
});

describe("a release that is brought by HTTP", () => {
  it("is stored, named by nobody, then given to everybody, on every server", async () => {
    const { replica } = await startReplica();
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    const { sha256 } = next.release;
    expect(await api.putBundle(shop.bundle.sha256, shop.bundle.bytes)).toMatchObject({
      status: 200,
      body: { isNew: false },
    });
    expect(await api.postRelease(next.release.bytes)).toMatchObject({
      status: 201,
      body: { sha256, version: 2, isNew: true },
    });
    expect(await api.postRelease(next.release.bytes)).toMatchObject({ status: 200, body: { isNew: false } });
    expect((await served()).release).toBe(good.release.sha256);
    expect((await replica.get(`/v1/releases/${sha256}`)).status).toBe(200);

    expect(await api.point("stable", { release: sha256 })).toMatchObject({
      status: 200,
      body: { channel: "stable", version: 2, release: sha256 },
    });
    expect((await served()).release).toBe(sha256);
    await until(async () => (await served(replica)).release === sha256);
    const list = await server.get("/v1/releases", { authorization: await bearer() });
    expect(await list.json()).toMatchObject({
      releases: [
        { sha256, version: 2, promotions: 1, channels: ["stable"], signers: [expect.any(String)] },
        { sha256: good.release.sha256, version: 1, promotions: 2, channels: [] },
      ],
    });
  });

  it("goes into the folder too, so that whoever builds there goes on from it", async () => {
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    await api.postRelease(next.release.bytes);
    // Torn under a digest that is known; whoever builds on it would find nothing but that.
    const bundle = `bundles/${shop.bundle.sha256}.wasm`;
    await shop.write(bundle, shop.bundle.bytes.subarray(0, 64));
    await api.point("stable", { release: next.release.sha256 });
    const file = () => readFile(join(shop.folder, "channels", "stable.json"));
    await until(async () => parseChannel(parseEnvelope(await file(), "channel").payload).version === 2);
    expect(await readdir(join(shop.folder, "releases"))).toContain(`${next.release.sha256}.json`);
    expect(await readFile(join(shop.folder, bundle))).toEqual(Buffer.from(shop.bundle.bytes));
    // And what is built there counts.
    const third = await shop.publish({ version: 3 });
    await until(async () => (await served()).release === third.release.sha256);
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("may be one of two that a folder brings at once", async () => {
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    const arms: Channel["arms"] = [
      { release: good.release.sha256, range: [0, 5_000], seed: "stable" },
      { release: next.release.sha256, range: [5_000, 10_000], seed: "stable" },
    ];
    await shop.write(`releases/${next.release.sha256}.json`, next.release.bytes);
    await shop.publish({ version: 1, channel: { version: 2, arms } });
    await until(async () => (await readServed()).version === 2);
    expect((await server.get(`/v1/releases/${next.release.sha256}`)).status).toBe(200);
  });

  it("does not count with another that a folder names and nobody has", async () => {
    const arms: Channel["arms"] = [
      { release: good.release.sha256, range: [0, 5_000], seed: "stable" },
      { release: "ab".repeat(32), range: [5_000, 10_000], seed: "stable" },
    ];
    await shop.publish({ version: 1, channel: { version: 2, arms } });
    await until(async () => (await server.ready()).warnings.includes("SERVER_FILE_MISSING"));
    expect((await readServed()).version).toBe(1);
  });

  it("is refused when its table is not what its promotions say, or a stranger signed it, or nobody", async () => {
    const table = { bytes: Buffer.from("not a table").toString("base64"), symbols: [] };
    const spoiled = await shop.sign({ version: 2, release: { table } });
    expect(await api.postRelease(spoiled.release.bytes)).toMatchObject({
      status: 422,
      code: "DOCUMENT_TABLE_DIFFERS",
    });
    const strangers = await shop.sign({ version: 2, releaseSigner: await testSigner(2) });
    expect(await api.postRelease(strangers.release.bytes)).toMatchObject({
      status: 422,
      code: "DOCUMENT_THRESHOLD",
      at: "release",
    });
    const unsigned = JSON.stringify({
      ...JSON.parse(new TextDecoder().decode(strangers.release.bytes)),
      signatures: [],
    });
    expect(await api.postRelease(unsigned)).toMatchObject({ status: 422, code: "DOCUMENT_UNSIGNED" });
    expect(await api.postRelease("{")).toMatchObject({ status: 422, code: "DOCUMENT_NOT_JSON" });
    expect(await api.postRelease(good.channel.bytes)).toMatchObject({ code: "DOCUMENT_WRONG_TYPE" });
  });

  it("wins its version alone, of two that are brought at once to two servers", async () => {
    const { replica } = await startReplica();
    const apis = [api, createApi(replica, await readAdminKey(shop.dataFolder))];
    for (let version = 2; version < 8; version += 1) {
      const pair = await Promise.all([
        shop.sign({ version, rules: [SHOES] }),
        shop.sign({ version, release: { expires: Date.now() + 40 * HOUR_MS + version } }),
      ]);
      const answers = await Promise.all(pair.map(({ release }, i) => apis[i]!.postRelease(release.bytes)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      expect(answers.find(({ status }) => status === 409)).toMatchObject({ code: "DOCUMENT_ROLLBACK" });
    }
  });
});

describe("a bundle", () => {
  it("is refused under another digest, unsigned, by a stranger, too large, and of another type", async () => {
    const { bytes, sha256 } = shop.bundle;
    const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
    expect(await api.putBundle("0".repeat(64), bytes)).toMatchObject({
      status: 422,
      code: "DOCUMENT_DIGEST_MISMATCH",
      at: "bundle",
    });
    const turned = bytes.slice();
    turned[turned.length - 40]! ^= 1;
    expect(await api.putBundle(digest(turned), turned)).toMatchObject({
      status: 422,
      code: "SIGNATURE_HASH_MISMATCH",
    });
    const bare = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect((await api.putBundle(digest(bare), bare)).code).toMatch(/^SIGNATURE_/);
    expect(await api.putBundle(sha256, new Uint8Array(262_145))).toMatchObject({
      status: 413,
      code: "SERVER_BODY_TOO_LARGE",
    });
    expect(await api.send("PUT", `/v1/bundles/${sha256}`, bytes, "application/json")).toMatchObject({
      status: 415,
      code: "SERVER_UNSUPPORTED_MEDIA_TYPE",
    });
  });

  it("is there for whoever asked for it in vain before, here and at another server", async () => {
    const { replica } = await startReplica();
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    const path = `/v1/releases/${next.release.sha256}`;
    for (const one of [server, replica]) expect((await one.get(path)).status).toBe(404);
    expect((await api.postRelease(next.release.bytes)).status).toBe(201);
    expect((await server.get(path)).status).toBe(200);
    await until(async () => (await replica.get(path)).status === 200);
  });
});

describe("a channel that is pointed to a release", () => {
  it("asks for a word before it goes back or forbids what is older, and refuses what is not there", async () => {
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    const { sha256 } = next.release;
    await api.postRelease(next.release.bytes);
    expect(await api.point("stable", { release: "0".repeat(64) })).toMatchObject({
      status: 422,
      code: "SERVER_UNKNOWN_RELEASE",
      at: "release",
    });
    expect(await api.point("nowhere", { release: sha256 })).toMatchObject({
      status: 404,
      code: "SERVER_UNKNOWN_CHANNEL",
    });
    expect(await api.point("stable", { release: sha256, minRelease: 2 })).toMatchObject({
      status: 409,
      code: "SERVER_NOT_CONFIRMED",
      at: "confirm",
    });
    expect(await api.point("stable", { release: sha256, minRelease: 3, confirm: true })).toMatchObject({
      status: 409,
      code: "DOCUMENT_ROLLBACK",
    });
    expect((await api.point("stable", { release: sha256 })).status).toBe(200);
    const back = { release: good.release.sha256 };
    expect(await api.point("stable", back)).toMatchObject({ status: 409, code: "DOCUMENT_ROLLBACK" });
    expect((await api.point("stable", { ...back, older: true })).status).toBe(200);
    expect((await served()).release).toBe(good.release.sha256);
    expect((await api.point("stable", { release: sha256, minRelease: 2, confirm: true })).status).toBe(200);
    expect(await readServed()).toMatchObject({ version: 4, minRelease: 2 });
    expect(await api.point("stable", { ...back, older: true })).toMatchObject({ code: "DOCUMENT_ROLLBACK" });
    expect(await api.point("stable", { release: sha256, minRelease: 1, confirm: true })).toMatchObject({
      status: 400,
      code: "SERVER_BAD_REQUEST",
      at: "minRelease",
    });
  });

  it("needs the channel's key, and says which one is missing", async () => {
    await rm(join(shop.dataFolder, "keys", "channel.sk"));
    await until(async () => (await server.ready()).keys.channel === "missing");
    const answer = await api.point("stable", { release: good.release.sha256 });
    expect(answer).toMatchObject({ status: 503, code: "SERVER_KEY_MISSING", at: "channel" });
    expect((await readServed()).version).toBe(1);
  });

  it("may be one of several: each has its document, its stream and its memory", async () => {
    await server.close();
    server = await startServer(shop.dataFolder, { env: { HAGGLE_CHANNELS: "stable,preview" } });
    api = createApi(server, await readAdminKey(shop.dataFolder));
    await until(async () => (await server.ready()).keys.channel === "ready");
    expect((await server.get("/v1/channels/preview")).status).toBe(503);
    const next = await shop.sign({ version: 2, rules: [SHOES] });
    await api.postRelease(next.release.bytes);
    expect((await api.point("preview", { release: next.release.sha256 })).status).toBe(200);
    expect((await readServed("preview")).arms[0]!.release).toBe(next.release.sha256);
    expect((await readServed()).arms[0]!.release).toBe(good.release.sha256);
    const { warnings, channels } = await server.ready();
    expect(warnings).toEqual([]);
    expect(channels).toMatchObject({
      stable: { version: 1, renewal: "automatic" },
      preview: { renewal: "automatic" },
    });
    await until(async () => (await readdir(join(shop.folder, "channels"))).includes("preview.json"));
    // A server that was not told of it finds it in the registry.
    const { replica } = await startReplica();
    expect((await replica.get("/v1/channels/preview")).status).toBe(200);
  });
});

it("keys and renewal are told of every channel, where the first one has nothing yet", async () => {
  await server.close();
  server = await startServer(shop.dataFolder, { env: { HAGGLE_CHANNELS: "later,stable" } });
  const stranger = await testSigner(7);
  const next = await signOnlineRoot({ version: 2, roles: { channel: [stranger] } });
  await shop.write("roots/2.json", next.bytes);
  await shop.publish({ version: 2, root: next, channelSigner: stranger });
  await until(async () => (await server.ready()).channels.stable?.version === 2);
  const ready = await server.ready();
  expect(ready.channel).toBeUndefined();
  expect(ready).toMatchObject({
    channels: { stable: { renewal: "noKey" } },
    keys: { channel: "notInRoot" },
    warnings: expect.arrayContaining(["SERVER_KEY_NOT_IN_ROOT"]),
  });
});

describe("a server with an empty folder", () => {
  it("serves what the registry has, and fills its folder with it", async () => {
    const { replica, folder } = await startReplica();
    expect(await replica.ready()).toMatchObject({ status: "ready", reasons: [] });
    expect(await served(replica)).toEqual(await served());
    for (const path of ["/v1/root", "/v1/channels/stable", `/v1/bundles/${shop.bundle.sha256}`]) {
      expect(await (await replica.get(path)).text()).toBe(await (await server.get(path)).text());
    }
    const file = join(folder, "releases", "channels", "stable.json");
    expect(await readFile(file)).toEqual(Buffer.from(good.channel.bytes));
    expect((await replica.ready()).warnings).not.toContain("SERVER_FILE_MISSING");
  });

  it("can be set up by HTTP alone: root, bundle, release, channel", async () => {
    const { replica, folder } = await startReplica({ HAGGLE_TENANT: `${tenantOf(shop.dataFolder)}-new` });
    const young = createApi(replica, await readAdminKey(folder));
    const seed = new Uint8Array(32).fill(1);
    const { publicKey } = await testSigner(1);
    await giveChannelKey(folder, seed, publicKey);
    await until(async () => (await replica.ready()).keys.channel === "ready");
    const { release } = good;
    expect(await young.putBundle(shop.bundle.sha256, shop.bundle.bytes)).toMatchObject({
      status: 409,
      code: "SERVER_NO_ROOT",
    });
    expect((await young.send("PUT", "/v1/root/1", shop.root.bytes)).status).toBe(201);
    expect((await young.putBundle(shop.bundle.sha256, shop.bundle.bytes)).status).toBe(201);
    expect((await young.postRelease(release.bytes)).status).toBe(201);
    expect((await young.point("stable", { release: release.sha256 })).status).toBe(200);
    expect((await served(replica)).release).toBe(release.sha256);
  });
});

it("nothing is changed without the scope for it, and every change is in the audit log", async () => {
  const { release } = await shop.sign({ version: 2 });
  expect(await createApi(server, "wrong").postRelease(release.bytes)).toMatchObject({ status: 401 });
  await api.postRelease(release.bytes);
  // With what `jsonb` does not hold, and so long that it is cut off within a character.
  const reason = `because\0!\\u0000${"😀".repeat(600)}`;
  expect((await api.point("stable", { release: release.sha256, reason })).status).toBe(200);
  const log = await server.get("/v1/audit", { authorization: await bearer() });
  expect(await log.text()).toMatch(/channel\.pointed.*because.*release\.stored/s);
  const found = await server.get("/v1/audit?action=channel.pointed", { authorization: await bearer() });
  expect((await found.json()).records).toMatchObject([{ note: reason.slice(0, 1_000) }]);
});

async function bearer(): Promise<string> {
  return `Bearer ${await readAdminKey(shop.dataFolder)}`;
}
