import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseRelease, parseRoot } from "@haggle/abi";
import { signDocument } from "@haggle/sdk/sign";
import { signRoot } from "@haggle/toolchain";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

let shop: Shop;
let server: TestServer;
let good: Awaited<ReturnType<Shop["publish"]>>;

beforeEach(async () => {
  shop = await createShop();
  good = await shop.publish();
  await shop.giveKey("channel");
  server = await startServer(shop.dataFolder);
});

afterEach(async () => {
  await server.close();
  await shop.remove();
});

const HOUR_MS = 60 * 60 * 1000;

async function served(): Promise<{ release: string; total: number }> {
  return (await server.post("/v1/evaluations", makeCart())).json();
}

describe("a new release in the folder", () => {
  it("prices the next cart, and the old release can still be fetched", async () => {
    expect((await served()).total).toBe(31_000);
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    await until(async () => (await served()).release === release.sha256);
    expect((await served()).total).toBe(36_000);
    expect((await server.get(`/v1/releases/${release.sha256}`)).status).toBe(200);
    expect((await server.get(`/v1/releases/${good.release.sha256}`)).status).toBe(200);
    expect(server.log.filter(({ msg }) => msg === "release is live")).toHaveLength(2);
  });

  it("may come file by file: nothing is served before all are there", async () => {
    const next = await createShop();
    try {
      const { release, channel } = await next.publish({ version: 2, rules: [SHOES] });
      await shop.write("channels/stable.json", channel.bytes);
      await until(async () => (await server.ready()).warnings.includes("SERVER_FILE_MISSING"));
      expect((await served()).release).toBe(good.release.sha256);
      await shop.write(`releases/${release.sha256}.json`, release.bytes);
      await until(async () => (await served()).release === release.sha256);
      expect((await server.ready()).warnings).toEqual([]);
    } finally {
      await next.remove();
    }
  });
});

