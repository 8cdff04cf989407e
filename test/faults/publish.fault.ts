import { afterAll, beforeAll, describe, it } from "vitest";
import { few } from "../support/faults/few.ts";
import {
  killWhilePublishing,
  openPublishStage,
  type PublishStage,
} from "../support/faults/publish-faults.ts";
import { tell } from "../support/faults/tell.ts";

// A server that is killed while it stores what authors bring: readers have the old or the new, and what it said is so.

const KILLS = 300;

let stage: PublishStage;

beforeAll(async () => {
  stage = await openPublishStage();
});
afterAll(() => stage.close());

describe("kill -9 of a server", () => {
  it("in the middle of a publish, while readers pull", async (context) => {
    tell(context, few(KILLS), await killWhilePublishing(stage, few(KILLS)));
  });
});
