import type { Root } from "@haggle/abi";
import type { Signer } from "@haggle/sdk/sign";
import { beforeEach, describe, expect, it } from "vitest";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import { HOUR_MS, makeRoot, NOW, officers, online, online2, role } from "../../support/trust-shop.ts";

let shop: TrustClient;

beforeEach(async () => {
  shop = await createClient();
});

const [first, second, third] = officers;
const END = Number.MAX_SAFE_INTEGER;

async function roles(changes: Partial<Root["roles"]>): Promise<Pick<Root, "roles">> {
  return { roles: { ...(await makeRoot()).roles, ...changes } };
}

/** The next root, by which the second online key is the one that counts. */
async function replaceOnlineKey(version = 2): Promise<void> {
  const only = await role(1, online2);
  await shop.put.root({ version, ...(await roles({ channel: only, prices: only })) });
}

describe("a chain of roots", () => {
  it.each<[string, readonly Signer[], string?]>([
    ["two officers", [first, second]],
    ["two other officers", [second, third]],
    ["all three", officers],
    ["one officer, twice", [first, first], "DOCUMENT_THRESHOLD"],
    ["an officer and the online key", [first, online], "DOCUMENT_THRESHOLD"],
  ])("goes on by %s", async (_name, signers, code) => {
    const updater = shop.open();
    await updater.update();
    await shop.put.root({ version: 2 }, signers);
    if (code === undefined) {
      expect(await updater.update()).toMatchObject({ trusted: { root: { version: 2 } } });
    } else await expect(updater.update()).rejects.toMatchObject({ code, at: "root" });
  });

  it.each<[string, readonly Signer[], string?]>([
    ["old and new ones", [first, second, online2]],
    ["new ones only", [online2], "DOCUMENT_THRESHOLD"],
    ["old ones only", [first, second], "DOCUMENT_THRESHOLD"],
  ])("is handed over by %s", async (_name, signers, code) => {
    const updater = shop.open();
    await updater.update();
    const changes = { version: 2, ...(await roles({ root: await role(1, online2) })) };
    await shop.put.root(changes, signers);
    if (code === undefined) {
      expect(await updater.update()).toMatchObject({ trusted: { root: { version: 2 } } });
    } else await expect(updater.update()).rejects.toMatchObject({ code, at: "root" });
  });

  it("is asked for until it ends, and remembered", async () => {
    for (const version of [2, 3, 4]) await shop.put.root({ version });
    await shop.open().update();
    expect((await shop.store.load())?.roots).toHaveLength(4);
    const asked: number[] = [];
    const updater = shop.open({
      source: async (wanted) => {
        if (wanted.kind === "root") asked.push(wanted.version);
        return shop.source(wanted);
      },
    });
    expect(await updater.restore()).toMatchObject({ trusted: { root: { version: 4 } } });
    await updater.update();
    expect(asked).toEqual([5]);
  });

  it("that comes beside a channel document from before it has that asked for again", async () => {
    const before = shop.files.get("channels/stable.json");
    await replaceOnlineKey();
    await shop.put.channel(shop.release.sha256, { version: 2 }, [online2]);
    let asked = 0;
    const updater = shop.open({
      source: async (wanted) => (wanted.kind === "channel" && ++asked === 1 ? before : shop.source(wanted)),
    });
    expect(await updater.update()).toMatchObject({ version: 2, trusted: { root: { version: 2 } } });
    expect(asked).toBe(2);
  });

  it("may lead away from every key that it began with", async () => {
    const [root, channel] = [await role(1, third), await role(1, online2)];
    await shop.put.root({ version: 2, ...(await roles({ root, channel })) }, officers);
    await shop.put.root({ version: 3, ...(await roles({ root, channel })) }, [third]);
    await shop.put.channel(shop.release.sha256, {}, [online2]);
    expect(await shop.open().update()).toMatchObject({ trusted: { root: { version: 3 } } });
  });

  it("changes nothing when one link is wrong, though those before it were right", async () => {
    const updater = shop.open();
    const live = await updater.update();
    await shop.put.root({ version: 2 });
    await shop.put.root({ version: 3 }, [first]);
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    expect(updater.live).toBe(live);
    expect((await shop.store.load())?.roots).toHaveLength(1);
  });

  it("verifies the release that is in use again under a new root", async () => {
    const updater = shop.open();
    const { engine } = await updater.update();
    await shop.put.root({ version: 2 });
    const live = await updater.update();
    expect(live.engine).not.toBe(engine);
    await shop.put.root({ version: 3, ...(await roles({ release: await role(2, first, second) })) });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD", at: "release" });
    expect(updater.live).toBe(live);
  });
});

