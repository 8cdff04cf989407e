import { HaggleError, refuse } from "@haggle/abi";
import { memoryStore, type TrustState } from "@haggle/sdk/trust";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCart } from "../../support/release.ts";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import { HOUR_MS, NOW } from "../../support/trust-shop.ts";

let shop: TrustClient;

beforeEach(async () => {
  shop = await createClient();
});

const nothing = async () => undefined;

/** A store that holds this state, whatever it is. */
async function storeOf(state: TrustState) {
  const store = memoryStore();
  await store.save(state);
  return store;
}

describe("a restored client", () => {
  it("prices without a network, and says that it was restored", async () => {
    await shop.open().update();
    const updater = shop.open({ source: nothing });
    const live = await updater.restore();
    expect(live).toMatchObject({ version: 1, release: shop.release.sha256, restored: true });
    expect(live?.engine.evaluate(makeCart())).toMatchObject({ ok: true, total: 35_000 });
    await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATUS" });
    expect(updater.live).toBe(live);
  });

  it("starts from nothing when nothing was stored", async () => {
    expect(await shop.open().restore()).toBeUndefined();
    expect(shop.events).toEqual([]);
  });

  it("starts though all its documents have expired, and is stale", async () => {
    await shop.open().update();
    shop.clock.now = NOW + 9_000 * HOUR_MS;
    const updater = shop.open();
    expect(await updater.restore()).toMatchObject({ restored: true });
    expect(updater.isStale()).toBe(true);
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_EXPIRED" });
    expect(shop.events.at(-1)).toEqual({ type: "stale", expires: NOW + HOUR_MS });
  });

  it("is confirmed by the same documents, with the same engine and without a save", async () => {
    await shop.open().update();
    const updater = shop.open();
    const restored = await updater.restore();
    const live = await updater.update();
    expect(live).toEqual({ ...restored, restored: false });
    expect(live.engine).toBe(restored?.engine);
    expect(shop.saves()).toBe(1);
    expect(shop.events.at(-1)).toEqual({ type: "updated", live });
  });

  it("stores nothing that another one has stored meanwhile", async () => {
    const [first, second] = [shop.open(), shop.open()];
    for (const updater of [first, second]) await updater.update();
    expect(shop.saves()).toBe(1);
    await shop.put.channel(shop.release.sha256, { version: 2 });
    for (const updater of [first, second]) expect(await updater.update()).toMatchObject({ version: 2 });
    expect(shop.saves()).toBe(2);
    // And goes on from there.
    await shop.put.channel(shop.release.sha256, { version: 3 });
    expect(await second.update()).toMatchObject({ version: 3 });
    expect(shop.saves()).toBe(3);
  });

  it("is not confirmed by a release that has expired meanwhile", async () => {
    await shop.open().update();
    shop.clock.now = NOW + 721 * HOUR_MS;
    await shop.put.channel(shop.release.sha256, { version: 2, expires: NOW + 800 * HOUR_MS });
    const updater = shop.open();
    await updater.restore();
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_EXPIRED" });
    expect(updater.live?.restored).toBe(true);
  });

  it("is asked for once: what is live already stays", async () => {
    const updater = shop.open();
    const live = await updater.update();
    expect(await updater.restore()).toBe(live);
  });
});

