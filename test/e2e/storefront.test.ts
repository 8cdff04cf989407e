import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Condition, Promotion } from "@haggle/abi";
import { signDocument } from "@haggle/sdk/sign";
import { type Browser, chromium, type Page, type Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findChromium } from "../support/browser-path.ts";
import { sellOnPage } from "../support/demo-page.ts";
import { startPaymentsSandbox } from "../support/payments-sandbox.ts";
import { createShop, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";
import { skips } from "../support/skips.ts";

// The storefront in a real browser, under its real policy, against a real server.

/** A bank, a ledger and a browser share the machine with other tests. */
const WAIT = { timeout: 20_000 };
const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

let browser: Browser;
let shop: Shop;
let server: TestServer;
let page: Page;
let complaints: string[];

const at = (id: string, sku?: string) =>
  page.locator(`[data-testid="${id}"]${sku === undefined ? "" : `[data-sku="${sku}"]`}`);

const parity = (state: string) => page.waitForSelector(`[data-testid="parity"][data-state="${state}"]`);

async function text(id: string): Promise<string> {
  return (await at(id).textContent()) ?? "";
}

async function open(): Promise<void> {
  page = await browser.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Chromium says aloud that a request was answered with 4xx; the page shows it, and the tests look there.
    if (message.type() !== "log" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  await page.goto(server.url);
  await parity("equal");
}

beforeAll(async () => {
  if (skips("browser")) return;
  const script = join(REPO, "scripts/build-storefront.ts");
  execFileSync(process.execPath, ["--conditions=haggle-source", script]);
  browser = await chromium.launch({ executablePath: findChromium()!, args: ["--no-sandbox"] });
});

afterAll(() => browser?.close());

describe.skipIf(skips("browser"))("the storefront in a browser", () => {
  beforeEach(async () => {
    shop = await createShop();
    await shop.publish();
    server = await startServer(shop.dataFolder, { storefrontFolder: join(REPO, "server/dist/storefront") });
    await sellOnPage(server);
    await open();
  });

  afterEach(async () => {
    await page.close();
    await server.close();
    await shop.remove();
  });

  it("verifies the release, prices by itself, and agrees with the server", async () => {
    expect(await at("verified").getAttribute("data-state")).toBe("verified");
    expect(await at("release").getAttribute("title")).toMatch(/^[0-9a-f]{64}$/);
    const digest = await at("local-digest").getAttribute("title");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await at("server-digest").getAttribute("title")).toBe(digest);
    expect(await text("fuel")).toBe(await text("server-fuel"));
    expect(complaints).toEqual([]);
  });

  it("prices every keystroke, and says which promotion took what", async () => {
    await at("quantity", "trail-runner").fill("3");
    // Three at 129.00 and three pairs of socks at 19.90: 446.70, less a tenth of the shoes, less 50.00.
    expect(await text("subtotal")).toBe("¥446.70");
    const shares = await at("line", "trail-runner").locator('[data-testid="share"]').allTextContents();
    expect(shares[0]).toMatch(/^Shoes 10 percent.*−¥/);
    expect(shares[1]).toMatch(/^Full 300 off 50 .*−¥/);
    await parity("equal");
    expect(await text("server-total")).toBe(await text("total"));
  });

  it("says in a shopper's words what a rule's code alone would not tell", async () => {
    const effects: Promotion["effects"] = [{ target: "order", percent: "5", reason: "TIER_1" }];
    const promotions: Promotion[] = [{ id: "tiered-percent", priority: 0, effects }];
    const { release } = await shop.publish({ version: 2, release: { promotions } });
    await page.waitForSelector(`[data-testid="release"][data-release="${release.sha256}"]`);
    const share = at("line", "trail-runner").locator('[data-testid="share"]');
    expect(await share.allTextContents()).toEqual([expect.stringMatching(/^First step of savings.*−¥/)]);
  });

  it("adds, steps and removes by keyboard alone", async () => {
    await at("add", "camp-mug").focus();
    await page.keyboard.press("Enter");
    expect(await at("quantity", "camp-mug").inputValue()).toBe("1");
    await at("quantity", "camp-mug").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    expect(await at("quantity", "camp-mug").inputValue()).toBe("2");
    await at("quantity", "camp-mug").fill("0");
    await page.keyboard.press("Tab");
    await expect.poll(() => at("line", "camp-mug").count(), WAIT).toBe(0);
  });

  it("says in a sentence why neither side can price a cart, with the details at hand", async () => {
    await at("quantity", "trail-runner").fill("1.5");
    expect(await text("refusal")).toBe("An integer is needed; amounts are in minor units");
    expect(await at("refusal").getAttribute("title")).toMatch(
      /^CART_NOT_INTEGER: .*lines\[0\]\.quantity, got 1\.5/,
    );
    await parity("refused");
    expect(await text("parity")).toBe("both refuse this cart");
    expect(await text("server-digest")).toBe("CART_NOT_INTEGER");
  });

  it.each(["", "-", "2.", "<b>2"])(
    "waits while %o is typed, and restores the quantity after",
    async (typed) => {
      const total = await text("total");
      await at("quantity", "merino-socks").fill(typed);
      expect(await at("refusal").isVisible()).toBe(false);
      expect(await text("total")).toBe(total);
      expect(await at("quantity", "merino-socks").inputValue()).toBe(typed);
      await page.keyboard.press("Tab");
      expect(await at("quantity", "merino-socks").inputValue()).toBe("3");
      expect(await text("total")).toBe(total);
    },
  );

  it("takes hostile text as text", async () => {
    await at("quantity", "trail-runner").fill("<b>2");
    await at("coupon").fill("<img src=x onerror=alert(1)>");
    await parity("equal");
    expect(await page.locator("main img, main b").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("prices by a new release without a reload", async () => {
    await at("quantity", "trail-runner").fill("3");
    const before = await text("total");
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    await until(async () => (await at("release").getAttribute("title")) === release.sha256);
    expect(await text("notice")).toContain(release.sha256.slice(0, 12));
    expect(await text("total")).not.toBe(before);
    expect(await at("quantity", "trail-runner").inputValue()).toBe("3");
    expect(await page.evaluate(() => "sameDocument" in globalThis)).toBe(true);
    await parity("equal");
  });

  it("tells what a new release has changed by the prices that come behind it, too", async () => {
    const before = await text("total");
    const bounds = [{ sku: "trail-*", minUnitPrice: 10_000, maxUnitPrice: 20_000 }];
    const { release } = await shop.publish({ version: 2, rules: [SHOES], release: { bounds } });
    await until(async () => (await at("release").getAttribute("title")) === release.sha256);
    expect(await text("rules-note")).toContain("Your total is the same by both.");
    const prices = {
      ...{ type: "prices" as const, channel: "stable", version: 1, release: release.sha256 },
      ...{ issued: Date.now() - 1_000, expires: Date.now() + 3_600_000 },
      ...{ strategy: { version: 1, id: "sale" }, prices: [{ sku: "trail-runner", unitPrice: 15_000 }] },
    };
    await shop.write("prices/stable.json", (await signDocument(prices, [await testSigner(1)])).bytes);
    await until(async () => (await text("total")) !== before);
    expect(await text("rules-note")).toContain(`from ${before} to ${await text("total")}.`);
  });

  it("calls no price wrong that another release has made, and asks again until both have the same", async () => {
    const answers = async (route: Route) => {
      const response = await route.fetch();
      const other = { release: "0".repeat(64), digest: "1".repeat(64), total: 1 };
      await route.fulfill({ response, json: { ...(await response.json()), ...other } });
    };
    await page.route("**/v1/evaluations", answers, { times: 1 });
    await at("quantity", "trail-runner").fill("2");
    await parity("otherRelease");
    await parity("equal");
  });

  it("says what is nearest to unlock: amounts as money, pieces as pieces, and how much of it is there", async () => {
    const threshold = (id: string, condition: Condition): Promotion => ({
      ...{ id, priority: 0, unlock: true, effects: [{ target: "shipping", percent: "100" }] },
      conditions: [condition],
    });
    const promotions = [
      threshold("free-shipping", { kind: "goodsTotal", value: 200_00 }),
      threshold("six-pack", { kind: "quantity", value: 6 }),
      threshold("far-away", { kind: "goodsTotal", value: 1_000_00 }),
    ];
    const { release } = await shop.publish({ version: 2, release: { promotions } });
    await page.waitForSelector(`[data-testid="release"][data-release="${release.sha256}"]`);
    // One at 129.00 and three pairs of socks at 19.90: 188.70 in four pieces. The third is the furthest, and is not shown.
    expect(await at("unlock").allTextContents()).toEqual([
      "¥11.30 more for free shipping",
      "2 more items for six pack",
    ]);
    const reached = at("unlock").locator("progress").first();
    expect(Number(await reached.getAttribute("value"))).toBeCloseTo(0.9435, 4);
    await at("quantity", "trail-runner").fill("2");
    expect(await at("unlock").allTextContents()).toEqual([
      "1 more item for six pack",
      "¥682.30 more for far away",
    ]);
    await at("language-zh-CN").check({ force: true });
    expect(await at("unlock").allTextContents()).toEqual([
      "再买 1 件，即可享受「six-pack」",
      "再买 ¥682.30，即可享受「far-away」",
    ]);
    await parity("equal");
    expect(complaints).toEqual([]);
  });

  it("keeps its prices when the server goes, and says that it does not answer", async () => {
    const total = await text("total");
    await server.close();
    await at("quantity", "trail-runner").fill("2");
    await parity("offline");
    expect(await text("total")).not.toBe(total);
    for (const id of ["server-total", "server-digest", "server-fuel", "round-trip"]) {
      expect(await page.locator(`#${id}`).textContent()).toBe("–");
    }
    expect(await at("server-digest").getAttribute("title")).toBe(null);
    server = await startServer(shop.dataFolder);
  });

  it("sells nothing where there is no till", async () => {
    expect(await at("buy").isVisible()).toBe(false);
    expect(await at("order").isVisible()).toBe(false);
  });
});

describe.skipIf(skips("browser"))("the demo in a browser", () => {
  let sandbox: Awaited<ReturnType<typeof startPaymentsSandbox>>;

  beforeAll(async () => {
    sandbox = await startPaymentsSandbox();
    shop = await createShop();
    await shop.giveKey("receipt");
    await shop.publish();
    const storefrontFolder = join(REPO, "server/dist/storefront");
    server = await startServer(shop.dataFolder, { storefrontFolder, isDemo: true, env: sandbox.env });
    await sandbox.tell(server);
  });

  afterAll(async () => {
    await server?.close();
    await shop?.remove();
    await sandbox?.close();
  });

  const state = (is: string) => page.waitForSelector(`[data-testid="order-state"][data-state="${is}"]`);
  const focused = () => page.evaluate(() => document.activeElement?.id ?? "");

  it("is bought, declined, paid by a bank that answers late, seen again, sent off and sent back, by its ledger", async () => {
    await open();
    await at("quantity", "trail-runner").fill("2");
    await parity("equal");
    // Two at 129.00 and three pairs of socks at 19.90: 317.70, less a tenth of the shoes, less 50.00, and the delivery.
    const total = "¥253.90";
    expect(await text("total")).toBe(total);
    await at("buy").click();
    await state("awaiting_payment");
    expect(await text("order-total")).toBe(total);
    expect(await focused()).toBe("order");
    expect(await at("line").count()).toBe(0);
    const sold = (sku: string) => page.locator(`[data-testid="sold"][data-sku="${sku}"]`);
    const entries = (sku: string) => sold(sku).locator(".entry").allTextContents();
    // Of an odd cent the first unit has it.
    const unit = (number: number, share: string, cost: string) => [
      `Unit ${number}¥129.00`,
      "Shoes 10 percent−¥12.90",
      `Full 300 off 50−${share}`,
      `Costs${cost}`,
    ];
    expect(await entries("trail-runner")).toEqual([
      ...unit(1, "¥19.89", "¥96.21"),
      ...unit(2, "¥19.88", "¥96.22"),
    ]);

    await at("means").selectOption("tok_declined");
    await at("pay").click();
    await expect.poll(() => text("order-note"), WAIT).toMatch(/refuses the payment.*card_declined/);
    await state("awaiting_payment");
    await at("means").selectOption("tok_timeout");
    await at("pay").click();
    await state("paid");
    await page.reload();
    await state("paid");
    expect(await text("order-captured")).toBe(total);
    await at("ship").click();
    await state("shipped");

    const back = sold("trail-runner").locator('[data-testid="return"] button');
    await back.click();
    await expect.poll(() => text("refund"), WAIT).toBe("You get ¥96.21 back for it.");
    await back.filter({ hasText: "Keep it" }).click();
    await back.click();
    // The answer is lost on its way, and it is asked for again.
    const lose = async (route: Route) => {
      await route.fetch();
      await route.abort();
    };
    await page.route("**/returns", lose, { times: 1 });
    await back.filter({ hasText: "Send it back" }).click();
    await expect.poll(() => text("order-note"), WAIT).toBe("The shop does not answer. Try again.");
    await back.filter({ hasText: "Send it back" }).click();
    await state("returned_in_part");
    await expect.poll(() => text("order-refunded"), WAIT).toBe("¥96.21");
    const [first] = await entries("trail-runner");
    expect(first).toBe("Unit 1, sent back¥129.00");
    expect(complaints).toEqual([]);
    await page.close();
  });
});
