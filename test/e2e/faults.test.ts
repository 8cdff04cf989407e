import { describe, expect, it } from "vitest";
import { SKIPS_BROWSER } from "../support/browser.ts";
import { DISK_FAULTS, type Kind, killWhileSaving, STRACE, saveUnder } from "../support/faults/disk-faults.ts";
import { everyNth, runInBrowser, runInNode } from "../support/faults/http-updates.ts";

// A few runs of each fault of test/faults, which `npm run test:faults` runs often.

const SAVES = 6;

if (STRACE === undefined)
  console.warn("!!! No strace on this machine: nothing is proved about failing disks.");

describe.skipIf(STRACE === undefined)("a disk that fails under a", () => {
  const faults = DISK_FAULTS.filter(({ inject }) => inject === "fsync:error=EIO:when=3+");

  it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_name, fault) => {
    const { faults, wrong } = await saveUnder(fault, SAVES);
    expect(wrong).toEqual([]);
    expect(faults).toBeGreaterThan(0);
  });
});

describe("kill -9 while saving a", () => {
  it.each<Kind>(["state", "folder"])("%s", async (kind) => {
    expect(await killWhileSaving(kind, 3)).toEqual([]);
  });
});

describe("golden updates over HTTP", () => {
  const few = everyNth(16);

  it("in Node", async () => {
    expect(await runInNode(few)).toEqual([]);
  });

  it.skipIf(SKIPS_BROWSER)("in Chromium", async () => {
    expect(await runInBrowser(few)).toEqual([]);
  });
});
