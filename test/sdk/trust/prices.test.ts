import { MAX_PRICES_ENVELOPE_BYTES, type PriceBound, type Prices } from "@haggle/abi";
import { checkPrices } from "@haggle/sdk/trust";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import { HOUR_MS, NOW, online2, signPrices } from "../../support/trust-shop.ts";

const RELEASE = "ab".repeat(32);

function pricesOf(...prices: Prices["prices"]): Prices {
  return {
    type: "prices",
    channel: "stable",
    version: 1,
    release: RELEASE,
    issued: NOW,
    expires: NOW + HOUR_MS,
    strategy: { version: 1, id: "s" },
    prices,
  };
}

function bound(sku: string, minUnitPrice: number, maxUnitPrice: number): PriceBound {
  return { sku, minUnitPrice, maxUnitPrice };
}

describe("the bounds of a release", () => {
  const bounds = [bound("shoe-1", 500, 500), bound("shoe-*", 100, 900), bound("*", 0, 10)];

  it.each<[string, number, string?]>([
    ["shoe-1", 500],
    ["shoe-1", 499, "unitPrice"],
    ["shoe-1", 501, "unitPrice"],
    ["shoe-2", 100],
    ["shoe-2", 900],
    ["shoe-2", 99, "unitPrice"],
    ["shoe-2", 901, "unitPrice"],
    ["shoe-", 900],
    ["shoe", 11, "unitPrice"],
    ["hat", 10],
  ])("hold %s at %i", (sku, unitPrice, at) => {
    const check = () =>
      checkPrices(pricesOf({ sku: "hat-0", unitPrice: 1 }, { sku, unitPrice }), { bounds }, RELEASE);
    if (at === undefined) return check();
    expect(check).toThrow(
      expect.objectContaining({
        code: "DOCUMENT_OUT_OF_BOUNDS",
        at: `prices.prices[1].${at}`,
        value: unitPrice,
      }),
    );
  });

  it("are needed for every sku that is priced", () => {
    const prices = pricesOf({ sku: "shoe-1", unitPrice: 1 });
    const refusal = { code: "DOCUMENT_OUT_OF_BOUNDS", at: "prices.prices[0].sku", value: "shoe-1" };
    for (const release of [{}, { bounds: [] }, { bounds: [bound("shoe", 0, 9)] }]) {
      expect(() => checkPrices(prices, release, RELEASE)).toThrow(expect.objectContaining(refusal));
    }
  });

  it("know no prices of another release, and none twice", () => {
    expect(() => checkPrices(pricesOf(), {}, "cd".repeat(32))).toThrow(
      expect.objectContaining({ code: "DOCUMENT_DIGEST_MISMATCH", at: "prices.release", value: RELEASE }),
    );
    const twice = pricesOf({ sku: "hat", unitPrice: 1 }, { sku: "hat", unitPrice: 1 });
    expect(() => checkPrices(twice, { bounds }, RELEASE)).toThrow(
      expect.objectContaining({ code: "DOCUMENT_BAD_FIELD", at: "prices.prices[1].sku", value: "hat" }),
    );
  });

  it("are kept by whatever is accepted", () => {
    const sku = fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 3 });
    const amount = fc.nat({ max: 9 });
    const anyBounds = fc.array(fc.record({ sku, minUnitPrice: amount, maxUnitPrice: amount }), {
      maxLength: 4,
    });
    const anyPrices = fc.array(fc.record({ sku, unitPrice: amount }), { maxLength: 4 });
    fc.assert(
      fc.property(anyBounds, anyPrices, (bounds, prices) => {
        let isAccepted = true;
        try {
          checkPrices(pricesOf(...prices), { bounds }, RELEASE);
        } catch {
          isAccepted = false;
        }
        const isEveryOneBound = prices.every(({ sku, unitPrice }) => {
          const patterns = bounds.map(
            ({ sku: text }) => new RegExp(`^${text.slice(0, -1).replaceAll("*", "\\*")}${last(text)}$`),
          );
          const first = bounds[patterns.findIndex((pattern) => pattern.test(sku))];
          return first !== undefined && first.minUnitPrice <= unitPrice && unitPrice <= first.maxUnitPrice;
        });
        const isEveryOneOnce = new Set(prices.map(({ sku }) => sku)).size === prices.length;
        expect(isAccepted).toBe(isEveryOneBound && isEveryOneOnce);
      }),
      { numRuns: 1_000 },
    );
  });
});

function last(text: string): string {
  return text.endsWith("*") ? ".*" : text.slice(-1);
}

