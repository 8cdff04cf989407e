import { afterAll, beforeAll, describe, it, type TestContext } from "vitest";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { few, oneIn } from "../support/faults/few.ts";
import { writeSpoilt } from "../support/faults/folder-faults.ts";
import { loseDatabase, STORING, UNHEARD } from "../support/faults/lost-database-faults.ts";
import { bringSpoilt } from "../support/faults/registry-faults.ts";
import { openStage } from "../support/faults/rollout-faults.ts";
import { tell } from "../support/faults/tell.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// A registry that is brought what is torn, swapped or a stranger's while everybody prices, and one that is away.

const STEP = Number(process.env.HAGGLE_STEP ?? 64);
const PASSES = 20;
/** Before, in and behind the transactions of a publish. */
const BREAKS = [UNHEARD, ...Array(Number(process.env.HAGGLE_RUNS ?? 30)).keys()];

let world: RolloutWorld;
let proxy: Awaited<ReturnType<typeof startCommitProxy>>;
let stage: Awaited<ReturnType<typeof openStage>>;

beforeAll(async () => {
  world = await createRolloutWorld();
  proxy = await startCommitProxy(STORING);
  stage = await openStage(world, { DATABASE_URL: proxy.url });
});
afterAll(async () => {
  await stage.close();
  await proxy.close();
  await world.close();
});

describe(`what is spoilt at every ${STEP}th byte, under load`, () => {
  it("brought over HTTP", async (context) => {
    await passes(context, bringSpoilt);
  });

  it("written into the release folder", async (context) => {
    await passes(context, writeSpoilt);
  });
});

describe("a database that goes away", () => {
  it("in the middle of a publish, under load", async (context) => {
    const { runs, wrong } = await loseDatabase(stage, proxy, BREAKS);
    tell(context, runs, wrong);
  });
});

/** All of it as often as is claimed, or a part of it. */
async function passes(context: TestContext, spoil: typeof bringSpoilt): Promise<void> {
  const told = { runs: 0, wrong: [] as string[] };
  for (let pass = 0; pass < few(PASSES); pass++) {
    const { runs, wrong } = await spoil(stage, STEP, oneIn(PASSES));
    told.runs += runs;
    told.wrong.push(...wrong);
  }
  tell(context, told.runs, told.wrong);
}
