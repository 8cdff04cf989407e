import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bucketOf } from "@haggle/sdk";
import { memoryStore } from "@haggle/sdk/trust";
import { signRoot } from "@haggle/toolchain";
import { describe, expect, it } from "vitest";
import { useClientWorld } from "../support/client-world.ts";
import { makeCart, SHOES, testSigner } from "../support/release.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { startServer, until } from "../support/server.ts";

const world = useClientWorld();
const { open, publish, totalOf } = world;

describe("a client", () => {
  it("prices with the server's release as the server does", async () => {
    const release = await publish();
    await open().ready();
    expect(world.client?.state).toMatchObject({ release, version: 1, stale: false });
    const decision = world.client!.evaluate(makeCart());
    const answer = (await (await world.server.post("/v1/evaluations", makeCart())).json()) as object;
    expect(JSON.parse(JSON.stringify(decision))).toEqual(answer);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("follows new releases while it is open", async () => {
    const first = await publish();
    await open().ready();
    const second = await publish({ version: 2, rules: [SHOES] });
    await until(() => world.releases.length === 2);
    expect(world.releases).toEqual([first, second]);
    expect(totalOf(makeCart())).toBe(36_000);
    expect(world.client?.state).toMatchObject({ release: second, version: 2 });
  });

  it("leaves no timer and no socket behind when it is closed", async () => {
    await publish();
    const program = `
      import { createHaggle } from "@haggle/sdk/client";
      const client = createHaggle({ url: process.argv[1], root: process.argv[2] });
      await client.ready();
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log(client.state.version);
      client.close();`;
    const child = spawn(
      process.execPath,
      [
        "--conditions=haggle-source",
        "--input-type=module",
        "-e",
        program,
        world.server.url,
        new TextDecoder().decode(world.shop.root.bytes),
      ],
      { stdio: ["ignore", "pipe", "inherit"], cwd: import.meta.dirname },
    );
    const ended = once(child, "exit");
    expect(await text(child.stdout)).toBe("1\n");
    // It ends by itself; the run would stand still here otherwise.
    expect(await ended).toEqual([0, null]);
  });

  it("gets the arm of its shopper", async () => {
    const old = await world.shop.publish();
    const next = await world.shop.publish({ version: 2, rules: [SHOES] });
    const seed = next.release.sha256;
    const units = Array.from({ length: 200 }, (_, i) => `customer-${i}`);
    const [early, late] = [
      units.find((unit) => bucketOf(seed, unit) >= 9_000)!,
      units.find((unit) => bucketOf(seed, unit) < 9_000)!,
    ];
    await world.shop.publish({
      version: 2,
      rules: [SHOES],
      channel: {
        version: 3,
        arms: [
          { release: old.release.sha256, range: [0, 9_000], seed },
          { release: seed, range: [9_000, 10_000], seed },
        ],
      },
    });
    const cdn = await serveFolder(world.shop.folder);
    for (const [unit, release] of [
      [early, seed],
      [late, old.release.sha256],
      [undefined, old.release.sha256],
    ] as const) {
      await open({ url: undefined, cdn: cdn.url, context: { unit } }).ready();
      expect(world.client?.state).toMatchObject({ version: 3, release });
      world.client?.close();
    }
    await cdn.close();
  });

  it("keeps its engine when a channel only renews its promise", async () => {
    await publish();
    const { engine } = await open()
      .ready()
      .then(() => world.client!);
    await publish({ channel: { version: 2 } });
    await until(() => world.client?.state?.version === 2);
    expect(world.client?.engine).toBe(engine);
  });

  it("refuses to price before the first release, tells why, and goes on trying", async () => {
    await expect(open().ready()).rejects.toMatchObject({ code: "CLIENT_STATUS", value: 503 });
    expect(totalOf(makeCart())).toBe("CLIENT_NO_RELEASE");
    expect(world.client?.state).toBeUndefined();
    await publish();
    await until(() => world.client?.engine);
    expect(totalOf(makeCart())).toBe(31_000);
    expect(world.errors[0]).toMatchObject({ code: "CLIENT_STATUS" });
  });

  it("believes only its own root", async () => {
    await publish();
    const stranger = await signRoot({ signer: await testSigner(2), now: Date.now() });
    await expect(open({ root: stranger.bytes }).ready()).rejects.toMatchObject({
      code: "DOCUMENT_THRESHOLD",
    });
    expect(world.client?.engine).toBeUndefined();
  });

  it("keeps its release through an outage, and catches up after it", async () => {
    await publish();
    await open().ready();
    const { port } = new URL(world.server.url);
    await world.server.close();
    await until(() => world.errors.some(({ code }) => code === "CLIENT_NETWORK"));
    expect(totalOf(makeCart())).toBe(31_000);
    const { release } = await world.shop.publish({ version: 2, rules: [SHOES] });
    world.server = await startServer(world.shop.dataFolder, { port: Number(port) });
    await until(() => world.client?.state?.release === release.sha256);
    expect(totalOf(makeCart())).toBe(36_000);
  });

  it("refuses an older channel from a server that was set back and has forgotten", async () => {
    await publish({ version: 5 });
    await open().ready();
    const { port } = new URL(world.server.url);
    await world.server.close();
    await world.shop.publish({ version: 4, rules: [SHOES] });
    await rm(join(world.shop.dataFolder, "state"), { recursive: true, force: true });
    // Another tenant's rows: its database is as good as lost.
    world.server = await startServer(world.shop.dataFolder, {
      port: Number(port),
      env: { HAGGLE_TENANT: "forgetful" },
    });
    await until(() => world.errors.some(({ code }) => code === "DOCUMENT_ROLLBACK"));
    expect(world.client?.state?.version).toBe(5);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("is stale past the channel's promise, and still shows previews", async () => {
    const now = Date.now();
    await publish({ channel: { issued: now - 1_000, expires: now + 6_000 } });
    await open({ pollMs: 60_000 }).ready();
    await until(() => world.client?.state?.stale);
    expect(totalOf(makeCart())).toBe(31_000);
  });

  it("starts from its store without a server, and says so until a server confirms it", async () => {
    const release = await publish();
    const store = memoryStore();
    await open({ store }).ready();
    world.client?.close();
    const { port } = new URL(world.server.url);
    await world.server.close();
    await open({ store }).ready();
    expect(world.client?.state).toMatchObject({ release, version: 1, restored: true });
    expect(totalOf(makeCart())).toBe(31_000);
    await until(() => world.errors.some(({ code }) => code === "CLIENT_NETWORK"));
    world.server = await startServer(world.shop.dataFolder, { port: Number(port) });
    await until(() => world.client?.state?.restored === false);
    expect(world.client?.state).toMatchObject({ release, version: 1 });
  });

  it("follows a copy of the release folder behind any web server", async () => {
    const { release } = await world.shop.publish();
    const cdn = await serveFolder(world.shop.folder);
    await open({ url: undefined, cdn: cdn.url }).ready();
    expect(world.client?.state).toMatchObject({ release: release.sha256, version: 1, stale: false });
    const next = await world.shop.publish({ version: 2, rules: [SHOES] });
    await until(() => world.client?.state?.release === next.release.sha256);
    expect(totalOf(makeCart())).toBe(36_000);
    await cdn.close();
  });

  it("takes no release below the one that its program knows", async () => {
    await publish();
    await expect(open({ minRelease: 2 }).ready()).rejects.toMatchObject({
      code: "DOCUMENT_ROLLBACK",
      value: 1,
    });
    expect(world.errors).toHaveLength(1);
    await publish({ version: 2 });
    await until(() => world.client?.engine);
  });

  it("asks no more when it is closed", async () => {
    await publish();
    const closing = new AbortController();
    await open({ signal: closing.signal }).ready();
    closing.abort();
    await expect(world.client?.refresh()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await publish({ version: 2, rules: [SHOES] });
    expect(totalOf(makeCart())).toBe(31_000);
    expect(world.errors).toEqual([]);
  });
});
