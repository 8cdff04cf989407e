import { afterAll, beforeAll, describe, it } from "vitest";
import { few } from "../support/faults/few.ts";
import { openStage, publishHostile, revokeUnderLoad } from "../support/faults/rollout-faults.ts";
import { tell } from "../support/faults/tell.ts";
import { readHostileFiles } from "../support/hostile.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// What an author who means harm can do with a valid key, and releases that are revoked while everybody prices.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 200);
const CLIENTS = 200;
const PASSES = 10;
/** So many carts are priced before anything hostile comes. */
const ANSWERS = 1_000;
/**
 * What hostile rules may cost those who have nothing to do with them: less than a quote is promised to take, on a machine that
 * compiles all the time beside it. Eight engines are kept; from the second pass on a server needs no more than before.
 */
const MORE = { p99Ms: 300, memoryMb: 256 };

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
    const { wrong, before, during } = await publishHostile(stage, files, {
      passes: few(PASSES),
      answersBefore: ANSWERS,
    });
    const most = { p99Ms: 2 * before.p99Ms + MORE.p99Ms, memoryMb: before.memoryMb + MORE.memoryMb };
    const late = during.filter(({ p99Ms }) => p99Ms > most.p99Ms);
    const large = during.filter(({ memoryMb }) => memoryMb > most.memoryMb);
    const bounds = [
      ...late.map(({ p99Ms }) => `others waited ${p99Ms} ms, ${before.p99Ms} ms before`),
      ...large.map(({ memoryMb }) => `the server needs ${memoryMb} MB, ${before.memoryMb} MB before`),
    ];
    tell(context, few(PASSES) * files.length, [...wrong, ...bounds]);
  });
});

describe(`what is revoked while ${CLIENTS} SDKs follow`, () => {
  it("by a kill or a rollback, under load", async (context) => {
    tell(context, RUNS, await revokeUnderLoad(stage, RUNS, CLIENTS));
  });
});
