import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { ATTACKS, BRAKES } from "../support/cdn-attacks.ts";
import {
  attack,
  brake,
  brakedLooks,
  browserClient,
  clientPages,
  expectedLooks,
  meetCaches,
  nodeClient,
} from "../support/cdn-clients.ts";
import { type HostileCdn, serveHostileCdn } from "../support/hostile-cdn.ts";

// A CDN in somebody else's hands, over HTTP: whatever it does, the client prices with what the authors signed and the
// newest accepted channel document names, tells what it refused, and is well again as soon as the CDN is.
// The slow attacks are in test/faults.

const attacks = ATTACKS.filter(({ isSlow }) => !isSlow);
let cdn: HostileCdn;

beforeAll(async () => {
  cdn = await serveHostileCdn({ pages: await clientPages() });
});
afterAll(() => cdn.close());

describe("Node", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "haggle-cdn-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(attacks.map((one) => [one.name, one] as const))("%s", async (name, one) => {
    const client = nodeClient(cdn, join(folder, `${name.replaceAll(/\W/g, "-")}.json`));
    expect(await attack(cdn, client, one)).toEqual(expectedLooks(one));
  });

  it.each(BRAKES.map((one) => [one.name, one] as const))("stopped at once: %s", async (name, one) => {
    const client = nodeClient(cdn, join(folder, `${name.replaceAll(/\W/g, "-")}.json`));
    expect(await brake(cdn, client, one)).toEqual(brakedLooks(one));
  });

  it("caches of three ages", async () => {
    expect(await meetCaches(cdn, nodeClient(cdn, join(folder, "ages.json")))).toEqual([1, 3, 3, 3, 3, 3, 3]);
  });
});

describe.skipIf(SKIPS_BROWSER)("Chromium", () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  it.each(attacks.map((one) => [one.name, one] as const))("%s", async (name, one) => {
    const client = await browserClient(page, cdn, encodeURIComponent(name));
    expect(await attack(cdn, client, one)).toEqual(expectedLooks(one));
  });

  it.each(BRAKES.map((one) => [one.name, one] as const))("stopped at once: %s", async (name, one) => {
    const client = await browserClient(page, cdn, encodeURIComponent(name));
    expect(await brake(cdn, client, one)).toEqual(brakedLooks(one));
  });

  it("caches of three ages", async () => {
    const client = await browserClient(page, cdn, "ages");
    expect(await meetCaches(cdn, client)).toEqual([1, 3, 3, 3, 3, 3, 3]);
  });
});
