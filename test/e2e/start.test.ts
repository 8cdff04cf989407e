import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { REPO } from "../support/installed.ts";
import { removeFolder } from "../support/remove-folder.ts";

// The first command of the README, as a person types it: over a data folder and a cache where nothing is yet, and again.

vi.setConfig({ testTimeout: 180_000 });

let folder: string;
let started: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-start-"));
});
afterAll(async () => {
  // All of its group: what a start leaves behind would keep its folder.
  if (started?.pid !== undefined) signal(started.pid, "SIGKILL");
  await removeFolder(folder);
});

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause; // ended already, as it should
  }
}

type Start = { said(): string; address: string; stop(whom: "npm" | "group"): Promise<void> };

/**
 * `npm start`, until it prints its address. `stop` asks npm alone to end, or all of its group at once, as supervisors do, and
 * waits for all that it began.
 */
async function start(env: Record<string, string> = {}): Promise<Start> {
  const child = spawn("npm", ["start"], {
    cwd: REPO,
    // Nothing that the run of tests keeps: the machine of somebody who has just cloned.
    env: {
      PATH: process.env.PATH ?? "",
      HAGGLE_DATA: join(folder, "data"),
      HAGGLE_CACHE: join(folder, "cache"),
      PORT: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    shell: process.platform === "win32",
  });
  started = child;
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  // Whoever writes there still has not ended.
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = /Haggle listens on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`it ended before it listened:\n${said}`)));
  });
  return {
    said: () => said,
    address,
    async stop(whom) {
      if (whom === "npm") child.kill("SIGTERM");
      else signal(child.pid!, "SIGTERM");
      return ended;
    },
  };
}

/** What building writes, by digest and time of its last change. The channel is signed again, which is no building. */
async function built(): Promise<Record<string, string>> {
  const folders = [
    join(folder, "data", "releases", "releases"),
    join(folder, "data", "releases", "bundles"),
    join(folder, "cache", "rules"),
    join(REPO, "server", "dist", "storefront"),
  ];
  const files: Record<string, string> = {};
  for (const at of folders) {
    const entries = await readdir(at, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((entry) => entry.isFile())) {
      const file = join(entry.parentPath, entry.name);
      const digest = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
      files[relative(folder, file)] = `${digest} ${(await stat(file)).mtimeMs}`;
    }
  }
  return files;
}

async function priceAt(address: string): Promise<unknown> {
  const cart = JSON.parse(
    await readFile(join(REPO, "engine/cli/templates/project/carts/example.json"), "utf8"),
  );
  const answer = await fetch(`${address}/v1/evaluations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(cart),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

it("builds once, serves a shop and its prices, ends when asked, and builds nothing the second time", async () => {
  const first = await start();
  expect(first.said()).toMatch(/^rules: built and signed, \d+ promotions, release [0-9a-f]{12}$/m);
  expect(first.said()).toMatch(/^storefront: (?:built|unchanged)$/m);
  const page = await fetch(first.address);
  expect(await page.text()).toContain("<title>Haggle");
  const price = await priceAt(first.address);
  expect(price).toMatchObject({ total: expect.any(Number), digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  await first.stop("npm");
  await expect(fetch(first.address)).rejects.toThrow();
  // What Node compiled lies in the cache too, and not in the clone.
  expect(await readdir(join(folder, "cache"))).toEqual(
    expect.arrayContaining(["rules", expect.stringMatching(/^v\d+/)]),
  );

  const before = await built();
  expect(Object.keys(before).filter((file) => file.endsWith(".wasm"))).not.toEqual([]);
  // Time to be told again, which would end it before it has drained.
  const second = await start({ DRAIN_MS: "2000", LOG_LEVEL: "info" });
  const release = /release ([0-9a-f]{12})/.exec(first.said())![1];
  expect(second.said()).toMatch(new RegExp(`^rules: unchanged, \\d+ promotions, release ${release}$`, "m"));
  expect(second.said()).toMatch(/^storefront: unchanged$/m);
  expect(await built()).toEqual(before);
  expect(await priceAt(second.address)).toEqual(price);
  await second.stop("group");
  expect(second.said()).toContain('"closed"');
});
