import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createExperimentWorld,
  type ExperimentWorld,
  operateAt,
  SHOES_EXPERIMENT,
} from "../support/experiment-shop.ts";
import { type Call, type ErrorJson, twoPeople } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Whose yes an experiment waits for, and what it cannot do without.

let world: ExperimentWorld;
let server: TestServer;
let first: Call;
let second: Call;

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start({ HAGGLE_APPROVALS: "stable" });
  [first, second] = await twoPeople(world, server);
});
afterAll(() => world.close());

const stateOf = async () => (await first<{ state: string; phase: number }>("/v1/experiments/shoes")).body;
const approve = (approval: string) => second<object & ErrorJson>(`/v1/approvals/${approval}/approve`, {});

describe("on a channel that wants two people", () => {
  it("an experiment starts when the second one says yes, and stops at once", async () => {
    await first("/v1/experiments", SHOES_EXPERIMENT);
    const asked = await first<{ approval: string; warnings: object[] }>("/v1/experiments/shoes/start", {});
    expect([asked.status, asked.body.warnings]).toEqual([202, []]);
    expect(await stateOf()).toMatchObject({ state: "draft" });
    expect((await approve(asked.body.approval)).status).toBe(200);
    expect(await stateOf()).toMatchObject({ state: "running" });
    const { channel: _channel, key: _key, ...fields } = SHOES_EXPERIMENT;
    const change = { ...fields, newPhase: true };
    const changed = await first<{ approval: string }>("/v1/experiments/shoes", change, { method: "PUT" });
    expect([changed.status, (await stateOf()).phase]).toEqual([202, 1]);
    expect((await first("/v1/experiments/shoes/pause", {})).status).toBe(200);
    // What was wanted of it while it ran is not wanted of it now.
    const late = await approve(changed.body.approval);
    expect([late.status, late.body.error.code]).toEqual([409, "SERVER_EXPERIMENT_STATE"]);
  });
});

describe("without a channel key", () => {
  it("nothing starts, and a draft stays one", async () => {
    const poor = await createExperimentWorld({ key: false });
    try {
      const at = await poor.start();
      await until(async () => (await at.ready()).keys.channel === "missing");
      const operate = await operateAt(poor, at);
      await operate("/v1/experiments", SHOES_EXPERIMENT);
      const started = await operate<ErrorJson>("/v1/experiments/shoes/start", {});
      expect([started.status, started.body.error.code]).toEqual([503, "SERVER_KEY_MISSING"]);
      expect((await operate<{ state: string }>("/v1/experiments/shoes")).body.state).toBe("draft");
    } finally {
      await poor.close();
    }
  });
});
