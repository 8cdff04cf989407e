import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createHaggle } from "@haggle/sdk/client";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli } from "../support/cli.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { startServer } from "../support/server.ts";

// `haggle publish --to`: the tree for a CDN, from a release folder or from a server.

let shop: Shop;
let good: Awaited<ReturnType<Shop["publish"]>>;

beforeEach(async () => {
  shop = await createShop();
  good = await shop.publish({ version: 2 });
});

afterEach(() => shop.remove());

const run = (...args: string[]) => runCli(["publish", "--to", "cdn", ...args], { cwd: shop.dataFolder });
const tree = () => join(shop.dataFolder, "cdn", "default");

async function priceFrom(folder: string): Promise<{ release: string | undefined; ok: boolean }> {
  const served = await serveFolder(folder);
  const root = new TextDecoder().decode(shop.root.bytes);
  const client = createHaggle({ cdn: served.url, root });
  try {
    await client.ready();
    return { release: client.state?.release, ok: client.evaluate(makeCart()).ok };
  } finally {
    client.close();
    await served.close();
  }
}

it("is whole, and takes nobody back", async () => {
  const { code, out, err } = await run("--folder", "releases", "--json");
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ channel: "stable", version: 2, releases: [good.release.sha256] });
  expect(await priceFrom(tree())).toEqual({ release: good.release.sha256, ok: true });

  await shop.publish({ version: 1, rules: [SHOES] });
  const again = await run("--folder", "releases");
  expect(again.code).toBe(1);
  expect(again.err).toContain("DOCUMENT_ROLLBACK");
  expect(await priceFrom(tree())).toEqual({ release: good.release.sha256, ok: true });
});

it("may come from a server", async () => {
  const server = await startServer(shop.dataFolder);
  try {
    const { code, out } = await run("--url", server.url);
    expect([code, out]).toEqual([0, expect.stringContaining("channel stable 2")]);
    const path = join("channels", "stable.json");
    expect(await readFile(join(tree(), path))).toEqual(await readFile(join(shop.folder, path)));
    expect(await priceFrom(tree())).toEqual({ release: good.release.sha256, ok: true });
  } finally {
    await server.close();
  }
});

it("is not begun of something that does not verify, or of nothing", async () => {
  await shop.write(`bundles/${shop.bundle.sha256}.wasm`, shop.bundle.bytes.slice(0, 100));
  expect(await run("--folder", "releases")).toMatchObject({
    code: 1,
    err: expect.stringContaining("SIGNATURE_"),
  });
  await expect(readFile(join(tree(), "root.json"))).rejects.toThrow("ENOENT");
  expect(await run()).toMatchObject({ err: expect.stringContaining("--folder DIR or --url URL") });
  await rm(join(shop.folder, "root.json"));
  expect(await run("--folder", "releases")).toMatchObject({
    code: 1,
    err: expect.stringContaining("CLI_FILE"),
  });
});
