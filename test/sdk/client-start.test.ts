import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bucketOf, type Cart } from "@haggle/sdk";
import type { HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { folderStore } from "@haggle/sdk/node";
import { memoryStore } from "@haggle/sdk/trust";
import { signRoot } from "@haggle/toolchain";
import { describe, expect, it, vi } from "vitest";
import { useClientWorld } from "../support/client-world.ts";
import { serveEvents } from "../support/event-server.ts";
import { stateNumber } from "../support/numbered-state.ts";
import { makeCart, SHOES, testSigner } from "../support/release.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { until } from "../support/server.ts";

// What a client prices with from its first moment on, and for whom.

const world = useClientWorld();
const { open, publish, totalOf } = world;
const FULL_AND_SHOES = 31_000;
const SHOES_ALONE = 36_000;

/** A server that never answers. */
async function withSilence(options: Partial<HaggleOptions>, work: () => Promise<void>): Promise<void> {
  const silent = await serveEvents(() => {});
  open({ url: silent.url, ...options });
  await work();
  world.client!.close();
  await silent.close();
}

describe("a release that came with the page", () => {
  it("prices before anybody has answered, and says that it is not confirmed", async () => {
    const release = await publish();
    await open().ready();
    const inlined = JSON.stringify(world.client!.snapshot());
    world.client!.close();
    await withSilence({ bootstrap: inlined }, async () => {
      await world.client!.ready();
      expect(world.client!.state).toMatchObject({ release, version: 1, restored: true });
      expect(totalOf(makeCart())).toBe(FULL_AND_SHOES);
    });
    await open({ bootstrap: inlined }).ready();
    await until(() => world.client!.state?.restored === false);
    expect(world.errors).toEqual([]);
  });

  it("goes back to nothing older than what is stored, and is stored itself when it is confirmed", async () => {
    await publish();
    await open().ready();
    const first = world.client!.snapshot()!;
    world.client!.close();
    const store = memoryStore();
    await open({ store, bootstrap: first }).ready();
    await until(() => world.client!.state?.restored === false);
    expect(await store.load()).toBeDefined();
    const second = await publish({ version: 2, rules: [SHOES] });
    await until(() => world.client!.state?.release === second);
    const newer = world.client!.snapshot()!;
    world.client!.close();
    await withSilence({ store, bootstrap: first }, async () => {
      await world.client!.ready();
      expect(world.client!.state).toMatchObject({ release: second, version: 2 });
      expect(totalOf(makeCart())).toBe(SHOES_ALONE);
    });
    // Newer than what another browser has stored.
    const old = memoryStore();
    await withSilence({ store: old, bootstrap: first }, () => world.client!.ready());
    await withSilence({ store: old, bootstrap: newer }, async () => {
      await world.client!.ready();
      expect(world.client!.state).toMatchObject({ version: 2 });
    });
  });

  it("is believed no more than a stranger", async () => {
    await publish();
    await open().ready();
    const good = world.client!.snapshot()!;
    world.client!.close();
    const other = await signRoot({ signer: await testSigner(2), now: Date.now() });
    const bad: [string, Partial<HaggleOptions>][] = [
      ["no JSON", { bootstrap: "<!doctype html>" }],
      ["a field that is missing", { bootstrap: { ...good, channel: undefined } as never }],
      ["no base64", { bootstrap: { ...good, bundle: "%" } }],
      ["a bundle of nobody", { bootstrap: { ...good, bundle: "AAAA" } }],
      [
        "a release of nobody",
        { bootstrap: { ...good, release: good.release.replace(/"sig":"..../, '"sig":"AAAA') } },
      ],
      ["another root", { root: other.bytes, bootstrap: good }],
    ];
    for (const [name, options] of bad) {
      world.errors.length = 0;
      await withSilence(options, async () => {
        await until(() => world.errors.length > 0);
        expect(
          world.errors.map(({ code }) => code),
          name,
        ).toEqual(["CLIENT_STATE_DAMAGED"]);
        expect(totalOf(makeCart()), name).toBe("CLIENT_NO_RELEASE");
        expect(world.client!.fallback, name).toBeUndefined();
      });
    }
    await open({ bootstrap: "{}" }).ready();
    expect(totalOf(makeCart())).toBe(FULL_AND_SHOES);
  });
});

it("keeps its state in a folder of Node's, a file for each channel", async () => {
  const release = await publish();
  const folder = await mkdtemp(join(tmpdir(), "haggle-state-"));
  await open({ store: folderStore(folder) }).ready();
  world.client!.close();
  await withSilence({ store: folderStore(folder) }, async () => {
    await world.client!.ready();
    expect(world.client!.state).toMatchObject({ release, restored: true });
  });
  await removeFolder(folder);
});

it("keeps it in the folder, whatever the channel is called", async () => {
  const folder = await mkdtemp(join(tmpdir(), "haggle-state-"));
  const store = folderStore(join(folder, "states"))("../../escaped/preview");
  await store.save(stateNumber(1));
  expect(await store.load()).toEqual(stateNumber(1));
  expect(await readdir(folder)).toEqual(["states"]);
  expect(await readdir(join(folder, "states"))).toHaveLength(1);
  await removeFolder(folder);
});

it("has a server's address with a slash behind it as without", async () => {
  const release = await publish();
  const client = open({ url: `${world.server.url}//`, experiments: clientExperiments() });
  await client.ready();
  expect([client.state?.release, world.errors]).toEqual([release, []]);
  expect((await client.decide(makeCart() as Cart)).source).toBe("local");
  await expect(client.quote(makeCart() as Cart)).rejects.not.toMatchObject({ code: "SERVER_NOT_FOUND" });
});

describe("a start that waits for somebody", () => {
  it("goes on without a browser's storage that never answers", async () => {
    await publish();
    const opened = Promise.withResolvers<void>();
    const open_ = () => {
      opened.resolve();
      return {};
    };
    vi.stubGlobal("indexedDB", { open: open_ });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      open();
      await opened.promise;
      await vi.advanceTimersByTimeAsync(5_000);
    } finally {
      vi.useRealTimers();
    }
    await world.client!.ready();
    expect(totalOf(makeCart())).toBe(FULL_AND_SHOES);
    expect(world.errors.map(({ code }) => code)).toEqual(["CLIENT_STATE"]);
  });

  it("is over when it is closed, before it began or while nothing answers", async () => {
    const closed = { code: "CLIENT_CLOSED" };
    await expect(open({ signal: AbortSignal.abort() }).ready()).rejects.toMatchObject(closed);
    const store = { load: () => new Promise<undefined>(() => {}), save: async () => {} };
    const client = open({ store });
    const ready = client.ready();
    client.close();
    await expect(ready).rejects.toMatchObject(closed);
  });
});

describe("whom a price is for", () => {
  /** The new release has the upper half of the buckets. */
  async function halve(): Promise<{ old: string; next: string }> {
    const { release: old } = await world.shop.publish();
    const { release: next } = await world.shop.publish({ version: 2, rules: [SHOES] });
    const seed = next.sha256;
    const arms = [
      { release: old.sha256, range: [0, 5_000] as const, seed },
      { release: seed, range: [5_000, 10_000] as const, seed },
    ];
    await publish({ version: 2, rules: [SHOES], channel: { version: 3, arms: arms as never } });
    return { old: old.sha256, next: seed };
  }

  it("is drawn by the server and signed, before the first price", async () => {
    const { old, next } = await halve();
    const seen = new Set<string>();
    while (seen.size < 2) {
      world.releases.length = 0;
      const client = open({ url: world.server.url });
      await client.ready();
      const arm = bucketOf(next, client.unit!) < 5_000 ? old : next;
      expect(client.state?.release).toBe(arm);
      // No other was shown before.
      expect(new Set(world.releases)).toEqual(new Set([arm]));
      seen.add(arm);
      client.close();
    }
  });

  it("changes when somebody signs in, and with it the arm", async () => {
    const { old, next } = await halve();
    const unitIn = (isNext: boolean): string => {
      for (let i = 0; ; i++) if (bucketOf(next, `c-${i}`) >= 5_000 === isNext) return `c-${i}`;
    };
    const client = open({ context: { unit: unitIn(false) }, pollMs: 600_000 });
    await client.ready();
    expect(client.state?.release).toBe(old);
    await client.setContext({ unit: unitIn(true) });
    expect([client.state?.release, totalOf(makeCart())]).toEqual([next, SHOES_ALONE]);
    await client.setContext({ bucket: 0 });
    expect([client.state?.release, totalOf(makeCart())]).toEqual([old, FULL_AND_SHOES]);
    // While one look is under way too.
    void client.refresh();
    await client.setContext({ bucket: 9_999 });
    expect(client.state?.release).toBe(next);
    await world.server.close();
    await expect(client.setContext({ bucket: 0 })).rejects.toMatchObject({ code: "CLIENT_NETWORK" });
    // Nor is it an unhandled rejection for who does not wait for it.
    void client.setContext({ bucket: 9_999 });
    await expect(client.refresh()).rejects.toMatchObject({ code: "CLIENT_NETWORK" });
    client.close();
  });

  it("is nobody where it makes no difference: nothing is drawn", async () => {
    await publish();
    const asked: string[] = [];
    const relay = await serveEvents((response, _nth, path) => {
      asked.push(path);
      void world.pass(response, path);
    });
    await open({ url: relay.url, pollMs: 20 }).ready();
    await until(() => asked.filter((path) => path === "/v1/channels/stable").length > 2);
    world.client!.close();
    await relay.close();
    expect(asked).not.toContain("/v1/assignments");
    expect(world.client!.unit).toBeUndefined();
  });
});

describe("who listens", () => {
  it("is told of swaps until he stops, each as often as he listens", async () => {
    await publish();
    const client = open();
    const told: number[] = [];
    const listen = () => client.on("update", ({ version }) => told.push(version));
    const [off, offTwice] = [listen(), listen()];
    await client.ready();
    expect(told).toEqual([1, 1]);
    off();
    off();
    await publish({ version: 2, rules: [SHOES] });
    await until(() => client.state?.version === 2);
    expect(told).toEqual([1, 1, 2]);
    offTwice();
    await publish({ version: 3 });
    await until(() => client.state?.version === 3);
    expect(told).toHaveLength(3);
  });

  it("is told once that a promise has run out", async () => {
    const now = Date.now();
    await publish({ channel: { issued: now - 1_000, expires: now + 6_000 } });
    const client = open();
    const told: boolean[] = [];
    client.on("stale", ({ stale }) => told.push(stale));
    await client.ready();
    await until(() => told.length > 0);
    // Looks go on, and find the same.
    await client.refresh().catch(() => {});
    await client.refresh().catch(() => {});
    expect(told).toEqual([true]);
    expect(totalOf(makeCart())).toBe(FULL_AND_SHOES);
  });

  it("may ask why nothing is priced here when an error is told", async () => {
    const client = open({ url: "http://127.0.0.1:1" });
    const reasons: unknown[] = [];
    client.on("error", () => reasons.push(client.fallback?.code));
    await client.ready().catch(() => {});
    expect(reasons).toEqual(["CLIENT_NETWORK"]);
  });
});
