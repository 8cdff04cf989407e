import axe from "axe-core";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { startPaymentsSandbox } from "../support/payments-sandbox.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { buildStorefront, openStorefront, STOREFRONT, type Storefront } from "../support/storefront-page.ts";

// The storefront for everybody: by axe-core in all its main states, by keyboard, on a narrow phone, in both languages and schemes.

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** CSS pixels, by WCAG 2.2 (2.5.8). */
const TARGET_PX = 24;
const PHONE = { width: 360, height: 740 };

const LOOKS: [name: string, options: BrowserContextOptions][] = [
  ["light, English", { colorScheme: "light", locale: "en-GB" }],
  ["dark, English, on a phone", { colorScheme: "dark", locale: "en-US", viewport: PHONE }],
  ["dark, Chinese", { colorScheme: "dark", locale: "zh-CN" }],
  ["light, Chinese, on a phone", { colorScheme: "light", locale: "zh-CN", viewport: PHONE }],
];

let browser: Browser;
let sandbox: Awaited<ReturnType<typeof startPaymentsSandbox>>;
let shop: Shop;
let server: TestServer;
/** The newest version of the channel. */
let published = 1;

type Found = { id: string; nodes: string[] };
type Axe = {
  run(
    what: object,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
};

/** What axe finds wrong with the page as it is now. */
async function findViolations({ page }: Storefront): Promise<Found[]> {
  // A price that is being changed fades in, and so would its contrast. One that another takes the place of is over as well.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished)),
  );
  return page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values } });
    return violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
    }));
  }, TAGS);
}

/** What is wider than the window, and what is too small to be hit and not in a sentence. */
async function findNarrow({ page }: Storefront): Promise<{ overflow: number; small: string[] }> {
  return page.evaluate((least) => {
    const shown = [...document.querySelectorAll<HTMLElement>("button, input, select, a, [role=button]")]
      .map((element) => element.closest("label") ?? element)
      .filter((element) => element.checkVisibility() && !element.matches(".skip"));
    const small = shown.filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width < least || height < least;
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    return {
      overflow: scrollWidth - clientWidth,
      small: small.map(({ outerHTML }) => outerHTML.slice(0, 120)),
    };
  }, TARGET_PX);
}

/** The release without the 50 off, for a tenth of all units or for nobody. */
async function roll(isOn: boolean): Promise<void> {
  const { release: stable } = await shop.sign();
  const { release } = await shop.sign({ rules: [SHOES] });
  await shop.write(`releases/${release.sha256}.json`, release.bytes);
  const seed = "a-seed";
  const arms = [
    { release: stable.sha256, range: [0, 9_000] as [number, number], seed },
    { release: release.sha256, range: [9_000, 10_000] as [number, number], seed },
  ];
  const whole = [{ release: stable.sha256, range: [0, 10_000] as [number, number], seed }];
  published += 1;
  const { channel } = await shop.sign({ version: published, channel: { arms: isOn ? arms : whole } });
  await shop.write("channels/stable.json", channel.bytes);
}

async function open(options: BrowserContextOptions): Promise<Storefront> {
  const opened = await openStorefront(browser, server.url, options);
  await opened.parity("equal");
  // By the debugger, as the page's own policy lets nobody in.
  await opened.page.evaluate(axe.source);
  return opened;
}

describe.skipIf(SKIPS_BROWSER)("the storefront for everybody", () => {
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

  it.each(LOOKS)("has nothing that axe finds in its main states: %s", async (_name, options) => {
    const opened = await open(options);
    const { at, parity, state } = opened;
    const check = async (where: string) => {
      expect({ where, violations: await findViolations(opened) }).toEqual({ where, violations: [] });
      expect({ where, ...(await findNarrow(opened)) }).toEqual({ where, overflow: 0, small: [] });
    };
    await check("priced");
    await at("quantity", "trail-runner").fill("1.5");
    await parity("refused");
    await check("refused");
    await at("quantity", "trail-runner").fill("3");
    await parity("equal");
    await at("quote").click();
    await state("receipt-state", "equal");
    await check("with a receipt");
    await at("forge").check();
    await state("receipt-state", "differs");
    await check("with a forged receipt");
    await at("cut").check();
    await state("network", "cut");
    await parity("offline");
    await check("cut off");
    await at("cut").uncheck();
    await parity("equal");
    await at("buy").click();
    await state("order-state", "awaiting_payment");
    await check("ordered");
    await at("pay").click();
    await state("order-state", "paid");
    await at("ship").click();
    await state("order-state", "shipped");
    await check("sent off");
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  describe("while a rollout runs", () => {
    beforeAll(() => roll(true));
    afterAll(() => roll(false));

    it.each(LOOKS)("has a switch between its sides that axe finds nothing in: %s", async (_name, options) => {
      const opened = await open(options);
      const { at, page, parity, state, text } = opened;
      const check = async (where: string) => {
        // The switch itself is in what is looked at, and as wide as the page lets it be.
        expect(await at("side-canary").isEnabled()).toBe(true);
        expect({ where, violations: await findViolations(opened) }).toEqual({ where, violations: [] });
        expect({ where, ...(await findNarrow(opened)) }).toEqual({ where, overflow: 0, small: [] });
      };
      await at("sides").waitFor({ state: "visible" });
      for (const side of ["canary", "stable"]) {
        await at(`side-${side}`).check({ force: true });
        await state("side", side);
        await parity("equal");
        await check(side);
      }
      // The demo's server is gone for who wants to be the other one.
      await page.route("**/demo/shoppers", (route) => route.abort());
      const told = await text("side-note");
      await at("side-canary").click({ force: true });
      await expect.poll(() => text("side-note")).not.toBe(told);
      await check("cannot be switched");
      await opened.close();
    });
  });

  it("is reached and worked by keyboard alone", async () => {
    const { page, at, text, close } = await open({});
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid") ?? "");
    const seen: string[] = [];
    for (let steps = 0; steps < 60 && !seen.includes("buy"); steps += 1) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    for (const id of ["language-en", "cut", "quote", "add", "quantity", "coupon", "buy"]) {
      expect(seen).toContain(id);
    }
    await at("cut").focus();
    await page.keyboard.press("Space");
    expect(await at("cut").isChecked()).toBe(true);
    await page.keyboard.press("Space");
    await at("language-en").focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
    expect(await focused()).toBe("language-zh-CN");
    expect(await text("buy")).toBe("购买");
    await close();
  });
});
