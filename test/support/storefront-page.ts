import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

// The demo storefront, open in a browser.

const REPO = join(import.meta.dirname, "../..");

/** Where the built page is. */
export const STOREFRONT = join(REPO, "server/dist/storefront");

export function buildStorefront(): void {
  const script = join(REPO, "scripts/build-storefront.ts");
  execFileSync(process.execPath, ["--conditions=haggle-source", script]);
}

export type Storefront = Awaited<ReturnType<typeof openStorefront>>;

/** In a context of its own. What the page complains of is in `complaints`. */
export async function openStorefront(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Chromium says aloud that a request was answered with 4xx; the page shows it, and the tests look there.
    if (message.type() === "log" || message.text().startsWith("Failed to load resource")) return;
    complaints.push(message.text());
  });
  const at = (id: string, sku?: string) =>
    page.locator(`[data-testid="${id}"]${sku === undefined ? "" : `[data-sku="${sku}"]`}`);
  await page.goto(url);
  return {
    page,
    complaints,
    at,
    text: async (id: string, sku?: string) => (await at(id, sku).textContent()) ?? "",
    /** Waits for what the page says of its price and the server's. */
    parity: (state: string) => waitForState(page, "parity", state, complaints),
    state: (id: string, state: string) => waitForState(page, id, state, complaints),
    close: () => context.close(),
  };
}

/** What it says instead, where that does not come: a slow machine is told from a page that is wrong. */
async function waitForState(page: Page, id: string, state: string, complaints: string[]): Promise<void> {
  await page.waitForSelector(`[data-testid="${id}"][data-state="${state}"]`).catch(async (cause: unknown) => {
    const said = await page.evaluate(() =>
      Array.from(document.querySelectorAll<HTMLElement>("[data-state], [data-digest]"))
        .map(
          ({ id, dataset, textContent }) => `${id || dataset.testid}: ${dataset.state ?? ""} ${textContent}`,
        )
        .map((text) => text.replaceAll(/\s+/g, " ")),
    );
    throw new Error(`#${id} is not ${state}:\n${[...said, ...complaints].join("\n")}`, { cause });
  });
}

/** Until the worker has all of the page's files and is in charge of the next load, and the page what it begins with. */
export async function isKept(page: Page): Promise<void> {
  await page.waitForFunction(async () => {
    const kept = await Promise.all(["/v1/catalogue", "/v1/root"].map((path) => caches.match(path)));
    return !kept.includes(undefined);
  });
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state === "activated") return;
    await new Promise<void>((resolve) => {
      active?.addEventListener("statechange", () => active.state === "activated" && resolve());
    });
  });
}
