import { refuse } from "@haggle/abi";
import { pathOf, type ReleaseSource } from "@haggle/sdk/trust";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCart } from "../../support/release.ts";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import {
  authors,
  bundle,
  bundleSha256,
  HOUR_MS,
  NOW,
  online,
  signChannel,
  stranger,
} from "../../support/trust-shop.ts";

let shop: TrustClient;

beforeEach(async () => {
  shop = await createClient();
});

/** A source far away: what is asked for at once is answered at once, in rounds. */
function inRounds(source: ReleaseSource) {
  const rounds: string[][] = [];
  let asked: { path: string; answer: () => void }[] = [];
  const get: ReleaseSource = async (wanted) => {
    if (asked.length === 0) setTimeout(answerAll);
    await new Promise<void>((answer) => asked.push({ path: pathOf(wanted), answer }));
    return source(wanted);
  };
  function answerAll(): void {
    rounds.push(asked.map(({ path }) => path));
    for (const { answer } of asked) answer();
    asked = [];
  }
  return { rounds, get };
}

const refused = (code: string, at?: string) => ({ code, ...(at !== undefined && { at }) });

describe("an update", () => {
  it("makes an engine of a whole set and tells so", async () => {
    const updater = shop.open();
    expect(updater.live).toBeUndefined();
    const live = await updater.update();
    expect(live).toMatchObject({
      version: 1,
      expires: NOW + HOUR_MS,
      release: shop.release.sha256,
      restored: false,
      channel: { channel: "stable" },
      trusted: { root: { tenant: "shop" } },
    });
    expect(live.engine.evaluate(makeCart())).toMatchObject({ ok: true, total: 35_000 });
    expect(live.files).toEqual({
      root: shop.root.bytes,
      channel: shop.files.get("channels/stable.json"),
      release: shop.release.bytes,
      bundle,
    });
    expect(updater.live).toBe(live);
    expect(shop.events).toEqual([{ type: "updated", live }]);
  });

  it("that finds nothing new saves, tells and makes nothing", async () => {
    const updater = shop.open();
    const live = await updater.update();
    expect(await updater.update()).toBe(live);
    expect(shop.saves()).toBe(1);
    expect(shop.events).toHaveLength(1);
  });

  it("that renews the channel's promise keeps the engine and fetches no release again", async () => {
    const updater = shop.open();
    const { engine } = await updater.update();
    shop.files.delete(`releases/${shop.release.sha256}.json`);
    shop.files.delete(`bundles/${bundleSha256}.wasm`);
    await shop.put.channel(shop.release.sha256, { version: 2, expires: NOW + 2 * HOUR_MS });
    const live = await updater.update();
    expect(live).toMatchObject({ version: 2, expires: NOW + 2 * HOUR_MS });
    expect(live.engine).toBe(engine);
  });

  it("switches off what a newer channel document switches off", async () => {
    const updater = shop.open();
    await updater.update();
    const off = { promotions: ["满300减50"], rules: [], releases: [] };
    await shop.put.channel(shop.release.sha256, { version: 2, off });
    const { engine } = await updater.update();
    expect(engine.evaluate(makeCart())).toMatchObject({ total: 40_000 });
  });

  it("takes the arm of its bucket", async () => {
    const other = await shop.put.release({ version: 2 });
    await shop.put.channel(shop.release.sha256, {
      arms: [
        { release: shop.release.sha256, range: [0, 9_000], seed: "s" },
        { release: other.sha256, range: [9_000, 10_000], seed: "s" },
      ],
    });
    expect(await shop.open({ bucket: 8_999 }).update()).toMatchObject({ release: shop.release.sha256 });
    expect(await shop.open({ bucket: 9_000 }).update()).toMatchObject({ release: other.sha256 });
  });

  it("follows a channel back to an older release, but not below the floors", async () => {
    const newer = await shop.put.release({ version: 7 });
    await shop.put.channel(newer.sha256, { version: 1 });
    const updater = shop.open({ minRelease: 1 });
    await updater.update();
    await shop.put.channel(shop.release.sha256, { version: 2 });
    expect(await updater.update()).toMatchObject({ release: shop.release.sha256 });
    await shop.put.channel(shop.release.sha256, { version: 3, minRelease: 2 });
    expect(await updater.update()).toMatchObject({ release: shop.release.sha256, withdrawn: true });
    expect(updater.live!.engine.evaluate({})).toMatchObject({ error: { code: "ENGINE_RELEASE_OFF" } });
    await expect(shop.open({ minRelease: 2 }).update()).rejects.toMatchObject(refused("DOCUMENT_ROLLBACK"));
  });

  it("asks its owner last, and believes him", async () => {
    const candidates: unknown[] = [];
    const updater = shop.open({
      check: (candidate) => {
        candidates.push(candidate);
        throw refuse("DOCUMENT_TABLE_DIFFERS", "release.table");
      },
    });
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_TABLE_DIFFERS"));
    expect(candidates).toMatchObject([{ release: { version: 1 }, releaseBytes: shop.release.bytes, bundle }]);
    expect(await shop.store.load()).toBeUndefined();
  });

  it("waits for a far source three times at first, and twice where nothing is new", async () => {
    await shop.put.prices(shop.release.sha256);
    const source = inRounds(shop.source);
    const updater = shop.open({ source: source.get });
    await updater.update();
    expect(source.rounds.map((paths) => paths.toSorted())).toEqual([
      ["channels/stable.json", "roots/2.json"],
      ["prices/stable.json", `releases/${shop.release.sha256}.json`],
      [`bundles/${bundleSha256}.wasm`],
    ]);
    source.rounds.length = 0;
    await updater.update();
    expect(source.rounds.map((paths) => paths.toSorted())).toEqual([
      ["channels/stable.json", "roots/2.json"],
      ["prices/stable.json"],
    ]);
  });

  it("runs after the one before, however many are asked for at once", async () => {
    const updater = shop.open();
    const lives = await Promise.all([updater.update(), updater.restore(), updater.update()]);
    expect(new Set(lives).size).toBe(1);
    expect(shop.saves()).toBe(1);
  });
});

