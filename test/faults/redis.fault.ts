import { afterAll, beforeAll, describe, it } from "vitest";
import { someOf } from "../support/faults/few.ts";
import {
  cutRedis,
  killRedis,
  openRedisStage,
  type RedisStage,
  slowRedis,
} from "../support/faults/redis-faults.ts";
import { tell } from "../support/faults/tell.ts";

// Stock that is sold behind a gate of Redis while that fails; a referee reads what clients were told and what is left.

const some = someOf(1);
const RUNS = { kills: 100, cuts: 3_000, slow: 20 };
const SLOW_FOR_MS = 5_000;

let stage: RedisStage;

beforeAll(async () => {
  stage = await openRedisStage();
});
afterAll(() => stage.close());

describe("nothing is sold twice or forgotten, and prices go on", () => {
  it("when Redis is killed with signal 9, or flushed", async (context) => {
    tell(context, some(RUNS.kills), await killRedis(stage, some(RUNS.kills)));
  });

  it("when its connections are cut around commands", async (context) => {
    tell(context, some(RUNS.cuts), await cutRedis(stage, some(RUNS.cuts)));
  });

  it("when it is slow, or cut off", async (context) => {
    tell(context, some(RUNS.slow), await slowRedis(stage, some(RUNS.slow), SLOW_FOR_MS));
  });
});
