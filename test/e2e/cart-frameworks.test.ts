// One store, in pages of React, Vue, Svelte and of nobody.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { createCart, createPriceList } from "@haggle/sdk/cart";
import { build, type Plugin } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { renderToString } from "react-dom/server";
import { compile } from "svelte/compiler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  launchBrowser,
  type PageServer,
  type ServedFile,
  SKIPS_BROWSER,
  servePages,
} from "../support/browser.ts";
import { shopElement } from "../support/cart-pages/react-shop.ts";
import { PARTS } from "../support/cart-pages/shop.ts";
import { buildDemoRules, signTestRelease } from "../support/rules.ts";

const PAGES = join(import.meta.dirname, "../support/cart-pages");

const tenth: Promotion = { id: "tenth", priority: 1, effects: [{ target: "order", percent: "10" }] };
const half: Promotion = { ...tenth, id: "half", effects: [{ target: "order", percent: "50" }] };
const unlocking: Promotion = {
  ...{ id: "more", priority: 0, unlock: true, effects: [{ target: "order", amount: 1 }] },
  conditions: [{ kind: "goodsTotal", value: 300_00 }],
};

describe.skipIf(SKIPS_BROWSER)("a live cart in Chromium", () => {
  let server: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    const built = await buildDemoRules();
    const [first, second] = await Promise.all(
      [tenth, half].map((each) => signTestRelease(built, [each, unlocking])),
    );
    const json = (body: Uint8Array): ServedFile => ({ type: "application/json", body });
    const served: Record<string, ServedFile> = {
      "/bundle.wasm": { type: "application/wasm", body: built.bundle },
      "/root.json": json(built.root.bytes),
      "/release-1.json": json(first!.bytes),
      "/release-2.json": json(second!.bytes),
    };
    const engine = await createEngine({
      bundle: built.bundle,
      root: built.root.bytes,
      release: first!.bytes,
    });
    const stores = { cart: createCart(engine, PARTS), prices: createPriceList(engine, { currency: "EUR" }) };
    const rendered = renderToString(shopElement({ ...stores, commits: [] }));
    for (const name of ["react", "vue", "svelte", "vanilla"]) {
      served[`/${name}.js`] = { type: "text/javascript", body: await bundlePage(name) };
      const body = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><main>${
        name === "react" ? rendered : ""
      }</main><script type="module" src="/${name}.js"></script>`;
      served[`/${name}`] = { type: "text/html", body };
    }
    server = await servePages(served);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(name: string): Promise<Page> {
    const page = await browser.newPage();
    page.on("pageerror", (error) => page.evaluate((text) => shop.errors.push(text), String(error)));
    await page.goto(`${server.url}/${name}`);
    await page.waitForFunction(() => globalThis.shop?.listening() > 0);
    return page;
  }

  const shows = (page: Page, id: string, text: string) =>
    page.waitForFunction(([id, text]) => document.getElementById(id!)?.textContent === text, [id, text]);

  it.each(["react", "vue", "svelte", "vanilla"])("is shown by %s", async (name) => {
    const page = await open(name);
    await shows(page, "total", "18000");
    await shows(page, "price", "4500");
    await page.click("#add");
    await shows(page, "total", "26999");
    await page.evaluate(() => shop.cart.setQuantity("line-1", 1));
    await shows(page, "total", "9000");
    await page.evaluate(() => shop.switchRules());
    await shows(page, "total", "5000");
    await shows(page, "price", "2500");
    await page.evaluate(() => shop.cart.setQuantity("line-1", -1));
    await shows(page, "total", "refused");
    await page.evaluate(() => shop.unmount());
    await page.waitForFunction(() => shop.listening() === 0);
    expect(await page.evaluate(() => shop.errors)).toEqual([]);
    await page.close();
  });

  it("is rendered at the server by React, and taken over without a fault or a second listener", async () => {
    const raw = await (await fetch(`${server.url}/react`)).text();
    expect(raw).toContain('<output id="total">18000</output>');
    expect(raw).toContain('<p id="price">4500</p>');
    const page = await open("react");
    // Checkout and useUnlocks in it, and ten slow parts: strict mode mounts each twice and takes one back.
    await page.waitForFunction(() => shop.listening() === 12);
    await shows(page, "unlock", "more 10000");
    await page.evaluate(() => shop.cart.setQuantity("line-1", 5));
    await shows(page, "unlock", "");
    expect(await page.evaluate(() => [shop.listening(), ...shop.errors])).toEqual([12]);
    await page.close();
  });

  it("never stands on one page with two totals, though it changes while React renders", async () => {
    const page = await open("react");
    await page.waitForFunction(() => shop.listening() === 12);
    await page.evaluate(async () => {
      document.getElementById("go")!.click();
      for (let quantity = 3; quantity < 12; quantity++) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        shop.cart.setQuantity("line-1", quantity);
      }
    });
    await page.waitForFunction(() => document.querySelector(".slow")!.textContent!.endsWith(" 1"));
    const commits = await page.evaluate(() => shop.commits);
    expect(commits.length).toBeGreaterThan(1);
    for (const totals of commits) expect(new Set(totals).size).toBe(1);
    await page.close();
  });
});

async function bundlePage(name: string): Promise<Uint8Array> {
  const bundled = await build({
    entryPoints: [join(PAGES, `${name}.ts`)],
    ...{ bundle: true, write: false, format: "esm", platform: "browser", logLevel: "error" },
    conditions: ["haggle-source", "browser"],
    // Where strict mode does everything twice.
    define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "false" },
    plugins: [svelteFiles],
  });
  return bundled.outputFiles[0]!.contents;
}

const svelteFiles: Plugin = {
  name: "svelte-files",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { contents: compile(source, { filename: path, generate: "client" }).js.code, loader: "js" };
    });
  },
};
