import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { startPaymentsSandbox } from "../support/payments-sandbox.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { buildStorefront, openStorefront, STOREFRONT, type Storefront } from "../support/storefront-page.ts";

// What the demo signs for a shopper, and what it shows of a rollout.

const WAIT = { timeout: 20_000 };

let browser: Browser;
let sandbox: Awaited<ReturnType<typeof startPaymentsSandbox>>;
let shop: Shop;
let server: TestServer;
let open: Storefront;

describe.skipIf(SKIPS_BROWSER)("the demo storefront", () => {
  beforeAll(async () => {
    buildStorefront();
    browser = await launchBrowser();
    sandbox = await startPaymentsSandbox();
  });

  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
  });

  beforeEach(async () => {
    shop = await createShop();
    await shop.giveKey("receipt");
    await shop.publish();
    server = await startServer(shop.dataFolder, {
      storefrontFolder: STOREFRONT,
      isDemo: true,
      env: sandbox.env,
    });
    open = await openStorefront(browser, server.url);
    await open.parity("equal");
  });

  afterEach(async () => {
    await open.close();
    await server.close();
    await shop.remove();
  });

  it("has a quote signed, says that it is the preview's, and proves it without a network", async () => {
    const { at, text, state } = open;
    await at("quantity", "trail-runner").fill("3");
    await open.parity("equal");
    await at("quote").click();
    await state("receipt-state", "equal");
    expect(await text("receipt-total")).toBe(await text("total"));
    expect(await text("receipt-told")).toBe("The quote is what this page worked out, to the bit.");
    const digest = await at("local-digest").getAttribute("title");
    expect(await at("receipt-decision").getAttribute("title")).toBe(digest);
    expect(await text("receipt-quote")).toMatch(/^quote_[\w-]{24}$/);
    await at("cut").check();
    await at("forge").check();
    await state("receipt-state", "differs");
    expect(await text("receipt-why")).toMatch(/^One bit is another: This is not the key's signature/);
    await at("forge").uncheck();
    await state("receipt-state", "equal");
    expect(await text("receipt-why")).toBe("");
    expect(open.complaints).toEqual([]);
  });

  it("says what the shop knows otherwise than the page, such as who somebody is", async () => {
    const { at, text, state } = open;
    await at("segment-vip").check({ force: true });
    await open.parity("equal");
    await at("quote").click();
    await state("receipt-state", "equal");
    expect(await text("receipt-told")).toMatch(/^The quote differs from this page's preview: .*who you are/);
  });

  it("shows the receipt of what is bought as well", async () => {
    const total = await open.text("total");
    await open.at("buy").click();
    await open.state("order-state", "awaiting_payment");
    await open.state("receipt-state", "equal");
    expect(await open.text("receipt-total")).toBe(total);
  });

  it("lets a browser see both sides of a rollout, each of which the server prices alike", async () => {
    const { at, text, state, page } = open;
    await at("quantity", "trail-runner").fill("3");
    expect(await text("side-note")).toMatch(/^No rollout is under way/);
    expect(await at("side-canary").count()).toBe(1);
    expect(await at("side-canary").isVisible()).toBe(false);
    const first = await shop.sign();
    const { release } = await shop.sign({ version: 2, rules: [SHOES] });
    await shop.write(`releases/${release.sha256}.json`, release.bytes);
    const seed = "a-seed";
    const { channel } = await shop.sign({
      version: 2,
      channel: {
        arms: [
          { release: first.release.sha256, range: [0, 9_000], seed },
          { release: release.sha256, range: [9_000, 10_000], seed },
        ],
      },
    });
    await shop.write("channels/stable.json", channel.bytes);
    await at("sides").waitFor({ state: "visible" });
    // 446.70 and 12.00 of delivery, less a tenth of the shoes; the new release gives no 50 off.
    for (const [side, sha256, total] of [
      ["canary", release.sha256, "¥420.00"],
      ["stable", first.release.sha256, "¥370.00"],
      ["canary", release.sha256, "¥420.00"],
    ] as const) {
      await at(`side-${side}`).check({ force: true });
      await state("side", side);
      await page.waitForSelector(`[data-testid="release"][data-release="${sha256}"]`);
      await expect.poll(() => text("total"), WAIT).toBe(total);
      await open.parity("equal");
    }
    await at("quote").click();
    await state("receipt-state", "equal");
    expect(await text("receipt-total")).toBe("¥420.00");
    expect(await text("receipt-told")).toBe("The quote is what this page worked out, to the bit.");
    await page.reload();
    await open.parity("equal");
    await state("side", "canary");
    expect(await at("release").getAttribute("title")).toBe(release.sha256);
    expect(open.complaints).toEqual([]);
  });
});
