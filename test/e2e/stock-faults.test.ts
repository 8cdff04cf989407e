import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cutConnections,
  killDatabases,
  killServers,
  partition,
  rush,
  slowDown,
} from "../support/faults/stock-faults.ts";
import { openStockStage, type StockStage } from "../support/faults/stock-stage.ts";

// A few runs of each fault of test/faults/stock.fault.ts, which `npm run test:faults` runs often, and on a machine that has
// nothing else to do: how soon it is over is measured there.

const MINUTES = 300_000;

let stage: StockStage;

beforeAll(async () => {
  stage = await openStockStage({}, MINUTES);
}, MINUTES);
afterAll(() => stage.close(), MINUTES);

describe("nothing is sold twice or forgotten", { timeout: MINUTES }, () => {
  it("when a server or the database is killed with signal 9", async () => {
    expect([...(await killServers(stage, 1)), ...(await killDatabases(stage, 1))]).toEqual([]);
  });

  it("when connections are cut around commits", async () => {
    expect(await cutConnections(stage, 10)).toEqual([]);
  });

  it("when the database is cut off for a while, or slow", async () => {
    expect([...(await partition(stage, [500, 500])), ...(await slowDown(stage, 1))]).toEqual([]);
  });

  it("when a thousand want the last ten", async () => {
    expect(await rush(stage, 1)).toEqual([]);
  });
});
