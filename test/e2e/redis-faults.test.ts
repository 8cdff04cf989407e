import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cutRedis,
  killRedis,
  openRedisStage,
  type RedisStage,
  slowRedis,
} from "../support/faults/redis-faults.ts";
import { skips } from "../support/skips.ts";

// A few runs of test/faults/redis.fault.ts: stock that is sold behind a gate of Redis while that fails. There it is over in ten
// seconds, here in a minute, since other suites have the machine as well.

const MINUTES = 300_000;
const RECOVERY_MS = 60_000;

describe.skipIf(skips("redis"))("nothing is sold twice or forgotten, and prices go on", () => {
  let stage: RedisStage;

  beforeAll(async () => {
    stage = await openRedisStage(RECOVERY_MS);
  }, MINUTES);
  afterAll(() => stage.close());

  it("when Redis is killed with signal 9, or flushed", { timeout: MINUTES }, async () => {
    expect(await killRedis(stage, 2)).toEqual([]);
  });

  it("when its connections are cut around commands", { timeout: MINUTES }, async () => {
    expect(await cutRedis(stage, 10)).toEqual([]);
  });

  it("when it is slow", { timeout: MINUTES }, async () => {
    expect(await slowRedis(stage, 1, 1_000)).toEqual([]);
  });
});
