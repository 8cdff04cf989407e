import { expect, it } from "vitest";
import { killWhilePublishing, openPublishStage } from "../support/faults/publish-faults.ts";
import { envOf, type PUBLISH_MUTANTS } from "../support/faults/publish-mutants.ts";

// Kills in the middle of a publish prove something: with each of these defects in the server they find what they should.

const KILLS = 6;

const REDS: Record<keyof typeof PUBLISH_MUTANTS, RegExp> = {
  hasty: /acknowledged and missing|SERVER_UNKNOWN_BUNDLE/,
  unrecorded: /the release is there: true, in 0 records/,
  torn: /the bundle is served with \d+, \d+ bytes of it/,
  late: /was given release \d+ behind release \d+/,
};

it.each(Object.keys(REDS) as (keyof typeof REDS)[])("a publish that is %s", async (name) => {
  const stage = await openPublishStage(envOf(name));
  try {
    expect((await killWhilePublishing(stage, KILLS)).join("\n")).toMatch(REDS[name]);
  } finally {
    await stage.close();
  }
});
