import { HaggleError } from "@haggle/abi";
import { pathOf, type Wanted } from "@haggle/sdk/trust";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Along } from "../../../sdk/src/trust/ahead.ts";
import { makeCart } from "../../support/release.ts";
import { createClient, type TrustClient } from "../../support/trust-client.ts";

// A channel document that comes by itself, with an event: what it brings, what is fetched for it, and what it cannot do.

let shop: TrustClient;
let asked: string[];

beforeEach(async () => {
  shop = await createClient();
  asked = [];
});

const off = (...releases: string[]) => ({ off: { promotions: [], rules: [], releases } });
const FULL_OFF = { off: { promotions: ["满300减50"], rules: [], releases: [] } };
const NO_ROOT = { "roots/2.json": null };
const textOf = (path: string) => new TextDecoder().decode(shop.files.get(path)!);
const along = (path: string) => ({ [path]: textOf(path) });
const channelBytes = () => shop.files.get("channels/stable.json")!;

/** One that has looked once, and whose source tells what it is asked for from then on. */
async function openHere() {
  const source = (wanted: Wanted, signal?: AbortSignal) => {
    asked.push(pathOf(wanted));
    return shop.source(wanted, signal);
  };
  const updater = shop.open({ source });
  await updater.update();
  asked.length = 0;
  return updater;
}

