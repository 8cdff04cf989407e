import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { sellOnPage } from "../support/demo-page.ts";
import { serveUnderPolicy } from "../support/policy-proxy.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// The demo page under the server's own content security policy, and under one that forbids WebAssembly.

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

type Violation = { directive: string; blocked: string };

let browser: Browser;
let shop: Shop;
let server: TestServer;
let page: Page;
let complaints: string[];

describe.skipIf(SKIPS_BROWSER)("the content security policy", () => {
  beforeAll(async () => {
    const script = join(REPO, "scripts/build-storefront.ts");
    execFileSync(process.execPath, ["--conditions=haggle-source", script]);
    browser = await launchBrowser();
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    shop = await createShop();
    await shop.publish();
    server = await startServer(shop.dataFolder, { storefrontFolder: join(REPO, "server/dist/storefront") });
    await sellOnPage(server);
    page = await browser.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    await page.addInitScript(() => {
      const seen: Violation[] = [];
      Object.assign(globalThis, { seenViolations: seen });
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
        seen.push({ directive: effectiveDirective, blocked: blockedURI });
      });
    });
  });

  afterEach(async () => {
    await page.close();
    await server.close();
    await shop.remove();
  });

  const text = (id: string) => page.locator(`[data-testid="${id}"]`).textContent();
  const parity = (state: string) => page.waitForSelector(`[data-testid="parity"][data-state="${state}"]`);
  const violations = () =>
    page.evaluate(() => (globalThis as unknown as { seenViolations: Violation[] }).seenViolations);

  it("of the server lets the page do all that it does, and is never violated", async () => {
    await page.goto(server.url);
    await parity("equal");
    await page.locator('[data-testid="quantity"][data-sku="trail-runner"]').fill("3");
    await parity("equal");
    const { release } = await shop.publish({ version: 2, rules: [SHOES] });
    await page.waitForSelector(`[data-testid="release"][data-release="${release.sha256}"]`);
    await parity("equal");
    expect(await violations()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("of the server stops what a hostile text would do", async () => {
    await page.goto(server.url);
    await parity("equal");
    const outcome = await page.evaluate(async () => {
      const attempt = async (act: () => unknown): Promise<string> => {
        try {
          await act();
          return "done";
        } catch (error) {
          return (error as Error).name;
        }
      };
      const element = document.createElement("script");
      return [
        await attempt(() => {
          document.body.innerHTML = "<b>text</b>";
        }),
        await attempt(() => {
          element.textContent = "globalThis.ran = true";
        }),
        await attempt(() => fetch("http://127.0.0.1:1/basket")),
      ];
    });
    expect(outcome).toEqual(["TypeError", "TypeError", "TypeError"]);
    const directives = (await violations()).map(({ directive }) => directive);
    expect(directives).toEqual(["require-trusted-types-for", "require-trusted-types-for", "connect-src"]);
  });

  describe("without 'wasm-unsafe-eval'", () => {
    let strict: { url: string; close(): Promise<void> };

    beforeEach(async () => {
      const policy = (await server.get("/")).headers.get("content-security-policy")!;
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      strict = await serveUnderPolicy(server.url, policy.replace(" 'wasm-unsafe-eval'", ""));
      await page.goto(strict.url);
    });

    afterEach(() => strict.close());

    it("the page says why, and shows the server's prices", async () => {
      await parity("served");
      const fallback = page.locator('[data-testid="fallback"]');
      expect(await fallback.textContent()).toMatch(/the server prices your cart.*'wasm-unsafe-eval'/);
      expect(await fallback.getAttribute("title")).toMatch(/^ENGINE_WASM_BLOCKED: /);
      expect(await text("local-total")).toBe("–");

      await page.locator('[data-testid="quantity"][data-sku="trail-runner"]').fill("3");
      // Three at 129.00 and three pairs of socks at 19.90.
      await until(async () => (await text("subtotal")) === "¥446.70");
      await parity("served");
      expect(await text("total")).toBe(await text("server-total"));
      const line = page.locator('[data-testid="line"][data-sku="trail-runner"]');
      const shares = await line.locator('[data-testid="share"]').allTextContents();
      expect(shares[0]).toMatch(/^Shoes 10 percent.*−¥/);
      expect(await violations()).toContainEqual({ directive: "script-src", blocked: "wasm-eval" });
    });

    it("a cart that the server refuses is refused in the page", async () => {
      await parity("served");
      await page.locator('[data-testid="quantity"][data-sku="trail-runner"]').fill("1.5");
      await page.locator('[data-testid="refusal"]').waitFor({ state: "visible" });
      expect(await text("refusal")).toBe("An integer is needed; amounts are in minor units");
      expect(await text("total")).toBe("–");
    });

    it("no price is shown that nobody made", async () => {
      await parity("served");
      await server.close();
      await page.locator('[data-testid="quantity"][data-sku="trail-runner"]').fill("2");
      await parity("offline");
      expect(await text("total")).toBe("–");
      server = await startServer(shop.dataFolder);
    });
  });
});
