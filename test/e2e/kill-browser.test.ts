import type { Cart } from "@haggle/sdk";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { type ClientFront, serveClientPage } from "../support/client-front.ts";
import type { ClientPage } from "../support/client-page.ts";
import { type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { makeCart } from "../support/release.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// A kill in shops' pages that are open: of several shoppers, each with two tabs, of which one has the connection.

declare const page: ClientPage;

const SHOPPERS = 2;
const TABS_EACH = 2;
/** A second is promised on a machine that has nothing else to do. A page that only polls would come ten minutes later. */
const LIMIT_MS = 20_000;
const CART = makeCart() as Cart;
const TOTAL = 31_000;

describe.skipIf(SKIPS_BROWSER)("pages that are open when a release is killed", () => {
  let browser: Browser;
  let world: RolloutWorld;
  let server: ServerProcess;
  let front: ClientFront;
  let shoppers: BrowserContext[];
  let tabs: Page[];

  beforeAll(async () => {
    browser = await launchBrowser();
    world = await createRolloutWorld();
    server = await startServerProcess(world.shop);
    front = await serveClientPage(server.url);
    shoppers = await Promise.all(Array.from({ length: SHOPPERS }, () => browser.newContext()));
    tabs = [];
    for (const shopper of shoppers) {
      for (let i = 0; i < TABS_EACH; i++) tabs.push(await open(shopper));
    }
    await until(() => front.streams.size === SHOPPERS);
  });

  afterAll(async () => {
    for (const shopper of shoppers ?? []) await shopper.close();
    await browser?.close();
    await front?.close();
    await server?.stop();
    await world?.close();
  });

  async function open(shopper: BrowserContext): Promise<Page> {
    const tab = await shopper.newPage();
    await tab.goto(front.url);
    await tab.waitForFunction(() => typeof page === "object");
    const root = new TextDecoder().decode(world.shop.root.bytes);
    await tab.evaluate((given) => page.open(given), root);
    await tab.evaluate(() => page.ready());
    return tab;
  }

  /** How long it takes from the request until all of them price so. */
  async function untilAllPrice(
    wanted: number | string,
    act: () => Promise<{ status: number }>,
  ): Promise<number> {
    const beganAt = performance.now();
    const { status } = await act();
    expect(status).toBeLessThan(300);
    await Promise.all(
      tabs.map((tab) =>
        tab.waitForFunction(([cart, total]) => page.price(cart) === total, [CART, wanted] as const, {
          polling: 20,
        }),
      ),
    );
    return performance.now() - beganAt;
  }

  it("stop pricing in time, every one of them, and go on when it is lifted", async () => {
    for (const tab of tabs) expect(await tab.evaluate((cart) => page.price(cart), CART)).toBe(TOTAL);
    const target = { kind: "release", id: world.from, channel: "stable", reason: "it gives too much" };
    const kill = () => server.call("/v1/kills", { ...target, confirm: true });
    expect(await untilAllPrice("ENGINE_RELEASE_OFF", kill)).toBeLessThan(LIMIT_MS);
    const lift = () =>
      server.call(`/v1/kills?${new URLSearchParams(target)}`, undefined, { method: "DELETE" });
    expect(await untilAllPrice(TOTAL, lift)).toBeLessThan(LIMIT_MS);
    // By what the stream brought: nobody had to come again.
    expect(front.streams.size).toBe(SHOPPERS);
  });
});