describe("an update that does not count", () => {
  it("leaves what is live and stored, and is told once", async () => {
    const updater = shop.open();
    const live = await updater.update();
    const stored = await shop.store.load();
    await shop.put.channel(shop.release.sha256, { version: 2 }, [stranger]);
    for (let time = 0; time < 3; time++) {
      await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_THRESHOLD", "channel"));
    }
    expect(updater.live).toBe(live);
    expect(await shop.store.load()).toBe(stored);
    expect(shop.refusals()).toEqual(["! DOCUMENT_THRESHOLD"]);
  });

  it("is told again when it comes back after a good one", async () => {
    const updater = shop.open();
    await updater.update();
    const good = shop.files.get("channels/stable.json")!;
    for (let time = 0; time < 2; time++) {
      await shop.put.channel(shop.release.sha256, { version: 2 }, [stranger]);
      await expect(updater.update()).rejects.toThrow();
      shop.files.set("channels/stable.json", good);
      await updater.update();
    }
    expect(shop.refusals()).toEqual(["! DOCUMENT_THRESHOLD", "! DOCUMENT_THRESHOLD"]);
  });

  it("may miss any part of the set", async () => {
    for (const path of [
      "channels/stable.json",
      `releases/${shop.release.sha256}.json`,
      `bundles/${bundleSha256}.wasm`,
    ]) {
      const bytes = shop.files.get(path)!;
      shop.files.delete(path);
      await expect(shop.open().update()).rejects.toMatchObject({
        code: "CLIENT_STATUS",
        at: path,
        value: 404,
      });
      shop.files.set(path, bytes);
    }
    expect(shop.saves()).toBe(0);
  });

  it("goes back to no older channel document, and to no other of the same version", async () => {
    const updater = shop.open();
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await updater.update();
    await shop.put.channel(shop.release.sha256, { version: 1 });
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_ROLLBACK", "channel.version"));
    await shop.put.channel(shop.release.sha256, { version: 2, minRelease: 1 });
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_EQUIVOCATION", "channel"));
    expect(shop.refusals()).toEqual(["! DOCUMENT_ROLLBACK", "! DOCUMENT_EQUIVOCATION"]);
  });

  it("leaves a floor that the next program start knows too", async () => {
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await shop.open().update();
    await shop.put.channel(shop.release.sha256, { version: 1 });
    await expect(shop.open().update()).rejects.toMatchObject(refused("DOCUMENT_ROLLBACK"));
  });

  it("revives nothing when the clock was set back", async () => {
    const updater = shop.open();
    const early = shop.files.get("channels/stable.json")!;
    shop.clock.now = NOW + 2 * HOUR_MS;
    const times = { issued: shop.clock.now - 1, expires: NOW + 9 * HOUR_MS };
    await shop.put.channel(shop.release.sha256, { version: 2, ...times });
    await updater.update();
    shop.clock.now = NOW;
    // Newer by its version, so that only its time speaks against it.
    await shop.put.channel(shop.release.sha256, { version: 3 });
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_EXPIRED"));
    shop.files.set("channels/stable.json", early);
    await expect(shop.open().update()).rejects.toMatchObject(refused("DOCUMENT_EXPIRED"));
  });

  it("tells that what is live is stale, once for each promise", async () => {
    const updater = shop.open();
    await updater.update();
    expect(updater.isStale()).toBe(false);
    shop.clock.now = NOW + HOUR_MS;
    expect(updater.isStale()).toBe(true);
    for (let time = 0; time < 2; time++) {
      await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_EXPIRED"));
    }
    expect(shop.events.filter(({ type }) => type === "stale")).toEqual([
      { type: "stale", expires: NOW + HOUR_MS },
    ]);
    expect(updater.live?.engine.evaluate(makeCart())).toMatchObject({ ok: true });
    expect(shop.refusals()).toEqual(["DOCUMENT_EXPIRED"]);
  });

  it("ends with the release, though the channel goes on", async () => {
    const updater = shop.open();
    const release = await shop.put.release({ version: 2, expires: NOW + HOUR_MS });
    await shop.put.channel(release.sha256, { version: 2, expires: NOW + 5 * HOUR_MS });
    await updater.update();
    shop.clock.now = NOW + HOUR_MS;
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_EXPIRED"));
  });

  it("may be one that could not be stored", async () => {
    const full = new Error("no space left");
    const updater = shop.open({
      store: {
        load: async () => undefined,
        save: async () => {
          throw full;
        },
      },
    });
    await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATE", at: "stable", cause: full });
    expect(updater.live).toBeUndefined();
    expect(shop.refusals()).toEqual(["CLIENT_STATE"]);
  });

  it("is one that was given up, which nobody is told", async () => {
    const stop = new AbortController();
    const updater = shop.open({
      source: async (wanted, signal) => {
        expect(signal).toBe(stop.signal);
        if (wanted.kind === "bundle") stop.abort(refuse("CLIENT_CLOSED"));
        return shop.source(wanted);
      },
    });
    await expect(updater.update(stop.signal)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(updater.live).toBeUndefined();
    expect(shop.events).toEqual([]);
    expect(shop.saves()).toBe(0);
  });

  it("is no alarm when a network or a disk may be the reason", async () => {
    const updater = shop.open();
    shop.files.set("channels/stable.json", new TextEncoder().encode("{"));
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_NOT_JSON"));
    shop.files.set(
      "channels/stable.json",
      (await signChannel(shop.release.sha256, { issued: NOW + HOUR_MS, expires: NOW + 2 * HOUR_MS })).bytes,
    );
    await expect(updater.update()).rejects.toMatchObject(refused("DOCUMENT_ISSUED_IN_FUTURE"));
    await shop.put.channel(shop.release.sha256);
    shop.files.set(`bundles/${bundleSha256}.wasm`, bundle.with(20_000, 1));
    await expect(updater.update()).rejects.toMatchObject(refused("SIGNATURE_HASH_MISMATCH"));
    expect(shop.refusals()).toEqual([
      "DOCUMENT_NOT_JSON",
      "DOCUMENT_ISSUED_IN_FUTURE",
      "! SIGNATURE_HASH_MISMATCH",
    ]);
  });

  it("comes of an online key that tries to be an author", async () => {
    const forged = await shop.put.release({ version: 2 }, [online, authors[0]]);
    await shop.put.channel(forged.sha256, { version: 2 });
    await expect(shop.open().update()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD", value: 1 });
  });
});
