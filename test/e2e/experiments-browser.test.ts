import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, type PageServer, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { createEventWorld, type EventWorld, HALVES } from "../support/experiment-events.ts";
import type { ExperimentsPage } from "../support/experiments-page.ts";
import { makeCart } from "../support/release.ts";
import { until } from "../support/server.ts";

// Experiments in a page of Chromium whose server is of another origin: nothing may need a permission, and nothing is lost when
// the page goes.

declare const page: ExperimentsPage;

describe.skipIf(SKIPS_BROWSER)("a page with experiments", () => {
  let world: EventWorld;
  let server: PageServer;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "../support/experiments-page.ts")],
      conditions: ["haggle-source"],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
    });
    server = await servePages({
      "/": {
        type: "text/html",
        body: '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      },
      "/page.js": { type: "text/javascript", body: outputFiles[0]!.text },
      "/elsewhere": { type: "text/html", body: "<!doctype html><title>Elsewhere</title>" },
    });
    browser = await launchBrowser();
    world = await createEventWorld();
  });

  afterAll(async () => {
    for (const context of contexts) await context.close();
    await browser?.close();
    await server?.close();
    await world?.close();
  });

  async function visit(): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    return context.newPage();
  }

  async function open(tab: Page, consent = true): Promise<void> {
    await tab.goto(server.url);
    const root = new TextDecoder().decode(world.shop.root.bytes);
    await tab.evaluate(([url, root, consent]) => page.open(url, root, consent), [
      world.server.url,
      root,
      consent,
    ] as const);
  }

  async function countUnits(key: string): Promise<number> {
    const path = `/v1/experiments/${key}/results`;
    const { body } = await world.operate<{ variants: { units: number }[] }>(path);
    return body.variants.reduce((sum, { units }) => sum + units, 0);
  }

  const price = (tab: Page) => tab.evaluate((cart) => page.price(cart), makeCart());

  it("tells what was seen as it goes, and is the same shopper when he comes back", async () => {
    const key = await world.run({ unit: "session", variants: HALVES, sticky: true });
    const tab = await visit();
    await open(tab);
    // At a stretch, as what was seen goes a second later.
    const [decision, variant, exposures] = await tab.evaluate(
      ([cart, key]) => [page.price(cart), page.variant(key), page.exposures()] as const,
      [makeCart(), key] as const,
    );
    expect(exposures).toMatchObject({ queued: 1, sent: 0 });
    await tab.goto(`${server.url}/elsewhere`);
    await until(async () => (await countUnits(key)) === 1);
    await open(tab);
    expect([await price(tab), await tab.evaluate((key) => page.variant(key), key)]).toEqual([
      decision,
      variant,
    ]);
    await tab.goto(`${server.url}/elsewhere`);
    const other = await visit();
    await open(other);
    await price(other);
    await other.goto(`${server.url}/elsewhere`);
    // Whoever came back has not become a second one meanwhile.
    await until(async () => (await countUnits(key)) === 2);
  });

  it("keeps and tells nothing before somebody agrees", async () => {
    const key = await world.run({ unit: "session", variants: HALVES });
    const tab = await visit();
    await open(tab, false);
    await price(tab);
    expect([
      await tab.evaluate(() => page.kept()),
      await tab.evaluate(() => page.exposures().queued),
    ]).toEqual([[], 0]);
    await tab.evaluate(() => page.consent(true));
    await price(tab);
    expect(await tab.evaluate(() => page.kept())).toContain("haggle-assignment/stable");
    await tab.evaluate(() => page.consent(false));
    expect(await tab.evaluate(() => page.kept())).toEqual([]);
    await tab.goto(`${server.url}/elsewhere`);
    const sure = await visit();
    await open(sure);
    await price(sure);
    await sure.goto(`${server.url}/elsewhere`);
    await until(async () => (await countUnits(key)) === 1);
  });
});
