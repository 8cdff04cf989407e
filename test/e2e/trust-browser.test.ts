import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  launchBrowser,
  type PageServer,
  type ServedFile,
  SKIPS_BROWSER,
  servePages,
} from "../support/browser.ts";
import type { Outcome, TrustPage } from "../support/trust-page.ts";
import { createWorld, HOUR_MS, type World } from "../support/trust-shop.ts";

// A shop's page in Chromium: what it remembers in IndexedDB over reloads, crashes and a full disk.

declare const page: TrustPage;

const POLICY = "default-src 'none'; connect-src 'self'; script-src 'self'";
const pageUnder = (policy: string): ServedFile => ({
  type: "text/html",
  body: `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<meta http-equiv="content-security-policy" content="${policy}"><script type="module" src="/page.js"></script>`,
});
const DISCOUNTED = 35_000;

describe.skipIf(SKIPS_BROWSER)("a page in Chromium", () => {
  const served: Record<string, ServedFile> = {};
  let world: World;
  let releaseSha256: string;
  let server: PageServer;
  let browser: Browser;
  let context: BrowserContext;
  let tab: Page;

  beforeAll(async () => {
    served["/"] = pageUnder(`${POLICY} 'wasm-unsafe-eval'`);
    served["/blocked"] = pageUnder(POLICY);
    served["/page.js"] = { type: "text/javascript", body: await bundlePage() };
    server = await servePages(served);
    browser = await launchBrowser();
    world = await createWorld();
    const now = Date.now();
    const times = { issued: now - HOUR_MS, expires: now + 48 * HOUR_MS };
    world.root = await world.put.root(times);
    releaseSha256 = (await world.put.release(times)).sha256;
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    tab = await open("/");
  });

  afterEach(() => context.close());

  async function open(path: string): Promise<Page> {
    const opened = await context.newPage();
    await opened.goto(server.url + path);
    await opened.waitForFunction(() => typeof page === "object");
    return opened;
  }

  /** What the CDN has from now on. */
  async function publish(version: number): Promise<void> {
    const now = Date.now();
    await world.put.channel(releaseSha256, { version, issued: now - 1_000, expires: now + HOUR_MS });
    withdraw();
    for (const [path, body] of world.files)
      served[`/cdn/${path}`] = { type: "application/octet-stream", body };
  }

  function withdraw(): void {
    for (const path of Object.keys(served)) if (path.startsWith("/cdn/")) delete served[path];
  }

  function start(where = tab): Promise<Outcome> {
    const root = new TextDecoder().decode(world.root.bytes);
    return where.evaluate((given) => page.start(given), { channel: "stable", root });
  }

  const load = (where = tab) => where.evaluate(() => page.load("stable"));
  const save = (number: number) => tab.evaluate((given) => page.save("stable", given), number);

  it("starts with what it had when it is loaded again without a network", async () => {
    await publish(3);
    expect(await start()).toEqual({ version: 3, restored: false, total: DISCOUNTED, told: [] });
    withdraw();
    await tab.reload();
    expect(await start()).toEqual({
      version: 3,
      restored: true,
      total: DISCOUNTED,
      told: ["CLIENT_STATUS"],
    });
  });

  it("goes back to nothing older, after a reload and in another tab", async () => {
    await publish(3);
    const other = await open("/");
    await start();
    await publish(2);
    await tab.reload();
    const refused = { version: 3, restored: true, total: DISCOUNTED, told: ["! DOCUMENT_ROLLBACK"] };
    expect(await start()).toEqual(refused);
    expect(await start(other)).toEqual(refused);
  });

  it("without a memory believes an older document, which is what `minRelease` and short lives are for", async () => {
    await publish(2);
    expect(await start()).toMatchObject({ version: 2, told: [] });
  });

  it("tells that its policy blocks WebAssembly", async () => {
    await publish(1);
    expect(await start(await open("/blocked"))).toEqual({
      code: "ENGINE_WASM_BLOCKED",
      told: ["ENGINE_WASM_BLOCKED"],
    });
    // And what another page of the shop has stored is not started either, nor called damaged.
    await start();
    expect(await start(await open("/blocked"))).toEqual({
      code: "ENGINE_WASM_BLOCKED",
      told: ["ENGINE_WASM_BLOCKED"],
    });
  });

  it("keeps a state over a reload, each channel its own", async () => {
    expect(await load()).toBe("nothing");
    expect(await save(1)).toBe("saved");
    expect(await save(2)).toBe("saved");
    await tab.reload();
    expect(await load()).toBe(2);
    expect(await tab.evaluate(() => page.load("preview"))).toBe("nothing");
  });

  it("keeps the old state when a transaction is given up", async () => {
    await save(1);
    await tab.evaluate(() => page.abortWrites());
    expect(await save(2)).toBe("CLIENT_STATE");
    expect(await load()).toBe(1);
  });

  it("counts nothing that there is no room to remember", async () => {
    const session = await context.newCDPSession(tab);
    await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 1 });
    expect(await save(1)).toBe("CLIENT_STATE");
    await publish(1);
    expect(await start()).toEqual({ code: "CLIENT_STATE", told: ["CLIENT_STATE"] });
  });

  it("has the old state or the new one, whole, when its tab is closed while it saves", async () => {
    const watcher = await open("/");
    /** Each of these may be there. What was on its way when its tab was closed may come behind the first look. */
    let possible: (number | string)[] = ["nothing"];
    for (let number = 1; number <= 10; number++) {
      const doomed = await open("/");
      const saving = doomed.evaluate((given) => page.save("stable", given), number).catch(() => {});
      // Some saves are told before the end, some are not.
      const isTold = number % 3 === 0;
      if (isTold) await saving;
      await doomed.close();
      possible = isTold ? [number] : [...possible, number];
      const found = await load(watcher);
      expect(possible).toContain(found);
      // Nothing comes behind what came after it.
      possible = possible.slice(possible.indexOf(found));
    }
  });

  it("leaves aside what is no state", async () => {
    await save(1);
    for (const value of [null, 1, "state", [], {}, { roots: [] }, { roots: ["AQ=="], channel: "AQ==" }]) {
      await tab.evaluate((given) => page.put("stable", given), value);
      expect(await load()).toBe("CLIENT_STATE_DAMAGED");
    }
    await publish(1);
    expect(await start()).toMatchObject({ version: 1, restored: false, told: ["CLIENT_STATE_DAMAGED"] });
    await tab.reload();
    expect(await start()).toMatchObject({ version: 1, told: [] });
  });
});

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL("../support/trust-page.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "chrome137",
    conditions: ["haggle-source"],
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}