describe("a channel document that came by itself", () => {
  it("brings another release with all that belongs to it, asked for at once, and the same bundle not again", async () => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.prices(next.sha256, { version: 7 });
    await shop.put.channel(next.sha256, { version: 2 });
    const compile = vi.spyOn(WebAssembly, "compile");
    const live = await updater.take(channelBytes());
    expect(compile).not.toHaveBeenCalled();
    compile.mockRestore();
    expect(live).toMatchObject({ release: next.sha256, version: 2, prices: { version: 7 } });
    expect(live?.engine.evaluate(makeCart())).toMatchObject({ ok: true, release: next.sha256 });
    expect(asked).toEqual(["roots/2.json", `releases/${next.sha256}.json`, "prices/stable.json"]);
    // What it accepted is remembered: the same is no news, and nothing older follows.
    expect(await updater.take(channelBytes())).toBeUndefined();
    await shop.put.channel(shop.release.sha256, { version: 1 });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });

  it("brings along what would be asked for, and then nobody is asked", async () => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.prices(next.sha256, { version: 7 });
    await shop.put.channel(next.sha256, { version: 2 });
    const live = await updater.take(channelBytes(), undefined, {
      ...NO_ROOT,
      ...along(`releases/${next.sha256}.json`),
      ...along("prices/stable.json"),
    });
    expect(live).toMatchObject({ release: next.sha256, version: 2, prices: { version: 7 } });
    expect(asked).toEqual([]);
    // Part of it is enough for that part.
    const third = await shop.put.release({ version: 3 });
    await shop.put.channel(third.sha256, { version: 3 });
    expect(await updater.take(channelBytes(), undefined, NO_ROOT)).toMatchObject({ release: third.sha256 });
    expect(asked).toEqual([`releases/${third.sha256}.json`, "prices/stable.json"]);
  });

  it.each<[string, (path: string) => object, string]>([
    [
      "of another release",
      (path) => ({ [path]: textOf(`releases/${shop.release.sha256}.json`) }),
      "DOCUMENT_DIGEST_MISMATCH",
    ],
    [
      "that nobody signed",
      (path) => ({ [path]: textOf(path).replace(/"sig":"..../, '"sig":"AAAA') }),
      "DOCUMENT_BAD_SIGNATURE",
    ],
    ["that is none", (path) => ({ [path]: "{" }), "DOCUMENT_NOT_JSON"],
    ["that is not there", (path) => ({ [path]: null }), "CLIENT_STATUS"],
  ])("changes nothing by a release %s that came along", async (_name, files, code) => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2 });
    const wrong = { ...NO_ROOT, ...files(`releases/${next.sha256}.json`) };
    await expect(updater.take(channelBytes(), undefined, wrong)).rejects.toMatchObject({ code });
    expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 1 });
    expect(await updater.update()).toMatchObject({ release: next.sha256, version: 2 });
  });

  it.each([null, "roots", 7, [], { "roots/2.json": 7 }])(
    "takes %j beside it for no word of a root",
    async (files) => {
      const updater = await openHere();
      const next = await shop.put.release({ version: 2 });
      await shop.put.channel(next.sha256, { version: 2 });
      await shop.put.root({ version: 2 });
      expect(await updater.take(channelBytes(), undefined, files as Along)).toBeUndefined();
      expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 1 });
    },
  );

  it("lifts a kill with the engine of before, unless something else is off", async () => {
    const updater = await openHere();
    const { engine } = updater.live!;
    await shop.put.channel(shop.release.sha256, { version: 2, ...off(shop.release.sha256) });
    await updater.take(channelBytes());
    await shop.put.channel(shop.release.sha256, { version: 3, ...off(shop.release.sha256) });
    await updater.take(channelBytes());
    expect(updater.live?.engine.evaluate(makeCart())).toMatchObject({
      error: { code: "ENGINE_RELEASE_OFF" },
    });
    await shop.put.channel(shop.release.sha256, { version: 4 });
    expect((await updater.take(channelBytes()))?.engine).toBe(engine);
    await shop.put.channel(shop.release.sha256, { version: 5, ...off(shop.release.sha256) });
    await updater.take(channelBytes());
    await shop.put.channel(shop.release.sha256, { version: 6, ...FULL_OFF });
    const live = await updater.take(channelBytes());
    expect(live?.engine).not.toBe(engine);
    expect(live?.engine.evaluate(makeCart())).toMatchObject({ ok: true, discountTotal: 0 });
  });

  it("asks for nothing where it leaves the release, or stops it", async () => {
    const updater = await openHere();
    await shop.put.channel(shop.release.sha256, { version: 2 });
    expect(await updater.take(channelBytes())).toMatchObject({ version: 2, withdrawn: false });
    await shop.put.channel(shop.release.sha256, { version: 3, ...off(shop.release.sha256) });
    expect(await updater.take(channelBytes())).toMatchObject({ version: 3, withdrawn: true });
    await shop.put.channel(shop.release.sha256, { version: 4 });
    const live = await updater.take(channelBytes());
    expect(live).toMatchObject({ version: 4, withdrawn: false });
    expect(live?.engine.evaluate(makeCart())).toMatchObject({ ok: true });
    expect(asked).toEqual([]);
  });

  it("stops a release without waiting for what follows it", async () => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2, ...off(shop.release.sha256) });
    shop.events.length = 0;
    expect(await updater.take(channelBytes())).toMatchObject({ release: next.sha256, withdrawn: false });
    const told = shop.events.map((event) => event.type === "updated" && event.live);
    expect(told).toMatchObject([
      { release: shop.release.sha256, withdrawn: true },
      { release: next.sha256, withdrawn: false },
    ]);
    expect(asked).toEqual(["roots/2.json", `releases/${next.sha256}.json`, "prices/stable.json"]);
  });

  it("stops a release, and leaves what follows it to a look where there is a new root", async () => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2, ...off(shop.release.sha256) });
    await shop.put.root({ version: 2 });
    expect(await updater.take(channelBytes())).toBeUndefined();
    expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 2, withdrawn: true });
    const root = { version: 2 };
    expect(await updater.update()).toMatchObject({ release: next.sha256, trusted: { root } });
    expect(shop.refusals()).toEqual([]);
  });

  it("stops a release where nobody can say whether there is a new root, and says why", async () => {
    let isCut = false;
    const updater = shop.open({
      async source(wanted, signal) {
        if (isCut) throw new HaggleError("CLIENT_NETWORK", "no network", { at: pathOf(wanted) });
        return shop.source(wanted, signal);
      },
    });
    await updater.update();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2, ...off(shop.release.sha256) });
    isCut = true;
    const refusal = { code: "CLIENT_NETWORK", at: "roots/2.json" };
    await expect(updater.take(channelBytes())).rejects.toMatchObject(refusal);
    expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 2, withdrawn: true });
  });

  it("is left to a look where there is a new root, and tells nothing", async () => {
    const updater = await openHere();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2 });
    await shop.put.root({ version: 2 });
    expect(await updater.take(channelBytes())).toBeUndefined();
    expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 1 });
    expect(await updater.update()).toMatchObject({ version: 2, trusted: { root: { version: 2 } } });
    expect(shop.refusals()).toEqual([]);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["that nobody signed", (bytes) => edit(bytes, /"sig":"..../, '"sig":"AAAA')],
    ["that is none", () => new Uint8Array([123])],
    ["that says something else than was signed", (bytes) => edit(bytes, /"payload":"./, '"payload":"f')],
  ])("counts nothing %s, and tells nothing", async (_name, spoil) => {
    const updater = await openHere();
    await shop.put.channel(shop.release.sha256, { version: 2 });
    expect(await updater.take(spoil(channelBytes()))).toBeUndefined();
    expect(updater.live).toMatchObject({ version: 1 });
    expect(shop.refusals()).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("counts nothing before the first look, nor past its time", async () => {
    expect(await shop.open().take(channelBytes())).toBeUndefined();
    const updater = await openHere();
    await shop.put.channel(shop.release.sha256, { version: 2 });
    shop.clock.now += 400 * 24 * 3_600_000;
    expect(await updater.take(channelBytes())).toBeUndefined();
  });

  it("changes nothing where its release cannot be had, and says why", async () => {
    const updater = await openHere();
    await shop.put.channel("0".repeat(64), { version: 2 });
    await expect(updater.take(channelBytes())).rejects.toMatchObject({ code: "CLIENT_STATUS" });
    expect(updater.live).toMatchObject({ release: shop.release.sha256, version: 1 });
    expect(shop.refusals()).toEqual(["CLIENT_STATUS"]);
  });
});

function edit(bytes: Uint8Array, pattern: RegExp, by: string): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replace(pattern, by));
}
