import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SKIPS_BROWSER } from "../support/browser.ts";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { DISK_FAULTS, type Kind, killWhileSaving, STRACE, saveUnder } from "../support/faults/disk-faults.ts";
import { killWhileTelling } from "../support/faults/event-faults.ts";
import { writeSpoilt } from "../support/faults/folder-faults.ts";
import { everyNth, runInBrowser, runInNode } from "../support/faults/http-updates.ts";
import { loseDatabase, STORING, UNHEARD } from "../support/faults/lost-database-faults.ts";
import { bringSpoilt } from "../support/faults/registry-faults.ts";
import { openStage, publishHostile, revokeUnderLoad } from "../support/faults/rollout-faults.ts";
import { readHostileFiles } from "../support/hostile.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// A few runs of each fault of test/faults, which `npm run test:faults` runs often.

const SAVES = 6;
const MINUTES = 300_000;
/** By the stream: an SDK that only polls comes ten minutes later. How soon it is else is measured by `npm run test:faults`. */
const CLIENT_MS = 20_000;

if (STRACE === undefined)
  console.warn("!!! No strace on this machine: nothing is proved about failing disks.");

describe.skipIf(STRACE === undefined)("a disk that fails under a", () => {
  const faults = DISK_FAULTS.filter(({ inject }) => inject === "fsync:error=EIO:when=3+");

  it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_name, fault) => {
    const { faults, wrong } = await saveUnder(fault, SAVES);
    expect(wrong).toEqual([]);
    expect(faults).toBeGreaterThan(0);
  });
});

describe("kill -9 while saving a", () => {
  it.each<Kind>(["state", "folder"])("%s", async (kind) => {
    expect(await killWhileSaving(kind, 3)).toEqual([]);
  });
});

describe("a rollout server", () => {
  let world: RolloutWorld;
  let proxy: Awaited<ReturnType<typeof startCommitProxy>>;
  let stage: Awaited<ReturnType<typeof openStage>>;

  beforeAll(async () => {
    world = await createRolloutWorld();
    proxy = await startCommitProxy(STORING);
    stage = await openStage(world, { DATABASE_URL: proxy.url });
  }, MINUTES);
  afterAll(async () => {
    await stage.close();
    await proxy.close();
    await world.close();
  });

  it("refuses hostile rules of a rightful key, or stops them", { timeout: MINUTES }, async () => {
    const files = (await readHostileFiles()).filter((_, index) => index % 40 === 0);
    expect((await publishHostile(stage, files)).wrong).toEqual([]);
  });

  it("prices nothing by what is revoked, nor do the SDKs that follow", { timeout: MINUTES }, async () => {
    expect(await revokeUnderLoad(stage, 5, 10, CLIENT_MS)).toEqual([]);
  });

  it("stores and prices by nothing spoilt that is brought to it", { timeout: MINUTES }, async () => {
    const { runs, wrong } = await bringSpoilt(stage, 64, 97);
    expect(wrong).toEqual([]);
    expect(runs).toBeGreaterThan(30);
  });

  it("nor by what is spoilt in its release folder", { timeout: MINUTES }, async () => {
    const { runs, wrong } = await writeSpoilt(stage, 64, 101);
    expect(wrong).toEqual([]);
    expect(runs).toBeGreaterThan(4);
  });

  it("publishes whole or not at all where its database goes away", { timeout: MINUTES }, async () => {
    expect((await loseDatabase(stage, proxy, [UNHEARD, 7])).wrong).toEqual([]);
  });
});

it("kill -9 while a server is told of an experiment", { timeout: MINUTES }, async () => {
  expect(await killWhileTelling(2)).toEqual([]);
});

describe("golden updates over HTTP", () => {
  const few = everyNth(16);

  it("in Node", async () => {
    expect(await runInNode(few)).toEqual([]);
  });

  it.skipIf(SKIPS_BROWSER)("in Chromium", async () => {
    expect(await runInBrowser(few)).toEqual([]);
  });
});
