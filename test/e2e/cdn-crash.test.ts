import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import { createHaggle } from "@haggle/sdk/client";
import { type SignedDocument, signDocument } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { childEnv } from "../support/child-env.ts";
import { MAIN, runCli } from "../support/cli.ts";
import { STRACE } from "../support/faults/disk-faults.ts";
import { SERVER, type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { buildRules, createShop, makeCart, SHOES, type Shop, testSigner } from "../support/release.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { serveFolder } from "../support/serve-folder.ts";
import { tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// The tree for a CDN, of which somebody dies in the middle of writing it: before each file that the next release needs
// takes its name. From whatever is there an SDK starts, with a release and the prices that belong to it.

const HOUR_MS = 60 * 60 * 1000;
const MINUTES = 300_000;
/** A program that strace stops at each call is many times as slow, the more so on a busy machine. */
const TRACED_MS = 120_000;
const CALLS = "rename,renameat,renameat2";
const EXTRA = {
  "rules/extra.rule.ts": `@promo({ name: "extra", priority: 1 })
export function extra(ctx: Context): Result {
  return Result.none();
}
`,
};

let shop: Shop;
let folder: string;
let before: string;
let after: string;
/** What the next release needs, by its path in the tree. */
let paths: string[];
/** The roots that clients have in them. */
let roots: SignedDocument[];

beforeAll(async () => {
  shop = await createShop();
  folder = await mkdtemp(join(tmpdir(), "haggle-crash-"));
  // The key of before still counts: no order of two files would do where it does not.
  const online = [await testSigner(1), await testSigner(2)];
  roots = [shop.root, await signOnlineRoot({ version: 2, roles: { channel: online, prices: online } })];
}, MINUTES);

afterAll(async () => {
  await shop?.remove();
  await removeFolder(folder);
});

const bounds = [{ sku: "*", minUnitPrice: 1, maxUnitPrice: 99_999 }];

/** Into the release folder, from which servers and `haggle publish --to` take it. */
async function publishFirst(): Promise<void> {
  await rm(join(shop.folder, "roots"), { recursive: true, force: true });
  await shop.write("roots/1.json", shop.root.bytes);
  const { release } = await shop.sign({ release: { bounds } });
  before = release.sha256;
  await writePrices(1, [before]);
  await shop.publish({ release: { bounds } });
}

/** Under another root, with another bundle and prices that count for both releases. */
async function publishNext(): Promise<void> {
  const build = await buildRules(EXTRA);
  const online = await testSigner(2);
  const variation = { version: 2, rules: [SHOES], build, release: { bounds } };
  const { release } = await shop.sign(variation);
  after = release.sha256;
  await shop.write("roots/2.json", roots[1]!.bytes);
  await writePrices(2, [after, before], online);
  await shop.publish({ ...variation, root: roots[1]!, channelSigner: online });
  paths = [
    `bundles/${build.digest}.wasm`,
    `releases/${after}.json`,
    "roots/2.json",
    "root.json",
    "prices/stable.json",
    "channels/stable.json",
  ];
}

async function writePrices(
  version: number,
  releases: string[],
  signer?: Awaited<ReturnType<typeof testSigner>>,
) {
  const issued = Date.now() - HOUR_MS;
  const prices = await signDocument(
    {
      type: "prices",
      channel: "stable",
      version,
      issued,
      expires: issued + 24 * HOUR_MS,
      release: releases[0]!,
      ...(releases.length > 1 && { also: releases.slice(1) }),
      strategy: { version, id: "v1" },
      prices: [{ sku: "trail-runner", unitPrice: 10_000 + version }],
    },
    [signer ?? (await testSigner(1))],
  );
  await shop.write("prices/stable.json", prices.bytes);
}

type Program = { args: string[]; env: Record<string, string> };

/**
 * Runs a program that writes the tree until it is about to rename its nth file, or to its end, which is there too when `isDone`
 * says so. Resolves with whether it died.
 */
async function diesAt(
  { args, env }: Program,
  nth: number,
  isDone: () => Promise<boolean> = async () => false,
): Promise<boolean> {
  const inject = ["-e", `trace=${CALLS}`, "-e", `inject=${CALLS}:signal=SIGKILL:when=${nth}`];
  const program = [process.execPath, "--conditions=haggle-source", ...args];
  const child = spawn(STRACE!, ["-f", "-qq", "-o", "/dev/null", ...inject, ...program], {
    cwd: shop.dataFolder,
    // strace counts calls by thread, and what Node compiled would be renamed as well.
    env: { ...childEnv(), UV_THREADPOOL_SIZE: "1", NODE_DISABLE_COMPILE_CACHE: "1", ...env },
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
  const ended = once(child, "exit");
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  try {
    await expect
      .poll(async () => !isRunning() || (await isDone()), { timeout: TRACED_MS, interval: 25 })
      .toBe(true);
    if (isRunning()) return false;
    await ended;
    return child.exitCode !== 0;
  } finally {
    // With all that strace has started.
    if (isRunning()) process.kill(-child.pid!, "SIGKILL");
    await ended;
  }
}

async function serveUntil(
  env: Record<string, string>,
  isDone: (server: ServerProcess) => Promise<boolean>,
): Promise<void> {
  const server = await startServerProcess(shop, env, { signs: false });
  try {
    await until(() => isDone(server));
    await server.stop();
  } finally {
    await server.kill();
  }
}

/** What a client starts with that was given this root, whose only server has the tree. */
async function startFrom(tree: string, root: Uint8Array) {
  const served = await serveFolder(tree);
  const client = createHaggle({ cdn: served.url, root, context: { bucket: 0 } });
  try {
    await client.ready();
    const { release } = client.state!;
    const prices = client.prices;
    const isPriced = prices !== undefined && [prices.release, ...(prices.also ?? [])].includes(release);
    return { release, isPriced, ok: client.evaluate(makeCart()).ok };
  } finally {
    client.close();
    await served.close();
  }
}

/** Who has this root from long ago, and who gets it from the tree. */
async function startAll(tree: string) {
  const newest = new Uint8Array(await readFile(join(tree, "root.json")));
  const old = await startFrom(tree, roots[0]!.bytes);
  expect(await startFrom(tree, newest)).toEqual(old);
  return old;
}

async function readVersion(tree: string): Promise<number | undefined> {
  const bytes = await readFile(join(tree, "channels", "stable.json")).catch(() => undefined);
  return bytes && parseChannel(parseEnvelope(new Uint8Array(bytes), "channel").payload).version;
}

/** From a copy of the first tree for each rename, until the writer comes to its end. */
async function walk(writerInto: (cdn: string) => Program, first: string, tenant: string): Promise<void> {
  const states = new Set<string>();
  const released: string[] = [];
  for (let nth = 1, isOver = false; !isOver; nth++) {
    const cdn = join(folder, `${first}-${nth}`);
    const tree = join(cdn, tenant);
    await cp(join(folder, first), cdn, { recursive: true });
    isOver = !(await diesAt(writerInto(cdn), nth, async () => (await readVersion(tree)) === 2));
    const there = await listThere(tree);
    const started = await startAll(tree).catch((cause: unknown) => expect.fail(`with ${there}: ${cause}`));
    expect(started, `with ${there}`).toMatchObject({ isPriced: true, ok: true });
    if (!states.has(there)) released.push(started.release);
    states.add(there);
    await rm(cdn, { recursive: true });
  }
  // Before each of them, and behind the last.
  expect(states.size, [...states].join("\n")).toBe(paths.length + 1);
  // It is the channel document that gives shoppers the next release, and it comes last.
  expect(released).toEqual([...paths.map(() => before), after]);
}

/** Of what the next release needs, what is there. */
async function listThere(tree: string): Promise<string> {
  const next = await Promise.all(
    paths.map(async (path) => {
      const [found, wanted] = await Promise.all(
        [tree, shop.folder].map((root) => readFile(join(root, path)).catch(() => undefined)),
      );
      return found !== undefined && wanted !== undefined && found.equals(wanted) ? [path] : [];
    }),
  );
  return next.flat().join(", ");
}

describe.skipIf(STRACE === undefined)("an SDK starts from the tree, wherever", () => {
  it("`haggle publish --to` died", { timeout: MINUTES }, async () => {
    const writerInto = (cdn: string): Program => ({
      args: [MAIN, "publish", "--to", cdn, "--folder", "releases"],
      env: { NO_COLOR: "1" },
    });
    const publishTree = async (name: string) => {
      const { args, env } = writerInto(join(folder, name));
      const { code, err } = await runCli(args.slice(1), { cwd: shop.dataFolder, env });
      expect([code, err]).toEqual([0, ""]);
    };
    await publishFirst();
    await publishTree("cli");
    expect(await startAll(join(folder, "cli", "default"))).toMatchObject({ release: before, isPriced: true });
    await publishNext();
    await walk(writerInto, "cli", "default");
    await publishTree("cli");
    expect(await startAll(join(folder, "cli", "default"))).toEqual({
      release: after,
      isPriced: true,
      ok: true,
    });
  });

  it("a server died", { timeout: MINUTES }, async () => {
    const tenant = tenantOf(shop.dataFolder);
    const first = join(folder, "server");
    await publishFirst();
    const hasWritten = async (version: number) => (await readVersion(join(first, tenant))) === version;
    await serveUntil({ HAGGLE_CDN: first }, () => hasWritten(1));
    await publishNext();
    await serveUntil({}, async ({ get }) => (await (await get("/readyz")).json()).channel?.version === 2);
    const writerInto = (cdn: string): Program => ({
      args: [join(SERVER, "main.ts")],
      env: {
        HAGGLE_DATA: shop.dataFolder,
        HAGGLE_TENANT: tenant,
        DATABASE_URL: testDatabaseUrl(),
        PORT: "0",
        HAGGLE_CDN: cdn,
      },
    });
    await walk(writerInto, "server", tenant);
    await serveUntil({ HAGGLE_CDN: first }, () => hasWritten(2));
    expect(await startAll(join(first, tenant))).toEqual({ release: after, isPriced: true, ok: true });
  });
});