describe("a state that is not used", () => {
  it.each<[string, (state: TrustState) => TrustState]>([
    ["a changed bundle", (state) => ({ ...state, bundle: flip(state.bundle) })],
    ["a changed release", (state) => ({ ...state, release: flip(state.release) })],
    ["a changed channel", (state) => ({ ...state, channel: flip(state.channel) })],
    ["a changed root", ({ roots, ...state }) => ({ ...state, roots: roots.map(flip) })],
    [
      "more roots than anybody makes",
      ({ roots, ...state }) => ({
        ...state,
        roots: [...new Array<Uint8Array>(1_024).fill(roots[0]!), ...roots],
      }),
    ],
    ["a root that is missing", (state) => ({ ...state, roots: [state.roots[0]!, state.roots[2]!] })],
    ["a release in place of the channel", (state) => ({ ...state, channel: state.release })],
  ])("has %s", async (_name, change) => {
    await shop.put.root({ version: 2 });
    await shop.put.root({ version: 3 });
    await shop.open().update();
    const store = await storeOf(change((await shop.store.load())!));
    const updater = shop.open({ store });
    expect(await updater.restore()).toBeUndefined();
    expect(shop.events.at(-1)).toMatchObject({ error: { code: "CLIENT_STATE_DAMAGED" }, alarm: false });
    expect(await updater.update()).toMatchObject({ version: 1, restored: false });
    expect(await shop.open({ store }).restore()).toMatchObject({ version: 1 });
  });

  it("is of a release that this program finds wanting, and its floor holds", async () => {
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await shop.open().update();
    const check = () => {
      throw refuse("DOCUMENT_TABLE_DIFFERS", "release.table");
    };
    expect(await shop.open({ check, source: nothing }).restore()).toBeUndefined();
    expect(await shop.open({ minRelease: 2 }).restore()).toBeUndefined();
    await shop.put.channel((await shop.put.release({ version: 2 })).sha256, { version: 1 });
    const updater = shop.open({ minRelease: 2 });
    await updater.restore();
    await expect(updater.update()).rejects.toMatchObject({
      code: "DOCUMENT_ROLLBACK",
      at: "channel.version",
    });
  });

  it("cannot be looked at now: nothing is forgotten, nothing goes on", async () => {
    await shop.open().update();
    let isDown = true;
    const store = {
      ...shop.store,
      load: async () => {
        if (isDown) throw refuse("CLIENT_STATE", "shop", "EIO");
        return shop.store.load();
      },
    };
    const updater = shop.open({ store });
    await expect(updater.restore()).rejects.toMatchObject({ code: "CLIENT_STATE" });
    await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATE" });
    expect(shop.saves()).toBe(1);
    isDown = false;
    expect(await updater.restore()).toMatchObject({ version: 1 });
  });
});

describe("two clients of one store", () => {
  it("go back for neither: what one accepted is the other's floor at once", async () => {
    const [behind, ahead] = [shop.open(), shop.open()];
    await behind.update();
    const old = shop.files.get("channels/stable.json")!;
    await shop.put.channel(shop.release.sha256, { version: 9 });
    await ahead.update();
    const stored = await shop.store.load();

    await shop.put.channel(shop.release.sha256, { version: 8 });
    await expect(behind.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK", value: 8 });
    expect(await shop.store.load()).toBe(stored);
    shop.files.set("channels/stable.json", old);
    await expect(behind.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK", value: 1 });

    await shop.put.channel(shop.release.sha256, { version: 10 });
    expect(await behind.update()).toMatchObject({ version: 10 });
    expect(await ahead.update()).toMatchObject({ version: 10 });
  });

  it("do not undo each other's roots", async () => {
    const [behind, ahead] = [shop.open(), shop.open()];
    await behind.update();
    await shop.put.root({ version: 2 });
    await ahead.update();
    shop.files.delete("roots/2.json");
    await shop.put.channel(shop.release.sha256, { version: 2 });
    expect(await behind.update()).toMatchObject({ version: 2, trusted: { root: { version: 2 } } });
  });

  it("go on when somebody else took the state away or broke it", async () => {
    const updater = shop.open();
    await updater.update();
    const broken = (await shop.store.load())!;
    await shop.store.save({ ...broken, channel: broken.release });
    await shop.put.channel(shop.release.sha256, { version: 2 });
    expect(await updater.update()).toMatchObject({ version: 2 });
    expect(shop.refusals()).toEqual(["CLIENT_STATE_DAMAGED"]);
    await shop.put.channel(shop.release.sha256, { version: 1 });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });
});

it("a store of somebody's own may fail in its own way", async () => {
  const updater = shop.open({ store: { load: () => Promise.reject(new TypeError("gone")), save: nothing } });
  await expect(updater.restore()).rejects.toBeInstanceOf(HaggleError);
  await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATE", at: "stable" });
});

/** One bit else, in the middle of what is signed. */
function flip(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1);
}
