import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { startPaymentsSandbox } from "../support/payments-sandbox.ts";
import { createShop, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { buildStorefront, openStorefront, STOREFRONT, type Storefront } from "../support/storefront-page.ts";

// The storefront in English and in Simplified Chinese: one of them at a time.

/** What is called so in every language: names, units, ids. */
const NAMES = [/\bHaggle\b/g, /\b(?:ms|SKU)\b/g, /\bv\d+\b/g, /WELCOME10/g, /\b[0-9a-f]{12,64}\b/g];

let browser: Browser;
let sandbox: Awaited<ReturnType<typeof startPaymentsSandbox>>;
let shop: Shop;
let server: TestServer;

/** Every text that somebody may see or hear, but for what says of itself that it is not translated or of another language. */
function readAll({ page }: Storefront): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [document.title];
    const isOwn = (element: Element | null) => !element?.closest('[translate="no"], code');
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (isOwn(node.parentElement)) found.push(node.textContent ?? "");
    }
    for (const element of document.querySelectorAll("[aria-label], [placeholder]")) {
      if (!isOwn(element)) continue;
      found.push(element.getAttribute("aria-label") ?? "", element.getAttribute("placeholder") ?? "");
    }
    return found.filter((text) => text.trim() !== "");
  });
}

const withoutNames = (text: string) => NAMES.reduce((rest, name) => rest.replaceAll(name, ""), text);
const findEnglish = (texts: string[]) => texts.filter((text) => /[A-Za-z]{2,}/.test(withoutNames(text)));
const findChinese = (texts: string[]) => texts.filter((text) => /\p{Script=Han}/u.test(text));

/** Through all that the page says, with a look at each place. */
async function walk(open: Storefront, look: (where: string) => Promise<void>): Promise<void> {
  const { at, parity, state } = open;
  await parity("equal");
  await look("priced");
  await at("quantity", "trail-runner").fill("1.5");
  await parity("refused");
  await look("refused");
  await at("quantity", "trail-runner").fill("2");
  await at("coupon").fill("WELCOME10");
  await parity("equal");
  await at("quote").click();
  await state("receipt-state", "equal");
  await look("with a receipt");
  await at("forge").check();
  await state("receipt-state", "differs");
  await look("with a forged receipt");
  await at("coupon").fill("");
  await at("cut").check();
  await parity("offline");
  await look("cut off");
  await at("cut").uncheck();
  await parity("equal");
  await at("buy").click();
  await state("order-state", "awaiting_payment");
  await look("ordered");
  await at("means").selectOption("tok_declined");
  await at("pay").click();
  await open.page.waitForSelector('[data-testid="order-note"][data-state="refused"]');
  await look("declined");
  await at("means").selectOption("tok_ok");
  await at("pay").click();
  await state("order-state", "paid");
  await at("ship").click();
  await state("order-state", "shipped");
  const back = at("sold", "trail-runner").locator('[data-testid="return"] button');
  await back.click();
  await at("refund").waitFor();
  await look("asked for a refund");
  await back.first().click();
  await state("order-state", "returned_in_part");
  await look("sent back");
}

describe.skipIf(SKIPS_BROWSER)("the storefront's languages", () => {
  beforeAll(async () => {
    buildStorefront();
    browser = await launchBrowser();
    sandbox = await startPaymentsSandbox();
    shop = await createShop();
    await shop.giveKey("receipt");
    await shop.publish();
    server = await startServer(shop.dataFolder, {
      storefrontFolder: STOREFRONT,
      isDemo: true,
      env: sandbox.env,
    });
    await sandbox.tell(server);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await shop?.remove();
    await sandbox?.close();
  });

  it("are not mixed: in Chinese no English word is left but names, wherever one goes", async () => {
    const open = await openStorefront(browser, server.url, { locale: "zh-CN" });
    expect(await open.page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
    await walk(open, async (where) => {
      const texts = await readAll(open);
      expect({ where, english: findEnglish(texts) }).toEqual({ where, english: [] });
    });
    expect(open.complaints).toEqual([]);
    await open.close();
  });

  it("are not mixed in English either, of a browser that prefers another language still", async () => {
    const open = await openStorefront(browser, server.url, { locale: "de-DE" });
    expect(await open.page.evaluate(() => document.documentElement.lang)).toBe("en");
    await walk(open, async (where) => {
      const texts = (await readAll(open)).filter((text) => text !== "满300减50");
      expect({ where, chinese: findChinese(texts) }).toEqual({ where, chinese: [] });
    });
    await open.close();
  });

  it("are switched in place, with the cart as it is, and remembered", async () => {
    const open = await openStorefront(browser, server.url, { locale: "en-GB" });
    const { page, at, text, parity } = open;
    await parity("equal");
    await at("quantity", "trail-runner").fill("3");
    const total = await text("total");
    await at("language-zh-CN").check({ force: true });
    expect(await at("quantity", "trail-runner").inputValue()).toBe("3");
    expect(await text("total")).toBe(total);
    await parity("equal");
    expect(findEnglish(await readAll(open))).toEqual([]);
    await page.reload();
    await parity("equal");
    expect(await page.title()).toBe("Haggle：价格可以验证的商店");
    await at("language-en").check({ force: true });
    await parity("equal");
    expect(findChinese(await readAll(open))).toEqual([]);
    await open.close();
  });
});
