import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { sellOnPage } from "../support/demo-page.ts";
import { freePort } from "../support/free-port.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  buildStorefront,
  isKept,
  openStorefront,
  STOREFRONT,
  type Storefront,
} from "../support/storefront-page.ts";

// The storefront without a network: cut by its own switch, and without a server behind it.

const WAIT = { timeout: 20_000 };

let browser: Browser;
let shop: Shop;
let server: TestServer;
let open: Storefront;

describe.skipIf(SKIPS_BROWSER)("the storefront without a network", () => {
  beforeAll(async () => {
    buildStorefront();
    browser = await launchBrowser();
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    shop = await createShop();
    await shop.publish();
    server = await startServer(shop.dataFolder, { storefrontFolder: STOREFRONT, port: await freePort() });
    await sellOnPage(server);
    open = await openStorefront(browser, server.url);
    await open.parity("equal");
  });

  afterEach(async () => {
    await open.close();
    await server.close();
    await shop.remove();
  });

  it("prices on while its switch is off, hears of nothing, and catches up when it is on again", async () => {
    const { at, text, state, parity } = open;
    const release = await at("release").getAttribute("title");
    await at("cut").check();
    await state("network", "cut");
    await parity("offline");
    expect(await text("network-note")).toContain("Cut off");
    await state("verified", "offline");
    const { release: next } = await shop.publish({ version: 2, rules: [SHOES] });
    await at("quantity", "trail-runner").fill("3");
    // By the rules of before: a tenth of the shoes and 50 off.
    expect(await text("subtotal")).toBe("¥446.70");
    expect(await text("discount")).toBe("−¥88.70");
    expect(await at("release").getAttribute("title")).toBe(release);
    await at("cut").uncheck();
    await open.page.waitForSelector(`[data-testid="release"][data-release="${next.sha256}"]`);
    await parity("equal");
    await state("network", "on");
    // 446.70 and 12.00 of delivery, less 88.70; then less 38.70.
    expect(await text("rules-note")).toMatch(/Version 2, since .*from ¥370\.00 to ¥420\.00/);
    expect(open.complaints).toEqual([]);
  });

  it("is loaded again without a server, and prices by the release that it has kept", async () => {
    const { page, at, text, state } = open;
    const release = await at("release").getAttribute("title");
    await isKept(page);
    await server.close();
    await page.reload();
    await state("verified", "offline");
    expect(await at("release").getAttribute("title")).toBe(release);
    await at("quantity", "trail-runner").fill("2");
    expect(await text("subtotal")).toBe("¥317.70");
    expect(await text("discount")).toBe("−¥75.80");
    await open.parity("offline");
    expect(await text("network-note")).toMatch(/^The server does not answer/);
    // It is back under its address, and nobody touches the page.
    const port = Number(new URL(server.url).port);
    server = await startServer(shop.dataFolder, { storefrontFolder: STOREFRONT, port });
    await open.parity("equal");
    await state("network", "on");
  });

  it("is gone where the shop has taken it away, and nothing of it is kept", async () => {
    const { page } = open;
    await isKept(page);
    await server.close();
    const port = Number(new URL(server.url).port);
    server = await startServer(shop.dataFolder, { port });
    // Whoever has waited for four seconds has the page that is kept, and asks again the next time.
    await expect.poll(async () => (await page.reload())?.status(), WAIT).toBe(404);
    const left = () =>
      page.evaluate(async () => {
        const workers = await navigator.serviceWorker.getRegistrations();
        const names = await caches.keys();
        return workers.length + names.filter((name) => name.startsWith("haggle-files")).length;
      });
    await expect.poll(left, WAIT).toBe(0);
  });

  it("goes where the server sends it, whatever is kept", async () => {
    const { page } = open;
    await isKept(page);
    await server.close();
    const port = Number(new URL(server.url).port);
    const elsewhere = createServer((_request, response) => response.end("elsewhere"));
    await once(elsewhere.listen(0, "127.0.0.1"), "listening");
    const target = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    const moved = createServer((_request, response) => response.writeHead(302, { location: target }).end());
    await once(moved.listen(port, "127.0.0.1"), "listening");
    try {
      await page.reload();
      expect(page.url()).toBe(target);
    } finally {
      moved.closeAllConnections();
      elsewhere.closeAllConnections();
      moved.close();
      elsewhere.close();
    }
  });

  it("begins by what is kept where a server takes the question and says nothing", async () => {
    const { page, state, text } = open;
    await isKept(page);
    await server.close();
    const port = Number(new URL(server.url).port);
    const silent = createServer(() => undefined);
    await once(silent.listen(port, "127.0.0.1"), "listening");
    try {
      await page.reload({ waitUntil: "commit" });
      await state("verified", "restored");
      expect(await text("subtotal")).toBe("¥188.70");
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it("stays cut over a reload, as it was left", async () => {
    await open.at("cut").check();
    await open.state("network", "cut");
    await open.page.reload();
    await open.state("network", "cut");
    await open.state("verified", "offline");
    expect(await open.at("cut").isChecked()).toBe(true);
    expect(await open.text("subtotal")).toBe("¥188.70");
  });

  it("keeps the page's files and nothing that anybody was told in confidence", async () => {
    await isKept(open.page);
    const kept = await open.page.evaluate(async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept.sort()).toEqual([
      "/",
      expect.stringMatching(/^\/app-\w+\.js$/),
      expect.stringMatching(/^\/style-\w+\.css$/),
      "/v1/catalogue",
      "/v1/root",
    ]);
  });
});
