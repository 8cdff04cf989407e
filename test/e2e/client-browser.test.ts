import type { Cart } from "@haggle/sdk";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { toAsked } from "../../sdk/src/client/ask-server.ts";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { type ClientFront, serveClientPage } from "../support/client-front.ts";
import type { ClientPage } from "../support/client-page.ts";
import { browserCart, createQuoteWorld, line } from "../support/quotes.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// The client in pages of a real browser, with its defaults: what it keeps, what its tabs share, what stops it.

declare const page: ClientPage;

const CART = makeCart() as Cart;
const TOTAL = 31_000;
const BUG = "a bug of the page";

describe.skipIf(SKIPS_BROWSER)("a client in a page", () => {
  let browser: Browser;
  let shop: Shop;
  let server: TestServer;
  let front: ClientFront;
  let context: BrowserContext;
  let root: string;
  let bugs: string[];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    shop = await createShop();
    await shop.publish();
    server = await startServer(shop.dataFolder);
    await until(async () => (await server.get("/v1/channels/stable")).ok);
    front = await serveClientPage(server.url);
    context = await browser.newContext();
    root = new TextDecoder().decode(shop.root.bytes);
    bugs = [];
  });
  afterEach(async () => {
    await context.close();
    await front.close();
    await server.close();
    await shop.remove();
  });

  async function load(path = "/"): Promise<Page> {
    const tab = await context.newPage();
    tab.on("pageerror", ({ message }) => bugs.push(message));
    await tab.goto(front.url + path);
    await tab.waitForFunction(() => typeof page === "object");
    return tab;
  }

  /** Ready, and past its first look. */
  async function open(path = "/"): Promise<Page> {
    const tab = await load(path);
    await start(tab);
    return tab;
  }

  async function start(tab: Page, pollMs?: number): Promise<string | undefined> {
    await tab.evaluate(([given, ms]) => page.open(given, undefined, "", ms), [root, pollMs] as const);
    return tab.evaluate(() => page.ready());
  }

  const look = (tab: Page) => tab.evaluate(() => page.look());
  const price = (tab: Page) => tab.evaluate((cart) => page.price(cart), CART);
  const streamsAre = (count: number) => until(() => front.streams.size === count);
  const hide = (tab: Page, isHidden: boolean) => tab.evaluate((given) => page.hide(given), isHidden);

  it("tells a bug of a listener to the page, and the next listener all the same", async () => {
    const tab = await open();
    expect((await look(tab)).told).toContain("update 1");
    await until(() => bugs.length > 0);
    expect(new Set(bugs)).toEqual(new Set([BUG]));
  });

  it("is left in the middle of a look, whoever shops by then, and nothing is unheard", async () => {
    const [one, two] = [await shop.publish(), await shop.publish({ version: 2, rules: [SHOES] })];
    const seed = two.release.sha256;
    const arms = [
      { release: one.release.sha256, range: [0, 5_000] as [number, number], seed },
      { release: seed, range: [5_000, 10_000] as [number, number], seed },
    ];
    await shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, arms } });
    await until(async () => (await server.ready()).channel?.version === 3);
    const tab = await open();
    expect(await tab.evaluate(() => page.leave())).toEqual(["CLIENT_CLOSED", "CLIENT_CLOSED"]);
    // Time for what nobody heard.
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect(new Set(bugs)).toEqual(new Set([BUG]));
  });

  it("starts without a network with what the last page kept", async () => {
    const tab = await open();
    expect(await price(tab)).toBe(TOTAL);
    front.isOffline = true;
    await tab.reload();
    await tab.waitForFunction(() => typeof page === "object");
    expect(await start(tab)).toBeUndefined();
    expect(await look(tab)).toMatchObject({ version: 1, restored: true });
    expect(await price(tab)).toBe(TOTAL);
    await until(async () => (await look(tab)).told.includes("CLIENT_NETWORK"));
  });

  it("prices where it may keep nothing", async () => {
    const tab = await load();
    const session = await context.newCDPSession(tab);
    await session.send("Storage.overrideQuotaForOrigin", { origin: front.url, quotaSize: 1 });
    expect(await start(tab)).toBeUndefined();
    expect(await price(tab)).toBe(TOTAL);
    expect((await look(tab)).told).toEqual(["CLIENT_STATE", "update 1"]);
  });

  it("prices by what was written into the page, before anybody answers", async () => {
    const snapshot = await (await open()).evaluate(() => page.snapshot());
    const other = await browser.newContext();
    const tab = await other.newPage();
    await tab.goto(front.url);
    await tab.waitForFunction(() => typeof page === "object");
    front.isOffline = true;
    await tab.evaluate(([given, bootstrap]) => page.open(given, bootstrap), [root, snapshot] as const);
    expect(await tab.evaluate(() => page.ready())).toBeUndefined();
    expect(await price(tab)).toBe(TOTAL);
    expect(await look(tab)).toMatchObject({ version: 1, restored: true });
    await other.close();
  });

  describe("behind somebody who had its CDN for a minute, and had it kept for a year", () => {
    it("asks again what changes, whatever the browser has kept of it", async () => {
      // Nor is there a stream that tells of anything newer: its path begins like this too.
      const { channel } = await shop.publish({ channel: { version: 2 } });
      front.poison.set("/v1/channels/", channel.bytes);
      const tab = await open();
      expect(await look(tab)).toMatchObject({ version: 2 });
      await shop.publish({ channel: { version: 3 } });
      await until(async () => (await server.ready()).channel?.version === 3);
      front.poison.clear();
      expect(await tab.evaluate(() => page.refresh())).toBeUndefined();
      expect(await look(tab)).toMatchObject({ version: 3 });
      front.poison.set("/v1/roots/", "<html>");
      expect(await tab.evaluate(() => page.refresh())).toBeDefined();
      front.poison.clear();
      expect(await tab.evaluate(() => page.refresh())).toBeUndefined();
    });

    it("asks again what never changes, where what it has is not that", async () => {
      front.poison.set("/v1/bundles/", "junk");
      const tab = await load();
      expect(await start(tab)).toBeDefined();
      front.poison.clear();
      expect(await tab.evaluate(() => page.refresh())).toBeUndefined();
      expect(await price(tab)).toBe(TOTAL);
    });
  });

  it("says that its policy blocks the rules, and has the server's prices", async () => {
    const tab = await load("/blocked");
    expect(await start(tab)).toBe("ENGINE_WASM_BLOCKED");
    expect(await look(tab)).toMatchObject({ fallback: "ENGINE_WASM_BLOCKED", told: ["ENGINE_WASM_BLOCKED"] });
    expect(await price(tab)).toBe("CLIENT_NO_RELEASE");
    const decided = await tab.evaluate((cart) => page.decide(cart), CART);
    expect(decided).toEqual({ source: "server", total: TOTAL });
  });

  it("says the same where the browser has no WebAssembly at all", async () => {
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    const tab = await load();
    expect(await start(tab)).toBe("ENGINE_WASM_BLOCKED");
    const decided = await tab.evaluate((cart) => page.decide(cart), CART);
    expect(decided).toEqual({ source: "server", total: TOTAL });
  });

  it("has prices of a server elsewhere, which names the page's origin, and reads its refusals", async () => {
    const tab = await load("/elsewhere");
    const elsewhere = await startServer(shop.dataFolder, { env: { HAGGLE_ORIGINS: front.url } });
    try {
      const { url } = elsewhere;
      await until(async () => (await elsewhere.get("/v1/channels/stable")).ok);
      await tab.evaluate(([given, at]) => page.open(given, undefined, at), [root, url] as const);
      expect(await tab.evaluate(() => page.ready())).toBe("ENGINE_WASM_BLOCKED");
      const decided = await tab.evaluate((cart) => page.decide(cart), CART);
      expect(decided).toEqual({ source: "server", total: TOTAL });
      // It is no shop, and says so where the page can read it.
      expect(await tab.evaluate((cart) => page.quote(cart), CART)).toMatch(/^(QUOTE|SERVER|CART)_/);
      expect(await tab.evaluate(([at, cart]) => page.askArm(at, cart), [url, CART] as const)).toBe("stable");
    } finally {
      await elsewhere.close();
    }
  });

  it("has the quotes of a server elsewhere, which it keeps to by its pin", async () => {
    const world = await createQuoteWorld({ env: { HAGGLE_ORIGINS: front.url } });
    try {
      const cart = browserCart([line("1", "runner-42", 2), line("2", "book-1")]);
      const tab = await load("/elsewhere");
      const given = [new TextDecoder().decode(world.shop.root.bytes), world.server.url] as const;
      await tab.evaluate(([root, at]) => page.open(root, undefined, at), given);
      expect(await tab.evaluate(() => page.ready())).toBe("ENGINE_WASM_BLOCKED");
      const quote = () => tab.evaluate((cart) => page.quote(cart, "DE"), cart);
      const first = await quote();
      const { body } = await world.quote({ currency: "EUR", region: "DE", lines: toAsked(cart).lines });
      expect(first).toEqual({ total: body.quote.total, isSame: false });
      // The second sends a pin, which the server's list of headers has to allow.
      expect(await quote()).toEqual(first);
    } finally {
      await world.close();
    }
  });

  it("has no prices of a server elsewhere that does not name its origin", async () => {
    const tab = await load("/elsewhere");
    await tab.evaluate(([given, at]) => page.open(given, undefined, at), [root, server.url] as const);
    expect(await tab.evaluate(() => page.ready())).toBe("ENGINE_WASM_BLOCKED");
    const decided = await tab.evaluate((cart) => page.decide(cart), CART);
    expect(decided).toEqual({ source: "server", total: "CLIENT_NETWORK" });
  });

  describe("beside others", () => {
    it("shares one connection: what comes by it reaches all, and who has it may go at any time", async () => {
      const leader = await open();
      await streamsAre(1);
      const [second, third] = [await open(), await open()];
      for (const tab of [second, third]) await until(async () => (await look(tab)).restored === false);
      const before = front.asked.length;
      const { release } = await shop.publish({ version: 2, rules: [SHOES] });
      for (const tab of [leader, second, third]) await until(async () => (await look(tab)).version === 2);
      expect(front.streams.size).toBe(1);
      // The one had the document by its stream, and the others of that one.
      expect(front.asked.slice(before)).not.toContain("/v1/channels/stable");
      await leader.close();
      await until(() => front.asked.filter((path) => path.endsWith("/events")).length === 2);
      await streamsAre(1);
      const off = { promotions: [], rules: [], releases: [release.sha256] };
      await shop.publish({ version: 2, rules: [SHOES], channel: { version: 3, off } });
      for (const tab of [second, third]) {
        await until(async () => (await price(tab)) === "ENGINE_RELEASE_OFF");
        expect((await look(tab)).told.filter((word) => !word.startsWith("update"))).toEqual([]);
      }
      expect(front.streams.size).toBe(1);
    });

    it("believes nothing that another one says", async () => {
      await open();
      const follower = await open();
      await streamsAre(1);
      const stranger = await load();
      const before = front.asked.length;
      await stranger.evaluate((forged) => page.say({ "channels/stable.json": forged }), '{"payload":""}');
      // It looks by itself.
      await until(() => front.asked.slice(before).includes("/v1/channels/stable"));
      expect(await price(follower)).toBe(TOTAL);
      // And nobody is told of a forgery that nobody was offered.
      expect(new Set((await look(follower)).told)).toEqual(new Set(["update 1"]));
    });

    it("looks again soon where it could not, though another one is up to date", async () => {
      await open();
      await streamsAre(1);
      const [told, patient] = [await load(), await load()];
      front.isOffline = true;
      await start(told);
      await start(patient, 400);
      for (const tab of [told, patient])
        await until(async () => (await look(tab)).told.includes("CLIENT_NETWORK"));
      front.isOffline = false;
      // By its own clock, since the other one hears of nothing new.
      await until(async () => (await look(patient)).restored === false);
      expect((await look(told)).restored).toBe(true);
      await patient.evaluate(() => page.say("nothing"));
      await until(async () => (await look(told)).restored === false);
    });

    it("tells what is wrong with documents of another one when its own are no better", async () => {
      await open();
      const follower = await open();
      await streamsAre(1);
      const stranger = await load();
      const forged = '{"payload":""}';
      front.poison.set("/v1/channels/stable", forged);
      await stranger.evaluate((text) => page.say({ "channels/stable.json": text }), forged);
      await until(async () => (await look(follower)).told.some((word) => word.includes("DOCUMENT_")));
      expect(await price(follower)).toBe(TOTAL);
    });

    it("passes on that there are other experiments, though it has none itself", async () => {
      await open();
      await streamsAre(1);
      const other = await load();
      await other.evaluate(() => page.listen());
      for (const told of ["{}", '{"document":"as signed"}'])
        for (const stream of front.streams) stream.write(`event: experiments\ndata: ${told}\n\n`);
      await until(async () => (await other.evaluate(() => page.said())).includes("experiments"));
      await until(async () => (await other.evaluate(() => page.said())).includes("as signed"));
    });

    it("rests while it is hidden, hands its connection on, and looks at once when it is shown", async () => {
      const first = await open();
      await streamsAre(1);
      await hide(first, true);
      await streamsAre(0);
      const second = await open();
      await streamsAre(1);
      // What the shown one hears the hidden one has too.
      await shop.publish({ version: 2, rules: [SHOES] });
      for (const tab of [second, first]) await until(async () => (await look(tab)).version === 2);
      await hide(second, true);
      await streamsAre(0);
      await shop.publish({ version: 3 });
      await until(async () => (await server.ready()).channel?.version === 3);
      expect((await look(first)).version).toBe(2);
      await hide(first, false);
      await until(async () => (await look(first)).version === 3);
      await streamsAre(1);
    });
  });
});
