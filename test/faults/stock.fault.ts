import { afterAll, beforeAll, describe, it } from "vitest";
import { someOf } from "../support/faults/few.ts";
import {
  cutConnections,
  killDatabases,
  killServers,
  partition,
  rush,
  slowDown,
} from "../support/faults/stock-faults.ts";
import { openStockStage, type StockStage } from "../support/faults/stock-stage.ts";
import { tell } from "../support/faults/tell.ts";

// Stock that is sold while servers, database and network fail; a referee reads what clients were told and what is left.

const some = someOf(1);
const RUNS = { servers: 100, databases: 50, cuts: 3_000, slow: 10, rushes: 200 };
/** Most are short, as most are. */
const PARTITIONS_MS = [...Array(20).fill(1_000), ...Array(6).fill(3_000), 10_000, 10_000, 30_000, 30_000];

let stage: StockStage;

beforeAll(async () => {
  stage = await openStockStage();
});
afterAll(() => stage.close());

describe("nothing is sold twice or forgotten", () => {
  it("when a server is killed with signal 9", async (context) => {
    tell(context, some(RUNS.servers), await killServers(stage, some(RUNS.servers)));
  });

  it("when the database is killed with signal 9", async (context) => {
    tell(context, some(RUNS.databases), await killDatabases(stage, some(RUNS.databases)));
  });

  it("when connections are cut around commits", async (context) => {
    tell(context, some(RUNS.cuts), await cutConnections(stage, some(RUNS.cuts)));
  });

  it("when the database is cut off for a while", async (context) => {
    const lengths = PARTITIONS_MS.slice(-some(PARTITIONS_MS.length));
    tell(context, lengths.length, await partition(stage, lengths));
  });

  it("when the database is slow", async (context) => {
    tell(context, some(RUNS.slow), await slowDown(stage, some(RUNS.slow)));
  });

  it("when a thousand want the last ten", async (context) => {
    tell(context, some(RUNS.rushes), await rush(stage, some(RUNS.rushes)));
  });
});
