import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findChromium } from "../support/browser-path.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { skips } from "../support/skips.ts";
import { readPricingRules, strategiesText } from "../support/strategies.ts";

// From the save of a file of strategies to the price on a page that is open.

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const WAIT = { timeout: 20_000 };

let browser: Browser;
let shop: Shop;
let server: TestServer;
let page: Page;
let folder: string;

const raise = (percent: string, skus = "trail-runner") => `id: nearly-gone
rule: price-by-stock
skus: ["${skus}"]
parameters: { few: 5, raise: "${percent}" }`;

const save = (version: string, strategy: string) =>
  writeFile(join(folder, "strategies.yaml"), strategiesText(version, [strategy]));

const shown = (id: string, sku?: string) =>
  page.locator(`[data-testid="${id}"]${sku === undefined ? "" : `[data-sku="${sku}"]`}`);
const priceOf = (sku: string) => expect.poll(() => shown("price", sku).textContent(), WAIT);
const subtotal = () => expect.poll(() => shown("subtotal").textContent(), WAIT);

describe.skipIf(skips("browser"))("prices on an open page", () => {
  beforeAll(async () => {
    const script = join(REPO, "scripts/build-storefront.ts");
    execFileSync(process.execPath, ["--conditions=haggle-source", script]);
    browser = await chromium.launch({ executablePath: findChromium()!, args: ["--no-sandbox"] });
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    shop = await createShop({ files: await readPricingRules(["price-by-stock"]) });
    await shop.giveKey("channel");
    await shop.giveKey("prices");
    const bounds = [{ sku: "trail-runner", minUnitPrice: 9_900, maxUnitPrice: 14_900 }];
    await shop.publish({ release: { bounds } });
    folder = join(shop.dataFolder, "pricing");
    await mkdir(folder);
    server = await startServer(shop.dataFolder, {
      storefrontFolder: join(REPO, "server/dist/storefront"),
      isDemo: true,
      env: { STRATEGIES_DIR: folder },
    });
    page = await browser.newPage();
  });

  afterEach(async () => {
    await page.close();
    await server.close();
    await shop.remove();
  });

  it("change with a save of the strategies, in the list and in the cart, without a reload", async () => {
    await page.goto(server.url);
    await priceOf("trail-runner").toBe("¥129.00");
    // One at 129.00 and three pairs of socks at 19.90.
    await subtotal().toBe("¥188.70");
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await save("v2026.11.22-a", raise("10"));
    await priceOf("trail-runner").toBe("¥141.90");
    expect(await shown("price", "trail-runner").getAttribute("title")).toBe("v2026.11.22-a · nearly-gone");
    await subtotal().toBe("¥201.60");
    // As far as the release's authors let it.
    await save("v2026.11.22-b", raise("50"));
    await priceOf("trail-runner").toBe("¥149.00");
    await page.waitForSelector('[data-testid="parity"][data-state="equal"]');
    await save("v2026.11.22-c", raise("50", "camp-mug"));
    await priceOf("trail-runner").toBe("¥129.00");
    await subtotal().toBe("¥188.70");
    expect(await page.evaluate(() => "sameDocument" in globalThis)).toBe(true);
  });
});