describe("prices of a channel", () => {
  let shop: TrustClient;

  beforeEach(async () => {
    shop = await createClient();
  });

  it("go live with the release and alone", async () => {
    const updater = shop.open();
    expect((await updater.update()).prices).toBeUndefined();
    const { bytes } = await shop.put.prices(shop.release.sha256);
    const first = await updater.update();
    expect(first.prices).toMatchObject({ version: 1, prices: [{ sku: "shoe-1", unitPrice: 450 }] });
    expect(first.files.prices).toBe(bytes);
    await shop.put.prices(shop.release.sha256, { version: 2, prices: [] });
    const second = await updater.update();
    expect(second).toMatchObject({ version: 1, prices: { version: 2 } });
    expect(second.engine).toBe(first.engine);
    expect(shop.saves()).toBe(3);
    expect(await shop.open().restore()).toMatchObject({ prices: { version: 2 }, restored: true });
  });

  it("that are refused stop nothing, and are told once", async () => {
    const updater = shop.open();
    await shop.put.prices(shop.release.sha256);
    await updater.update();
    await shop.put.prices(shop.release.sha256, { version: 2, prices: [{ sku: "shoe-1", unitPrice: 1 }] });
    for (const version of [2, 3]) {
      await shop.put.channel(shop.release.sha256, { version });
      expect(await updater.update()).toMatchObject({ version, prices: { version: 1 } });
    }
    expect(shop.refusals()).toEqual(["! DOCUMENT_OUT_OF_BOUNDS"]);
    await shop.put.prices(shop.release.sha256, { version: 3 });
    expect(await updater.update()).toMatchObject({ prices: { version: 3 } });
  });

  it("that cannot be fetched stop nothing", async () => {
    const { source } = shop;
    const lost = new Error("lost");
    const updater = shop.open({
      source: async (wanted) => {
        if (wanted.kind === "prices") throw lost;
        return source(wanted);
      },
    });
    // An error that is none of ours is a bug of the source, not a refusal.
    await expect(updater.update()).rejects.toBe(lost);
    shop.files.set("prices/stable.json", new Uint8Array(MAX_PRICES_ENVELOPE_BYTES + 1));
    expect(await shop.open().update()).toMatchObject({ version: 1 });
    expect(shop.refusals()).toEqual(["DOCUMENT_TOO_LARGE"]);
  });

  it("go with their release, and their floor stays", async () => {
    const updater = shop.open();
    await shop.put.prices(shop.release.sha256, { version: 5 });
    await updater.update();
    const next = await shop.put.release({ version: 2 });
    await shop.put.channel(next.sha256, { version: 2 });
    expect((await updater.update()).prices).toBeUndefined();
    expect(shop.refusals()).toEqual([]);
    await shop.put.prices(next.sha256, { version: 4 });
    expect((await shop.open().update()).prices).toBeUndefined();
    expect(shop.refusals()).toEqual(["! DOCUMENT_ROLLBACK"]);
    await shop.put.prices(next.sha256, { version: 6 });
    expect(await updater.update()).toMatchObject({ prices: { version: 6, release: next.sha256 } });
  });

  it("that are ahead of their release wait for it, without an alarm", async () => {
    const updater = shop.open();
    const next = await shop.put.release({ version: 2 });
    await shop.put.prices(next.sha256);
    expect((await updater.update()).prices).toBeUndefined();
    expect(shop.refusals()).toEqual(["DOCUMENT_DIGEST_MISMATCH"]);
    await shop.put.channel(next.sha256, { version: 2 });
    expect(await updater.update()).toMatchObject({ prices: { version: 1 } });
  });

  it("stay when they have expired or are no longer there: they say themselves how old they are", async () => {
    const updater = shop.open();
    await shop.put.channel(shop.release.sha256, { expires: NOW + 9 * HOUR_MS });
    await shop.put.prices(shop.release.sha256);
    await updater.update();
    shop.clock.now = NOW + HOUR_MS;
    expect(await updater.update()).toMatchObject({ prices: { version: 1, expires: NOW + HOUR_MS } });
    expect(shop.refusals()).toEqual(["DOCUMENT_EXPIRED"]);
    shop.files.delete("prices/stable.json");
    expect(await updater.update()).toMatchObject({ prices: { version: 1 } });
  });

  it("need the key of their role", async () => {
    shop.files.set("prices/stable.json", (await signPrices(shop.release.sha256, {}, [online2])).bytes);
    expect((await shop.open().update()).prices).toBeUndefined();
    expect(shop.refusals()).toEqual(["! DOCUMENT_THRESHOLD"]);
  });
});
