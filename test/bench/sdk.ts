// The SDK where shoppers have it: in Chromium, from a real server on this machine. A keystroke in a cart, the first price of a
// page, and what else could give them. By wall time: a page is told no other.

import { copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLog, startEmbedded } from "@haggle/server";
import { build } from "esbuild";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { createShop, type Shop } from "../support/release.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { importBundled } from "./bundled-sdk.ts";
import { median } from "./measure.ts";
import { bundleHand } from "./rivals/bundle-hand.ts";
import { startProgram } from "./rollout-processes.ts";
import { type Goal, type Row, withGoal } from "./row.ts";
import { makeRules, writeSources } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import type { BenchPage, ColdWay, Given } from "./sdk-page.ts";
import type { Plan, Rounds } from "./sdk-rounds.ts";

declare const page: BenchPage;

type Strokes = Pick<typeof import("./strokes.ts"), "timeEncoders">;

const RULES = 20;
const LINES = [10, 100];
const ENCODED_LINES = 100;
const COLD_LINES = 10;
const BARE = "compile, instantiate";

/** By subject, against a keystroke that Haggle prices. */
const KEYSTROKE_GOALS: Readonly<Record<string, Goal>> = {
  quickjs: { atLeast: 10 },
  "server round trip": { atLeast: 20 },
};
const ENCODE_GOALS: Readonly<Record<string, Goal>> = { "one changed line": { atMost: 0.3 } };
/** By what is done, against the bare start. */
const COLD_GOALS: Readonly<Record<ColdWay, Goal | undefined>> = {
  "compile, instantiate": undefined,
  "fetch, createEngine, evaluate": { atMost: 5 },
  "createEngine, evaluate": undefined,
  "createHaggle, ready, evaluate": undefined,
  "json-rules-engine": undefined,
  quickjs: undefined,
  "server round trip": undefined,
};

const QUICKJS_WASM = "@jitl/quickjs-wasmfile-release-sync/wasm";

export async function* sdk({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-sdk-"));
  const pages = join(folder, "pages");
  await writePages(pages);
  const postgres = await startEmbedded(folder, createLog("warn"));
  const { shop, given } = await publishRules();
  const env = { HAGGLE_TEST_DATABASE: postgres.url };
  const server = await startProgram("quotes-server.ts", ["haggle", shop.dataFolder, pages], env);
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ baseURL: server.url });
    const plan = quick ? { rounds: 7, roundMs: 20 } : { rounds: 21, roundMs: 40 };
    yield* keystrokes(context, given, plan);
    yield* encodings(context, shop, given, plan);
    yield* colds(context, given, quick);
  } finally {
    await browser.close();
    await server.close();
    await postgres.stop();
    await shop.remove();
    await removeFolder(folder);
  }
}

async function* keystrokes(context: BrowserContext, given: Given, plan: Plan): AsyncGenerator<Row> {
  for (const lines of LINES) {
    const opened = await open(context);
    const rounds = await opened.evaluate(([given, lines, plan]) => page.keystroke(given, lines, plan), [
      given,
      lines,
      plan,
    ] as const);
    await opened.close();
    yield* toRows(`keystroke, ${lines} lines`, rounds, KEYSTROKE_GOALS);
  }
}

/** In Chromium, and in Node beside it. */
async function* encodings(
  context: BrowserContext,
  { bundle, folder }: Pick<Shop, "bundle" | "folder">,
  given: Given,
  plan: Plan,
): AsyncGenerator<Row> {
  const opened = await open(context);
  const inPage = await opened.evaluate(([given, lines, plan]) => page.encode(given, lines, plan), [
    given,
    ENCODED_LINES,
    plan,
  ] as const);
  await opened.close();
  yield* toRows(`encoding of ${ENCODED_LINES} lines`, inPage, ENCODE_GOALS);
  const strokes = (await importBundled(`export { timeEncoders } from "./strokes.ts";`)) as Strokes;
  const release = await readFile(join(folder, `releases/${given.release}.json`));
  const inNode = await strokes.timeEncoders(bundle.bytes, release, ENCODED_LINES, plan);
  yield* toRows(`encoding of ${ENCODED_LINES} lines, Node`, inNode, ENCODE_GOALS);
}

/** The first of `rounds` is what the others are compared with. */
function toRows(name: string, rounds: Rounds, goals: Readonly<Record<string, Goal>>): Row[] {
  const against = rounds[0]!;
  return rounds.map(({ subject, us }) => {
    const row: Row = {
      ...{ bench: "sdk", case: name, subject, value: median(us), unit: "us", best: Math.min(...us) },
      ratio: median(us.map((value, round) => value / against.us[round]!)),
      against: against.subject,
    };
    return withGoal(row, goals[subject]);
  });
}

/** Each start in a page of its own, which is closed before the next: engines share what they compiled in one process. */
async function* colds(context: BrowserContext, given: Given, quick: boolean): AsyncGenerator<Row> {
  const ways = Object.keys(COLD_GOALS) as ColdWay[];
  const runs = new Map(ways.map((way) => [way, [] as number[]]));
  const totals = new Set<number>();
  for (let round = -1; round < (quick ? 5 : 21); round++) {
    for (const way of ways) {
      const opened = await open(context);
      const { ms, total } = await opened.evaluate(([given, way, lines]) => page.cold(given, way, lines), [
        given,
        way,
        COLD_LINES,
      ] as const);
      await opened.close();
      if (way !== BARE) totals.add(total);
      // The first of each only fills the browser's cache.
      if (round >= 0) runs.get(way)!.push(ms);
    }
  }
  if (totals.size !== 1) throw new Error(`cold starts price differently: ${[...totals]}`);
  const bare = runs.get(BARE)!;
  for (const [way, values] of runs) {
    const row: Row = {
      ...{ bench: "sdk", case: `cold, ${RULES} rules`, subject: way },
      ...{ value: median(values), unit: "ms", best: Math.min(...values) },
      ratio: median(values.map((ms, round) => ms / bare[round]!)),
      against: BARE,
    };
    yield withGoal(row, COLD_GOALS[way]);
  }
}

async function open(context: BrowserContext): Promise<Page> {
  const opened = await context.newPage();
  await opened.goto("/");
  await opened.waitForFunction(() => typeof page === "object");
  if (!(await opened.evaluate(() => crossOriginIsolated))) throw new Error("the page has a coarse clock");
  return opened;
}

async function publishRules() {
  const rules = makeRules(RULES);
  const shop = await createShop({ files: writeSources(rules) });
  const promotions = rules.map(({ name, priority }) => ({ id: name, rule: name, priority }));
  const { release } = await shop.publish({ release: { promotions } });
  const given: Given = {
    ...{ release: release.sha256, bundle: shop.bundle.sha256, rules: RULES },
    root: new TextDecoder().decode(shop.root.bytes),
    code: await bundleHand(rules),
  };
  return { shop, given };
}

/** The server's own content security policy holds for them, and its headers that make a page's clock fine. */
async function writePages(folder: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("sdk-page.ts", import.meta.url))],
    outfile: join(folder, "page.js"),
    ...{ bundle: true, format: "esm", platform: "browser", target: "chrome137", minify: true },
    ...{ conditions: ["haggle-source"], logLevel: "warning" },
  });
  // It fetches this one from beside its script.
  await copyFile(fileURLToPath(import.meta.resolve(QUICKJS_WASM)), join(folder, "emscripten-module.wasm"));
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`,
  );
}
