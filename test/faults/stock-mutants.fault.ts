import { expect, it } from "vitest";
import { cutConnections, rush } from "../support/faults/stock-faults.ts";
import { envOf, type STOCK_MUTANTS } from "../support/faults/stock-mutants.ts";
import { openStockStage, type StockStage } from "../support/faults/stock-stage.ts";

// The faults of stock prove something: with each of these defects in the servers, the referee finds what it should.

const CUTS = 20;

type Red = { run: (stage: StockStage) => Promise<string[]>; finds: RegExp };

const REDS: Record<keyof typeof STOCK_MUTANTS, Red> = {
  unlocked: {
    run: async (stage) => {
      await stage.admin.query("alter table stock_levels drop constraint stock_levels_check");
      return rush(stage, 3);
    },
    finds: /oversold/,
  },
  unlimited: { run: (stage) => rush(stage, 1), finds: /was answered with 500/ },
  hasty: { run: (stage) => cutConnections(stage, CUTS), finds: /acknowledged and missing|was acknowledged/ },
  forgetful: { run: (stage) => cutConnections(stage, CUTS), finds: /reserved, \d+ held by orders/ },
};

it.each(Object.keys(REDS) as (keyof typeof REDS)[])("stock that is %s", async (name) => {
  const { run, finds } = REDS[name];
  const stage = await openStockStage(envOf(name));
  try {
    expect((await run(stage)).join("\n")).toMatch(finds);
  } finally {
    await stage.close();
  }
});
