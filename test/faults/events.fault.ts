import { describe, it } from "vitest";
import { killWhileTelling } from "../support/faults/event-faults.ts";
import { tell } from "../support/faults/tell.ts";

// What was acknowledged of an experiment is there, whenever the server is killed.

const KILLS = Number(process.env.HAGGLE_RUNS ?? 40);

describe("kill -9 of a server", () => {
  it("that is told of an experiment", async (context) => {
    tell(context, KILLS, await killWhileTelling(KILLS));
  });
});
