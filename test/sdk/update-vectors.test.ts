import { readFileSync } from "node:fs";
import { memoryStore } from "@haggle/sdk/trust";
import { describe, expect, it } from "vitest";
import { expectedOutcome, readUpdateVectors } from "../support/read-update-vectors.ts";
import { runUpdateCase } from "../support/run-update-cases.ts";
import { makeUpdateVectors, UPDATES } from "../support/updates/all.ts";

// Every way that documents come to a client, good and hostile, and what it must make of them. The same cases run in a
// browser (test/e2e/update-vectors-browser.test.ts).

const { cases, blobs } = readUpdateVectors();
const groups = Map.groupBy(cases, ({ group }) => group);

describe.each([...groups])("%s", (_group, list) => {
  it.each(list.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    expect(await runUpdateCase(one, blobs, memoryStore())).toEqual(expectedOutcome(one));
  });
});

describe("the vectors", () => {
  it("have a name each", () => {
    expect(new Set(cases.map(({ group, name }) => `${group}: ${name}`)).size).toBe(cases.length);
  });

  it("are what their maker makes", async () => {
    const made = await makeUpdateVectors();
    expect(cases, "run test/support/make-update-vectors.ts and read the difference").toEqual(made.cases);
    expect(JSON.parse(readFileSync(new URL("blobs.json", UPDATES), "utf8"))).toEqual(made.blobs);
  });
});
