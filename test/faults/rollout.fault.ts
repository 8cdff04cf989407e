import { afterAll, beforeAll, describe, it } from "vitest";
import {
  openStage,
  publishHostile,
  type RolloutStage,
  revokeUnderLoad,
} from "../support/faults/rollout-faults.ts";
import { tell } from "../support/faults/tell.ts";
import { readHostileFiles } from "../support/hostile.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// What an author who means harm can do with a valid key, and releases that are revoked while everybody prices.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 200);

let world: RolloutWorld;
let stage: RolloutStage;

beforeAll(async () => {
  world = await createRolloutWorld();
  stage = await openStage(world);
});
afterAll(() => world.close());

describe("hostile rules", () => {
  it("published with valid signatures", async (context) => {
    const files = await readHostileFiles();
    tell(context, files.length, await publishHostile(stage, files));
  });
});

describe("a release that is revoked", () => {
  it("by a kill or a rollback, under load", async (context) => {
    tell(context, RUNS, await revokeUnderLoad(stage, RUNS));
  });
});
