import type { Cart } from "@haggle/sdk";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { type ClientFront, serveClientPage } from "../support/client-front.ts";
import type { ClientPage } from "../support/client-page.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// What pages of a real browser keep, though they begin at one moment, have no room for a while, or are offline for one.

declare const page: ClientPage;

const MINUTE_MS = 60_000;

describe.skipIf(SKIPS_BROWSER)("pages of one browser", () => {
  let browser: Browser;
  let shop: Shop;
  let server: TestServer;
  let front: ClientFront;
  let context: BrowserContext;
  let root: string;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    shop = await createShop();
    await shop.publish();
    server = await startServer(shop.dataFolder);
    await until(async () => (await server.ready()).channel?.version === 1);
    front = await serveClientPage(server.url);
    context = await browser.newContext();
    root = new TextDecoder().decode(shop.root.bytes);
  });
  afterEach(async () => {
    await context.close();
    await front.close();
    await server.close();
    await shop.remove();
  });

  async function load(path = "/"): Promise<Page> {
    const tab = await context.newPage();
    await tab.goto(front.url + path);
    await loaded(tab);
    return tab;
  }

  const loaded = (tab: Page) => tab.waitForFunction(() => typeof page === "object");

  async function open(tab: Page, pollMs = 600_000, tabs = true): Promise<string | undefined> {
    await tab.evaluate(([given, ms, joins]) => page.open(given, undefined, "", ms, joins), [
      root,
      pollMs,
      tabs,
    ] as const);
    return tab.evaluate(() => page.ready());
  }

  const versionIn = async (tab: Page) => (await tab.evaluate(() => page.look())).version;

  const waitingFor = (tab: Page, lock: string) => tab.evaluate((name) => page.waiting(name), lock);

  async function publishArms(): Promise<void> {
    const [one, two] = [await shop.publish(), await shop.publish({ version: 2, rules: [SHOES] })];
    const seed = two.release.sha256;
    const arms = [
      { release: one.release.sha256, range: [0, 5_000] as [number, number], seed },
      { release: seed, range: [5_000, 10_000] as [number, number], seed },
    ];
    await shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, arms } });
    await until(async () => (await server.ready()).channel?.version === 3);
  }

  it("that begin at one moment are one shopper, whose unit one of them asks for", async () => {
    await publishArms();
    const tabs = [await load(), await load(), await load()];
    front.holds = "/v1/assignments";
    const opening = tabs.map((tab) => open(tab));
    // All of them want it: those that do not ask wait for the one that does.
    await until(
      async () => front.held.length + (await waitingFor(tabs[0]!, "haggle-assignment/stable")) >= tabs.length,
    );
    front.holds = undefined;
    for (const answer of front.held) answer();
    await Promise.all(opening);
    const units = await Promise.all(tabs.map((tab) => tab.evaluate(() => page.unit())));
    const kept = await tabs[0]!.evaluate(() => page.keptUnit());
    expect([new Set(units), kept]).toEqual([new Set([kept]), expect.stringMatching(/./)]);
    // A browser may show a tab what another one has stored a moment late: such a tab asks too, and takes what is stored all the same.
    expect(front.asked.filter((path) => path === "/v1/assignments").length).toBeLessThan(tabs.length);
  });

  it("remember what each of them was given, at whatever moment", async () => {
    const tabs = [await load(), await load()];
    const names = tabs.map((_, tab) => Array.from({ length: 150 }, (_, i) => `experiment-${tab}-${i}`));
    await Promise.all(tabs.map((tab, i) => tab.evaluate((given) => page.stick(given), names[i]!)));
    const third = await load();
    await until(async () => (await third.evaluate((given) => page.stuck(given), names.flat())) === 300);
  });

  it("store nothing over what another of them has stored meanwhile", async () => {
    const [slow, quick, last] = [await load(), await load(), await load()];
    await open(slow, MINUTE_MS, false);
    await until(() => front.streams.size === 1);
    await slow.evaluate(() => page.stallSave());
    await shop.publish({ version: 2, rules: [SHOES] });
    await until(() => slow.evaluate(() => page.isStalled()));
    // It hears of nothing more: with what comes along with an event it would go on without a network.
    front.holds = "/v1/channels/stable/events";
    for (const stream of front.streams) stream.destroy();
    await shop.publish({ version: 3 });
    await until(async () => (await server.ready()).channel?.version === 3);
    await quick.evaluate((given) => page.open(given, undefined, "", undefined, false), root);
    // It has the newer one, and has kept it, or waits until the slow one has kept its own.
    await until(async () => (await versionIn(quick)) === 3 || (await waitingFor(quick, "haggle/stable")) > 0);
    front.isOffline = true;
    await slow.evaluate(() => page.release());
    await until(async () => (await versionIn(slow)) === 2 && (await versionIn(quick)) === 3);
    await open(last, MINUTE_MS, false);
    expect(await versionIn(last)).toBe(3);
  });

  it("keep their release when there is room again", async () => {
    const tab = await context.newPage();
    await tab.clock.install();
    await tab.goto(front.url);
    await loaded(tab);
    const devtools = await context.newCDPSession(tab);
    const override = (quotaSize?: number) =>
      devtools.send("Storage.overrideQuotaForOrigin", {
        origin: front.url,
        ...(quotaSize !== undefined && { quotaSize }),
      });
    await override(1);
    expect(await open(tab)).toBeUndefined();
    expect((await tab.evaluate(() => page.look())).told).toContain("CLIENT_STATE");
    await tab.clock.fastForward(MINUTE_MS);
    await override();
    front.isOffline = true;
    await until(async () => {
      // Twice as long after the try that failed, whenever it has.
      await tab.clock.fastForward(2 * MINUTE_MS);
      const next = await load();
      await open(next);
      const { version, restored } = await next.evaluate(() => page.look());
      await next.close();
      return version === 1 && restored === true;
    });
    expect(
      (await tab.evaluate(() => page.look())).told.filter((code) => code === "CLIENT_STATE"),
    ).toHaveLength(1);
  });

  it("have the server's price at once when they are online again", async () => {
    const tab = await context.newPage();
    await tab.clock.install();
    await tab.goto(`${front.url}/blocked`);
    await loaded(tab);
    expect(await open(tab)).toBe("ENGINE_WASM_BLOCKED");
    await tab.evaluate((cart) => page.openCart(cart), makeCart() as Cart);
    const look = () => tab.evaluate(() => page.lookAtCart());
    await until(async () => (await look()).total === 31_000);
    await context.setOffline(true);
    // From here on no clock runs but when it is told to.
    await tab.clock.pauseAt(Date.now() + MINUTE_MS);
    await tab.evaluate(() => page.changeCart(1));
    await tab.clock.runFor(20);
    await until(async () => (await look()).failure !== undefined);
    expect(await look()).toEqual({ total: 31_000, pending: true, failure: "CLIENT_NETWORK" });
    await context.setOffline(false);
    await until(async () => !(await look()).pending);
    expect(await look()).toEqual({ total: 18_000, pending: false, failure: undefined });
  });
});