describe("a pinned root", () => {
  it("of a newer program wins over what is stored, which goes on counting", async () => {
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await shop.open().update();
    const { bytes } = await shop.put.root({ version: 2 });
    const updater = shop.open({ root: bytes });
    expect(await updater.restore()).toMatchObject({ trusted: { root: { version: 2 } }, restored: true });
    await shop.put.channel(shop.release.sha256, { version: 1 });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });

  it("that differs from the stored one of its version leaves the state aside", async () => {
    await shop.put.channel(shop.release.sha256, { version: 2 });
    await shop.open().update();
    const { bytes } = await shop.put.root({ version: 1, expires: NOW + HOUR_MS });
    await shop.put.channel(shop.release.sha256, { version: 1 });
    const updater = shop.open({ root: bytes });
    expect(await updater.restore()).toBeUndefined();
    expect(shop.events.at(-1)).toMatchObject({
      type: "refused",
      error: { code: "CLIENT_STATE_DAMAGED", at: "root", cause: { code: "DOCUMENT_EQUIVOCATION" } },
      alarm: false,
    });
    expect(await updater.update()).toMatchObject({ version: 1 });
  });

  it("is followed from text as from bytes", async () => {
    await shop.put.root({ version: 2 });
    const root = new TextDecoder().decode(shop.root.bytes);
    expect(await shop.open({ root }).update()).toMatchObject({ trusted: { root: { version: 2 } } });
  });

  it("that is no root is refused by restore and update alike", async () => {
    const updater = shop.open({ root: "{}" });
    await expect(updater.restore()).rejects.toMatchObject({ code: "DOCUMENT_BAD_ENVELOPE" });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_BAD_ENVELOPE" });
  });
});

describe("a lost online key", () => {
  it("that went to the last version there is locks nobody out for ever", async () => {
    const updater = shop.open();
    await updater.update();
    const far = { version: END, issued: NOW + 60_000, expires: NOW + 9_000 * HOUR_MS };
    await shop.put.channel(shop.release.sha256, far);
    await shop.put.prices(shop.release.sha256, { version: END });
    expect(await updater.update()).toMatchObject({ version: END, prices: { version: END } });

    await shop.put.channel(shop.release.sha256, { version: 3 });
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });

    await replaceOnlineKey();
    await shop.put.channel(shop.release.sha256, { version: 3 }, [online2]);
    await shop.put.prices(shop.release.sha256, { version: 3 }, [online2]);
    expect(await updater.update()).toMatchObject({ version: 3, prices: { version: 3 } });

    await shop.put.channel(shop.release.sha256, far);
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
  });

  it("takes back with it what it said of the time", async () => {
    const updater = shop.open();
    const year = 8_760 * HOUR_MS;
    shop.clock.now = NOW + year / 2;
    const times = { issued: shop.clock.now, expires: NOW + year };
    await shop.put.channel(shop.release.sha256, { version: 2, ...times });
    await shop.put.release({ expires: NOW + year });
    await shop.put.channel((await shop.put.release({ version: 2, expires: NOW + year })).sha256, {
      version: 2,
      ...times,
    });
    await updater.update();
    shop.clock.now = NOW;
    await replaceOnlineKey();
    await shop.put.channel(shop.release.sha256, { version: 1 }, [online2]);
    expect(await updater.update()).toMatchObject({ version: 1, expires: NOW + HOUR_MS });
  });

  it("whose successor signs beside it for a while loses no floor", async () => {
    const updater = shop.open();
    await shop.put.channel(shop.release.sha256, { version: 5 });
    await updater.update();
    await shop.put.root({ version: 2, ...(await roles({ channel: await role(1, online, online2) })) });
    await shop.put.channel(shop.release.sha256, { version: 4 }, [online2]);
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });

  it("is replaced while a program is away", async () => {
    await shop.put.channel(shop.release.sha256, { version: END });
    await shop.open().update();
    await replaceOnlineKey();
    await shop.put.channel(shop.release.sha256, { version: 1 }, [online2]);
    const updater = shop.open();
    expect(await updater.restore()).toMatchObject({ version: END, restored: true });
    expect(await updater.update()).toMatchObject({ version: 1, restored: false });
    expect(shop.refusals()).toEqual([]);
  });
});
