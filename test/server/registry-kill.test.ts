import { afterAll, beforeAll, expect, it } from "vitest";
import {
  killWhilePublishing,
  openPublishStage,
  type PublishStage,
} from "../support/faults/publish-faults.ts";

// A server that is killed at any moment of a publish leaves the release before or the new one, whole, and readers never get
// anything else; test/faults/publish.fault.ts kills it more often.

const KILLS = 10;
const MINUTES = 300_000;

let stage: PublishStage;

beforeAll(async () => {
  stage = await openPublishStage();
}, MINUTES);
afterAll(() => stage.close());

it("is there whole, and what was said to be there is", { timeout: MINUTES }, async () => {
  expect(await killWhilePublishing(stage, KILLS)).toEqual([]);
  const { warnings } = (await stage.server.call<{ warnings: string[] }>("/readyz")).body;
  expect(warnings).toEqual([]);
});
