import type { TrustStore } from "@haggle/sdk/trust";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCart } from "../../support/release.ts";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import { authors, makeRoot, NOW, officers, role } from "../../support/trust-shop.ts";

// A release that the channel switches off. What a client does then over restarts and rotations: test/vectors/updates.

let shop: TrustClient;

beforeEach(async () => {
  shop = await createClient();
});

const off = (...releases: string[]) => ({ off: { promotions: [], rules: [], releases } });
const priced = { ok: true };
const refused = { ok: false, error: { code: "ENGINE_RELEASE_OFF" } };

describe("a kill", () => {
  it("stops the release before anything else is fetched", async () => {
    const updater = shop.open();
    await updater.update();
    const other = await shop.put.release({ version: 2 });
    await shop.put.channel(other.sha256, { version: 2, ...off(shop.release.sha256) });
    let seen: unknown;
    const slow = shop.open({
      source: async (wanted, signal) => {
        if (wanted.kind === "release" && wanted.sha256 === other.sha256) {
          seen = slow.live?.engine.evaluate(makeCart());
        }
        return shop.source(wanted, signal);
      },
    });
    expect((await slow.restore())?.engine.evaluate(makeCart())).toMatchObject(priced);
    const live = await slow.update();
    expect(seen).toMatchObject(refused);
    expect(live).toMatchObject({ release: other.sha256, withdrawn: false });
    expect(live.engine.evaluate(makeCart())).toMatchObject(priced);
  });

  it("holds in this program where it cannot be stored", async () => {
    const full: TrustStore = { load: shop.store.load, save: () => Promise.reject(new Error("no room")) };
    await shop.open().update();
    const updater = shop.open({ store: full });
    await updater.restore();
    await shop.put.channel(shop.release.sha256, { version: 2, ...off(shop.release.sha256) });
    await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATE" });
    expect(updater.live?.engine.evaluate(makeCart())).toMatchObject(refused);
  });

  it("forgets no prices of another release, which older ones must not follow", async () => {
    await shop.put.prices(shop.release.sha256, { version: 5 });
    const updater = shop.open();
    await updater.update();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2 });
    await updater.update();
    await shop.put.channel(next.sha256, { version: 3, ...off(next.sha256) });
    expect((await updater.update()).withdrawn).toBe(true);
    await shop.put.channel(shop.release.sha256, { version: 4 });
    await shop.put.prices(shop.release.sha256, { version: 4 });
    for (const client of [updater, shop.open()]) {
      expect(await client.update()).toMatchObject({ version: 4, prices: { version: 5 } });
    }
    expect(shop.refusals()).toContain("! DOCUMENT_ROLLBACK");
  });

  it("outlives a restart where a root with other authors came with it", async () => {
    await shop.open().update();
    const { roles } = await makeRoot();
    const release = await role(2, authors[0], officers[0]);
    await shop.put.root({ version: 2, roles: { ...roles, release } });
    await shop.put.channel(shop.release.sha256, { version: 2, ...off(shop.release.sha256) });
    const updater = shop.open();
    await updater.restore();
    expect((await updater.update()).withdrawn).toBe(true);

    const next = shop.open();
    const restored = await next.restore();
    expect(restored).toMatchObject({ version: 2, withdrawn: true, trusted: { root: { version: 2 } } });
    expect(restored?.engine.evaluate(makeCart())).toMatchObject(refused);
    expect(shop.refusals()).toEqual([]);
    // Switched on again it is not theirs any more.
    await shop.put.channel(shop.release.sha256, { version: 3 });
    await expect(next.update()).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD", at: "release" });
    expect(next.live?.engine.evaluate(makeCart())).toMatchObject(refused);
  });

  it("of a promotion counts where its release has expired, which lives no longer by that", async () => {
    const expires = NOW + 600_000;
    const brief = await shop.put.release({ version: 2, expires });
    await shop.put.channel(brief.sha256, { version: 2 });
    const updater = shop.open();
    const before = await updater.update();
    shop.clock.now = expires;
    const killed = { promotions: ["满300减50"], rules: [], releases: [] };
    const later = { issued: expires - 60_000, expires: expires + 3_600_000 };
    await shop.put.channel(brief.sha256, { version: 3, ...later, off: killed });
    const refusal = { code: "DOCUMENT_EXPIRED", at: "expires", value: expires };
    await expect(updater.update()).rejects.toMatchObject(refusal);
    expect(updater.live).toMatchObject({ version: 3, expires, channel: { off: killed } });
    expect(updater.isStale()).toBe(true);
    const off = { ok: true, discountTotal: 0 };
    expect(before.engine.evaluate(makeCart())).not.toMatchObject(off);
    expect(updater.live?.engine.evaluate(makeCart())).toMatchObject(off);
    // Nothing else counts, nor is it forgotten.
    await shop.put.channel(brief.sha256, { version: 4, ...later });
    for (const client of [updater, shop.open()]) {
      expect(await client.restore()).toMatchObject({ version: 3, expires });
      expect(client.isStale()).toBe(true);
      await expect(client.update()).rejects.toMatchObject(refusal);
      expect(client.live).toMatchObject({ version: 3 });
      expect(client.live?.engine.evaluate(makeCart())).toMatchObject(off);
    }
  });

  it("does not write over what another tab has stored meanwhile", async () => {
    const updater = shop.open();
    await updater.update();
    const second = await shop.put.release({ version: 2 });
    const old = await shop.put.channel(second.sha256, { version: 2, ...off(shop.release.sha256) });
    const third = await shop.put.release({ version: 3 });
    await shop.put.channel(third.sha256, { version: 3, ...off(shop.release.sha256, second.sha256) });
    await shop.open().update();
    // The first tab sees an edge of the CDN that is behind.
    shop.files.set("channels/stable.json", old.bytes);
    await expect(updater.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
    expect(updater.live?.engine.evaluate(makeCart())).toMatchObject(refused);
    const next = shop.open();
    expect(await next.restore()).toMatchObject({ version: 3, release: third.sha256 });
    await expect(next.update()).rejects.toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });
});
