import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createHaggle } from "@haggle/sdk/client";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createApi } from "../support/api.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { childEnv } from "../support/child-env.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// A server that is killed at any moment of a publish leaves the release before or the new one, whole.

const SERVER = dirname(createRequire(import.meta.url).resolve("@haggle/server/package.json"));
const KILLS = 10;
/** A publish takes some tens of milliseconds here. */
const MAX_DELAY_MS = 120;

let shop: Shop;
let child: ChildProcess | undefined;

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
  await shop.giveKey("channel");
});

afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await shop.remove();
});

/** Resolves with its address when it can sign. */
async function start(): Promise<string> {
  const started = spawn(process.execPath, ["--conditions=haggle-source", join(SERVER, "main.ts")], {
    env: {
      ...childEnv(),
      HAGGLE_DATA: shop.dataFolder,
      DATABASE_URL: testDatabaseUrl(),
      HAGGLE_TENANT: tenantOf(shop.dataFolder),
      PORT: "0",
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  child = started;
  let output = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const url = await until(() => /Haggle listens on (\S+)/.exec(output)?.[1]);
  await until(async () => {
    const { keys } = (await (await fetch(`${url}/readyz`)).json()) as { keys: Record<string, string> };
    return keys.channel === "ready";
  });
  return url;
}

it("is there whole, and what was said to be there is", { timeout: 300_000 }, async () => {
  const delays = fc.sample(fc.integer({ min: 0, max: MAX_DELAY_MS }), KILLS);
  const root = new TextDecoder().decode(shop.root.bytes);
  const key = await start().then(() => readAdminKey(shop.dataFolder));
  let url = await restart();
  let live = 1;
  for (const delay of delays) {
    const next = await shop.sign({
      version: live + 1,
      rules: live % 2 === 0 ? [SHOES] : [SHOES, "满300减50"],
    });
    const { sha256, bytes } = next.release;
    const api = createApi({ url }, key);
    const said: number[] = [];
    const publish = (async () => {
      said.push((await api.postRelease(bytes)).status);
      said.push((await api.point("stable", { release: sha256 })).status);
    })().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, delay));
    child!.kill("SIGKILL");
    await publish;
    url = await restart();

    const stored = await fetch(`${url}/v1/releases/${sha256}`);
    if (said[0] === 201) expect(stored.status).toBe(200);
    const client = createHaggle({ url, root, channel: "stable" });
    try {
      await client.ready();
      const isNew = client.state!.release === sha256;
      if (said[1] === 200) expect(isNew).toBe(true);
      expect(client.evaluate(makeCart()).ok).toBe(true);
      // Said again it is done, whatever of it was done before.
      const again = createApi({ url }, key);
      expect([200, 201]).toContain((await again.postRelease(bytes)).status);
      expect((await again.point("stable", { release: sha256 })).status).toBe(200);
      await client.refresh();
      expect(client.state!.release).toBe(sha256);
    } finally {
      client.close();
    }
    live += 1;
  }
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { warnings: string[] };
  expect(ready.warnings).toEqual([]);
});

/** Ends what runs, if it still does, and starts anew. */
async function restart(): Promise<string> {
  const before = child!;
  if (before.exitCode === null && before.signalCode === null) {
    before.kill("SIGKILL");
    await once(before, "exit");
  }
  return start();
}
