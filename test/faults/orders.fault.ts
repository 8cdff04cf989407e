import { afterAll, beforeAll, describe, it } from "vitest";
import { POINTS } from "../support/faults/crash-points.ts";
import { few } from "../support/faults/few.ts";
import {
  crash,
  cutConnections,
  killDatabases,
  killRedis,
  killServers,
  moveClocks,
  partition,
  roll,
  rush,
  slowDown,
  troubleProvider,
} from "../support/faults/order-faults.ts";
import { type OrderStage, openOrderStage } from "../support/faults/order-stage.ts";
import { tell } from "../support/faults/tell.ts";

// Orders and money while servers, database, Redis, network, provider and clock fail; a referee reads what customers were told,
// what the provider did and what is left. A twentieth of the counts that are claimed, or all of them: HAGGLE_FULL=1.

const RUNS = {
  servers: 300,
  crashes: 50,
  databases: 100,
  redis: 200,
  cuts: 3_000,
  slow: 50,
  troubles: 400,
  rushes: 200,
  jumps: 100,
  rolls: 200,
};
const CROWD = 1_000;
/** Most are short, as most are. */
const PARTITIONS_MS = [...Array(80).fill(1_000), ...Array(16).fill(3_000), 10_000, 10_000, 30_000, 30_000];

let stage: OrderStage;

beforeAll(async () => {
  stage = await openOrderStage({ redis: true });
});
afterAll(() => stage.close());

describe("no order is lost and nobody pays twice", () => {
  it("when a server is killed with signal 9", async (context) => {
    tell(context, few(RUNS.servers), await killServers(stage, few(RUNS.servers)));
  });

  it("when a server is killed at each point that has a name", async (context) => {
    const points = Array.from({ length: few(RUNS.crashes) }, () => POINTS).flat();
    tell(context, points.length, await crash(stage, points));
  });

  it("when the database is killed with signal 9", async (context) => {
    tell(context, few(RUNS.databases), await killDatabases(stage, few(RUNS.databases)));
  });

  it("when Redis is killed with signal 9, or flushed", async (context) => {
    tell(context, few(RUNS.redis), await killRedis(stage, few(RUNS.redis)));
  });

  it("when connections are cut around commits", async (context) => {
    tell(context, few(RUNS.cuts), await cutConnections(stage, few(RUNS.cuts)));
  });

  it("when the database is cut off for a while", async (context) => {
    const lengths = PARTITIONS_MS.slice(-few(PARTITIONS_MS.length));
    tell(context, lengths.length, await partition(stage, lengths));
  });

  it("when the database is slow", async (context) => {
    tell(context, few(RUNS.slow), await slowDown(stage, few(RUNS.slow)));
  });

  it("when the provider answers late, twice, in another order or not at all, or dies", async (context) => {
    tell(context, few(RUNS.troubles), await troubleProvider(stage, few(RUNS.troubles)));
  });

  it("when a thousand want the last ten", async (context) => {
    tell(context, few(RUNS.rushes), await rush(stage, few(RUNS.rushes), CROWD));
  });

  it("when clocks jump", async (context) => {
    tell(context, few(RUNS.jumps), await moveClocks(stage, few(RUNS.jumps)));
  });

  it("when servers are ended by their operator, one after the other", async (context) => {
    tell(context, few(RUNS.rolls), await roll(stage, few(RUNS.rolls)));
  });
});
