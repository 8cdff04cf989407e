import { describe, expect, it } from "vitest";
import { DISK_FAULTS, type Kind, killWhileSaving, saveUnder } from "../support/faults/disk-faults.ts";
import { tell } from "../support/faults/tell.ts";

// Disks that fail under a client's state and a publisher's release folder, and kills at any moment.

const SAVES = 60;
const KILLS = 50;
/** The kills fall at other places of a save each time. */
const KILL_STEP_MS = 7;

describe("a disk that fails under a", () => {
  it.for(DISK_FAULTS.map((fault) => [fault.name, fault] as const))("%s", async ([, fault], context) => {
    const { faults, wrong } = await saveUnder(fault, SAVES);
    tell(context, faults, wrong);
    expect(faults).toBeGreaterThan(0);
  });
});

describe("kill -9 while saving a", () => {
  it.for<Kind>(["state", "folder"])("%s", async (kind, context) => {
    const wrong: string[] = [];
    for (let kill = 0; kill < KILLS; kill++)
      wrong.push(...(await killWhileSaving(kind, kill * KILL_STEP_MS)));
    tell(context, KILLS, wrong);
  });
});
