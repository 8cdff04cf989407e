import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import {
  launchBrowser,
  type PageServer,
  type ServedFile,
  SKIPS_BROWSER,
  servePages,
} from "../support/browser.ts";
import { clientPages, type Look } from "../support/cdn-clients.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { startServer, type TestServer, tenantOf, until } from "../support/server.ts";

// A shop's page whose only server has files: what a server has written for a CDN at four times, given out after it is gone.
// The page's policy lets it talk to nobody else.

/** What a CDN has at one time, and what the server then said of it. */
type Time = {
  files: Record<string, ServedFile>;
  release: string;
  version: number;
  total: number | undefined;
};

const CART = makeCart();

describe.skipIf(SKIPS_BROWSER)("a page in Chromium that has a CDN alone", () => {
  const served: Record<string, ServedFile> = {};
  const times: Time[] = [];
  let folder: string;
  let shop: Shop;
  let cdn: PageServer;
  let browser: Browser;
  let tab: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "haggle-cdn-"));
    shop = await createShop();
    await shop.publish();
    await shop.giveKey("channel");
    const server = await startServer(shop.dataFolder, { env: { HAGGLE_CDN: folder } });
    try {
      await writeTimes(server);
    } finally {
      await server.close();
    }
    cdn = await servePages(served);
    browser = await launchBrowser();
    tab = await browser.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await cdn?.close();
    await shop?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** A first release, a newer one, one of its promotions killed, and all of it. */
  async function writeTimes(server: TestServer): Promise<void> {
    await until(async () => (await server.ready()).keys.channel === "ready");
    const api = createApi(server, await readAdminKey(shop.dataFolder));
    times.push(await keepTime(server, 1));
    const { release } = await shop.sign({ version: 2, rules: [SHOES] });
    expect((await api.postRelease(release.bytes)).status).toBe(201);
    expect((await api.point("stable", { release: release.sha256 })).status).toBe(200);
    times.push(await keepTime(server, 2));
    for (const [kind, id] of [
      ["promotion", SHOES],
      ["release", release.sha256],
    ]) {
      const kill = { kind, id, channel: "stable", reason: "it gives too much", confirm: true };
      expect((await api.send("POST", "/v1/kills", kill)).status).toBe(201);
      times.push(await keepTime(server, times.length + 1));
    }
  }

  async function keepTime(server: TestServer, version: number): Promise<Time> {
    const tree = join(folder, tenantOf(shop.dataFolder));
    const channel = join(tree, "channels", "stable.json");
    const document = await until(async () => {
      const bytes = await readFile(channel).catch(() => undefined);
      const found = bytes && parseChannel(parseEnvelope(new Uint8Array(bytes), "channel").payload);
      return found?.version === version && found;
    });
    const priced = (await (await server.post("/v1/evaluations", CART)).json()) as { total?: number };
    const { release } = document.arms[0]!;
    return { files: await readTree(tree), release, version, total: priced.total };
  }

  /** As it stands between two writes: what is being written has another name, which is gone a moment later. */
  async function readTree(tree: string): Promise<Time["files"]> {
    const list = async () => (await readdir(tree, { recursive: true })).sort();
    return until(async () => {
      const names = await list();
      const files = await Promise.all(
        names
          .filter((name) => /\.\w+$/.test(name))
          .map(async (name) => {
            const body = await readFile(join(tree, name)).catch(() => undefined);
            return [`/${name}`, body && { type: "application/octet-stream", body }] as const;
          }),
      );
      const isStill = (await list()).join() === names.join() && files.every(([, file]) => file !== undefined);
      return isStill && (Object.fromEntries(files) as Time["files"]);
    });
  }

  async function show({ files }: Time): Promise<void> {
    for (const path of Object.keys(served)) delete served[path];
    Object.assign(served, files, await clientPages(), { "/pinned.json": times[0]!.files["/root.json"] });
  }

  async function open(): Promise<void> {
    await tab.goto(`${cdn.url}/?name=static`);
    await tab.waitForFunction(() => "look" in globalThis);
  }

  async function look(): Promise<Look & { total: number | undefined }> {
    return tab.evaluate(
      async ([now, cart]) => {
        const page = globalThis as unknown as {
          look(now: number): Promise<Look>;
          price(cart: unknown): { total?: number };
        };
        return { ...(await page.look(now)), total: page.price(cart).total };
      },
      [Date.now(), CART] as const,
    );
  }

  const expectedAt = ({ version, release, total }: Time) => ({ live: { channel: version, release }, total });

  it("starts, takes an update and two kills, and keeps them over a reload without anything", async () => {
    const [first, update, promotionKill, releaseKill] = times as [Time, Time, Time, Time];
    expect(new Set([first.total, update.total, promotionKill.total]).size).toBe(3);
    await show(first);
    await open();
    expect(await look()).toEqual(expectedAt(first));
    await show(update);
    expect(await look()).toEqual(expectedAt(update));
    await show(promotionKill);
    expect(await look()).toEqual(expectedAt(promotionKill));
    await show(releaseKill);
    const { live } = expectedAt(releaseKill);
    expect(await look()).toEqual({ live: { ...live, withdrawn: true }, total: undefined });
    // The page itself is all that is left.
    await show({ ...releaseKill, files: {} });
    await open();
    expect(await look()).toMatchObject({ live: { ...live, withdrawn: true } });
  });
});