describe("a bad release in the folder", () => {
  const stranger = testSigner(2);
  const past = Date.now() - 100 * HOUR_MS;

  const cases: [name: string, code: string, spoil: () => Promise<unknown>][] = [
    ["a truncated bundle", "SIGNATURE_MALFORMED", async () => spoilBundle((bytes) => bytes.slice(0, 500))],
    ["a bundle with one bit turned", "SIGNATURE_HASH_MISMATCH", async () => spoilBundle(turnOneBit)],
    ["an empty bundle", "SIGNATURE_MALFORMED", async () => spoilBundle(() => new Uint8Array())],
    [
      "a bundle that is far too large",
      "SERVER_FILE_TOO_LARGE",
      async () => spoilBundle(() => new Uint8Array(300_000)),
    ],
    [
      "a torn channel document",
      "DOCUMENT_NOT_JSON",
      async () => shop.write("channels/stable.json", '{"payload":"eyJ0'),
    ],
    [
      "a channel document of another kind",
      "DOCUMENT_WRONG_TYPE",
      async () => shop.write("channels/stable.json", good.release.bytes),
    ],
    [
      "a channel signed by a stranger",
      "DOCUMENT_THRESHOLD",
      async () => shop.publish({ version: 2, channelSigner: await stranger }),
    ],
    [
      "a release signed by a stranger",
      "DOCUMENT_THRESHOLD",
      async () => shop.publish({ version: 2, releaseSigner: await stranger }),
    ],
    [
      "an unsigned channel",
      "DOCUMENT_UNSIGNED",
      async () => shop.write("channels/stable.json", withoutSignatures(good.channel.bytes)),
    ],
    [
      "an expired channel",
      "DOCUMENT_EXPIRED",
      async () => shop.publish({ version: 2, channel: { issued: past, expires: past + HOUR_MS } }),
    ],
    [
      "an expired release",
      "DOCUMENT_EXPIRED",
      async () => shop.publish({ version: 2, release: { issued: past, expires: past + HOUR_MS } }),
    ],
    [
      "a channel from the future",
      "DOCUMENT_ISSUED_IN_FUTURE",
      async () => shop.publish({ version: 2, channel: { issued: Date.now() + HOUR_MS } }),
    ],
    [
      "another channel document of the same version",
      "DOCUMENT_EQUIVOCATION",
      async () => shop.publish({ version: 2, channel: { version: 1 } }),
    ],
    [
      "a channel without an arm",
      "DOCUMENT_NO_ARM",
      async () => shop.publish({ version: 2, channel: { arms: [] } }),
    ],
    [
      "a table that is not what its promotions give",
      "DOCUMENT_TABLE_DIFFERS",
      async () => {
        const { promotions, table } = parseRelease(good.release.envelope.payload);
        const changed = promotions.map((each) => ({ ...each, priority: each.priority + 1 }));
        return shop.publish({ version: 2, release: { promotions: changed, table } });
      },
    ],
    [
      "another shop's root",
      "DOCUMENT_EQUIVOCATION",
      async () => shop.write("root.json", await strangersRoot()),
    ],
    ["no channel document", "SERVER_FILE_MISSING", async () => shop.drop("channels/stable.json")],
  ];

  it.each(cases)("%s is refused by %s and the last good one stays", async (_name, code, spoil) => {
    await spoil();
    await until(async () => (await server.ready()).warnings.includes(code));
    expect((await server.get("/readyz")).status).toBe(200);
    expect(await served()).toMatchObject({ release: good.release.sha256, total: 31_000 });
    const channel = await server.get("/v1/channels/stable");
    expect(Buffer.from(await channel.arrayBuffer())).toEqual(Buffer.from(good.channel.bytes));
    const bundle = await server.get(`/v1/bundles/${shop.bundle.sha256}`);
    expect(Buffer.from(await bundle.arrayBuffer())).toEqual(Buffer.from(shop.bundle.bytes));
    expect(server.log).toContainEqual(expect.objectContaining({ msg: "release refused", code }));
  });

  it("is logged once, not at every look", async () => {
    await shop.write("channels/stable.json", "{");
    await until(async () => (await server.ready()).warnings.length > 0);
    await shop.write("channels/stable.json", "{ ");
    await shop.write("channels/other.json", "{}");
    await shop.publish({ version: 3 });
    await until(async () => (await server.ready()).warnings.length === 0);
    expect(server.log.filter(({ msg }) => msg === "release refused")).toHaveLength(1);
  });

  it("keeps a server that begins with it from being ready", async () => {
    const other = await createShop();
    await other.publish({ channelSigner: await stranger });
    const young = await startServer(other.dataFolder);
    try {
      expect((await young.ready()).reasons).toEqual(["SERVER_NO_RELEASE", "DOCUMENT_THRESHOLD"]);
    } finally {
      await young.close();
      await other.remove();
    }
  });

  it("is none for a spoilt copy of a bundle that is in use: whose bytes are known needs none", async () => {
    await shop.publish({ version: 2, rules: [SHOES], bundle: turnOneBit(shop.bundle.bytes) });
    await until(async () => (await server.ready()).channel?.version === 2);
    expect(await served()).toMatchObject({ total: 36_000 });
    const bundle = await server.get(`/v1/bundles/${shop.bundle.sha256}`);
    expect(Buffer.from(await bundle.arrayBuffer())).toEqual(Buffer.from(shop.bundle.bytes));
  });

  /** Under the digest of one that nobody has yet. */
  async function spoilBundle(change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
    const sha256 = "ab".repeat(32);
    await shop.write(`bundles/${sha256}.wasm`, change(shop.bundle.bytes));
    await shop.publish({ version: 2, release: { bundles: [{ sha256, size: shop.bundle.bytes.length }] } });
  }

  async function strangersRoot(): Promise<Uint8Array> {
    return (await signRoot({ signer: await stranger, now: Date.now() - HOUR_MS })).bytes;
  }
});

