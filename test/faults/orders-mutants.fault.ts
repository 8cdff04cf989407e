import { expect, it } from "vitest";
import { crash, killServers, troubleProvider } from "../support/faults/order-faults.ts";
import { envOf, type ORDER_MUTANTS } from "../support/faults/order-mutants.ts";
import { type OrderStage, openOrderStage } from "../support/faults/order-stage.ts";

// The faults of orders prove something: with each of these defects in the servers, the referee finds what it should.

type Red = { run: (stage: OrderStage) => Promise<string[]>; finds: RegExp };

const REDS: Record<keyof typeof ORDER_MUTANTS, Red> = {
  eager: {
    run: (stage) => crash(stage, ["before a payment is written down"]),
    finds: /was asked for, and not written down/,
  },
  forgetful: { run: (stage) => troubleProvider(stage, 1), finds: /charged \d+ of \d+/ },
  lossy: { run: (stage) => killServers(stage, 1), finds: /is asked for, its ledger says/ },
  fragile: { run: (stage) => troubleProvider(stage, 1), finds: /a server ended by itself with 1/ },
  generous: { run: (stage) => killServers(stage, 1), finds: /cancelled, -\d+ \S+.* left, not nothing/ },
};

it.each(Object.keys(REDS) as (keyof typeof REDS)[])("orders that are %s", async (name) => {
  const { run, finds } = REDS[name];
  const stage = await openOrderStage({ env: envOf(name) });
  try {
    expect((await run(stage)).join("\n")).toMatch(finds);
  } finally {
    await stage.close();
  }
});
