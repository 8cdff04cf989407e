import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

// A few runs of each fault of test/faults/orders.fault.ts, and some of the points at which a server can die: `npm run test:faults -- orders`
// runs all of them often, and there a server is served again in time, too.

const MINUTES = 300_000;
/** Few, so that a server that begins anew has the machine. */
const CLIENTS = 10;
const CROWD = 40;
/** Nobody was told of the order; nobody but the provider knows of the money. */
const POINTS = ["behind the order's commit", "behind what the provider did"];

let stage: OrderStage;

beforeAll(async () => {
  stage = await openOrderStage({ recoveryMs: MINUTES, clients: CLIENTS, redis: true });
}, MINUTES);
afterAll(() => stage.close(), MINUTES);

describe("no order is lost and nobody pays twice", { timeout: MINUTES }, () => {
  it("when a server is killed with signal 9", async () => {
    expect(await killServers(stage, 1)).toEqual([]);
  });

  it("when a server is killed at points on the way of an order", async () => {
    expect(await crash(stage, POINTS)).toEqual([]);
  });

  it("when the database is killed with signal 9", async () => {
    expect(await killDatabases(stage, 1)).toEqual([]);
  });

  it("when Redis is killed with signal 9, and flushed", async () => {
    expect(await killRedis(stage, 2)).toEqual([]);
  });

  it("when connections are cut around commits", async () => {
    expect(await cutConnections(stage, 10)).toEqual([]);
  });

  it("when the database is cut off for a while, and slow", async () => {
    expect(await partition(stage, [1_000, 1_000])).toEqual([]);
    expect(await slowDown(stage, 1)).toEqual([]);
  });

  it("when the provider answers late, twice, in another order or not at all", async () => {
    expect(await troubleProvider(stage, 2)).toEqual([]);
  });

  it("when many want the last ten", async () => {
    expect(await rush(stage, 1, CROWD)).toEqual([]);
  });

  it("when clocks jump", async () => {
    expect(await moveClocks(stage, 1)).toEqual([]);
  });

  it("when servers are ended by their operator, one after the other", async () => {
    expect(await roll(stage, 1)).toEqual([]);
  });
});