describe("a release that is switched off", () => {
  const off = async (version: number) => {
    const arms = [{ release: good.release.sha256, range: [0, 10_000] as [number, number], seed: "stable" }];
    const releases = [good.release.sha256];
    return shop.publish({ version, channel: { arms, off: { promotions: [], rules: [], releases } } });
  };
  const price = () => server.post("/v1/evaluations", makeCart());

  it("prices nothing, and whoever asks is told, until there is another one", async () => {
    const { channel } = await off(2);
    await until(async () => (await price()).status === 503);
    expect(await (await price()).json()).toMatchObject({ error: { code: "ENGINE_RELEASE_OFF" } });
    expect(await server.ready()).toMatchObject({ reasons: [], warnings: ["ENGINE_RELEASE_OFF"] });
    // Pages learn of it by the channel document, so that is served.
    const told = await server.get("/v1/channels/stable");
    expect(Buffer.from(await told.arrayBuffer())).toEqual(Buffer.from(channel.bytes));
    const { release } = await shop.publish({ version: 3, rules: [SHOES] });
    await until(async () => (await price()).status === 200);
    expect((await served()).release).toBe(release.sha256);
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("stays so over a restart", async () => {
    await off(2);
    await until(async () => (await price()).status === 503);
    await server.close();
    server = await startServer(shop.dataFolder);
    expect(await (await price()).json()).toMatchObject({ error: { code: "ENGINE_RELEASE_OFF" } });
  });

  it("stays so when what was to come instead is not right", async () => {
    await shop.publish({ version: 2, channel: { minRelease: 3 } });
    await until(async () => (await price()).status === 503);
    // The kill counts at once, why the rest was refused is known a moment later.
    await until(async () => (await server.ready()).warnings.length > 1);
    expect((await server.ready()).warnings).toEqual(["DOCUMENT_ROLLBACK", "ENGINE_RELEASE_OFF"]);
  });
});

it("an older channel document is refused, so a rollback is a newer document", async () => {
  await shop.publish({ version: 3 });
  await until(async () => (await served()).release !== good.release.sha256);
  const { release } = await served();
  await shop.publish({ version: 2, rules: [SHOES] });
  await until(async () => (await server.ready()).warnings.includes("DOCUMENT_ROLLBACK"));
  expect((await served()).release).toBe(release);
});

describe("another root", () => {
  it("is refused with all that it signed, when the running root's keys did not sign it", async () => {
    const signer = await testSigner(2);
    const root = await signRoot({ signer, now: Date.now() - HOUR_MS });
    await shop.write("root.json", root.bytes);
    await shop.publish({ version: 2, releaseSigner: signer, channelSigner: signer, root });
    await until(async () => (await server.ready()).warnings.includes("DOCUMENT_THRESHOLD"));
    expect((await served()).release).toBe(good.release.sha256);
  });

  it("is taken when they did: that is how keys change", async () => {
    const [old, young] = await Promise.all([testSigner(1), testSigner(2)]);
    const { envelope } = await signRoot({ signer: old, now: Date.now() - HOUR_MS });
    const theirs = parseRoot((await signRoot({ signer: young, now: Date.now() })).envelope.payload);
    const next = parseRoot(envelope.payload);
    next.version = 2;
    Object.assign(next.keys, theirs.keys);
    next.roles.root = theirs.roles.root;
    next.roles.channel = theirs.roles.channel;
    const root = await signDocument(next, [old, young]);
    await shop.write("roots/2.json", root.bytes);
    const { release } = await shop.publish({ version: 2, rules: [SHOES], channelSigner: young, root });
    await until(async () => (await served()).release === release.sha256);
    expect(Buffer.from(await (await server.get("/v1/root")).arrayBuffer())).toEqual(Buffer.from(root.bytes));
  });
});

it("a channel that outlives its promise is told, and still prices previews", async () => {
  // So that nobody signs it again.
  await rm(join(shop.dataFolder, "keys"), { recursive: true });
  await until(async () => (await server.ready()).keys.channel === "missing");
  const { release } = await shop.publish({ version: 2, channel: { expires: Date.now() + 6_000 } });
  await until(async () => (await server.ready()).warnings.includes("SERVER_RELEASE_EXPIRED"));
  expect((await served()).release).toBe(release.sha256);
  expect((await server.get("/readyz")).status).toBe(200);
});

describe("a development root", () => {
  it("is refused in production and believed on a laptop", async () => {
    const laptop = await createShop({ development: true });
    await laptop.publish();
    const strict = await startServer(laptop.dataFolder, { production: true });
    const easy = await startServer(laptop.dataFolder);
    try {
      expect((await strict.ready()).reasons).toEqual(["SERVER_NO_RELEASE", "SERVER_DEVELOPMENT_ROOT"]);
      expect((await easy.ready()).reasons).toEqual([]);
    } finally {
      await Promise.all([strict.close(), easy.close()]);
      await laptop.remove();
    }
  });
});

function turnOneBit(bytes: Uint8Array): Uint8Array {
  const turned = bytes.slice();
  turned[turned.length >> 1]! ^= 1;
  return turned;
}

function withoutSignatures(envelope: Uint8Array): string {
  return JSON.stringify({ ...JSON.parse(new TextDecoder().decode(envelope)), signatures: [] });
}
