import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findChromium } from "../support/browser-path.ts";
import { createTemporaryFolder, startCli } from "../support/cli.ts";
import { sellOnPage } from "../support/demo-page.ts";
import { REPO } from "../support/installed.ts";
import { startServer, type TestServer, until } from "../support/server.ts";
import { skips } from "../support/skips.ts";

// From the save of a rule, while `haggle dev` runs, to the price on a page that is open.

/** Each save is compiled. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const WAIT = { timeout: 60_000 };

const rule = (off: string) => `@promo(name="full-100", priority=10)
export function full100(ctx: Context): Result {
  if (ctx.cart.total >= 100_00) return Result.order(${off}, "FULL_100");
  return Result.none();
}
`;

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let dev: ReturnType<typeof startCli> | undefined;
let devEnded: Promise<unknown> | undefined;
let devSaid = "";
let server: TestServer | undefined;
let browser: Browser | undefined;
let page: Page;

const source = () => join(folder.path, "shop", "rules", "full-100.rule.ts");
const shown = (id: string) => expect.poll(() => page.locator(`[data-testid="${id}"]`).textContent(), WAIT);

describe.skipIf(skips("browser"))("a rule that is edited while haggle dev runs", () => {
  beforeAll(async () => {
    execFileSync(process.execPath, ["--conditions=haggle-source", join(REPO, "scripts/build-storefront.ts")]);
    folder = await createTemporaryFolder();
    const data = join(folder.path, "data");
    await mkdir(join(folder.path, "shop", "rules"), { recursive: true });
    await writeFile(source(), rule("20_00"));
    dev = startCli(["dev", "shop", "--out", "data/releases"], {
      cwd: folder.path,
      env: { HAGGLE_DATA: data },
    });
    // It may end before anybody asks it to.
    devEnded = once(dev, "close");
    for (const stream of [dev.stdout!, dev.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        devSaid += text;
      });
    }
    await until(() => devSaid.includes("channel version"));
    server = await startServer(data, { storefrontFolder: join(REPO, "server/dist/storefront") });
    await sellOnPage(server);
    browser = await chromium.launch({ executablePath: findChromium()!, args: ["--no-sandbox"] });
    page = await browser.newPage();
    await page.goto(server.url);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    dev?.kill("SIGTERM");
    await devEnded;
    await folder?.remove();
  });

  it("changes the price on the open page, without a reload", async () => {
    // One at 129.00 and three pairs of socks at 19.90: 188.70.
    await shown("discount").toBe("−¥20.00");
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    let navigations = 0;
    page.on("framenavigated", () => {
      navigations += 1;
    });
    await writeFile(source(), rule("35_00"));
    await shown("discount").toBe("−¥35.00");

    // What does not compile changes nothing, and the next save counts.
    await writeFile(source(), rule("3.5"));
    await expect.poll(() => devSaid, WAIT).toMatch(/BUILD_FLOAT[\s\S]*stays/);
    expect(await page.locator('[data-testid="discount"]').textContent()).toBe("−¥35.00");
    await writeFile(source(), (await readFile(source(), "utf8")).replace("3.5", "41_50"));
    await shown("discount").toBe("−¥41.50");
    await page.waitForSelector('[data-testid="parity"][data-state="equal"]');
    expect(await page.evaluate(() => "sameDocument" in globalThis)).toBe(true);
    expect(navigations).toBe(0);
  });
});
