import { afterAll, beforeAll, describe, it } from "vitest";
import { openStage, publishHostile, revokeUnderLoad } from "../support/faults/rollout-faults.ts";
import { tell } from "../support/faults/tell.ts";
import { readHostileFiles } from "../support/hostile.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// What an author who means harm can do with a valid key, and releases that are revoked while everybody prices.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 200);
const CLIENTS = 200;

let world: RolloutWorld;
let stage: Awaited<ReturnType<typeof openStage>>;

beforeAll(async () => {
  world = await createRolloutWorld();
  stage = await openStage(world);
});
afterAll(async () => {
  await stage.close();
  await world.close();
});

describe("hostile rules", () => {
  it("published with valid signatures", async (context) => {
    const files = await readHostileFiles();
    tell(context, files.length, await publishHostile(stage, files));
  });
});

describe(`what is revoked while ${CLIENTS} SDKs follow`, () => {
  it("by a kill or a rollback, under load", async (context) => {
    tell(context, RUNS, await revokeUnderLoad(stage, RUNS, CLIENTS));
  });
});
