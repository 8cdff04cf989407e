import { describe, expect, it } from "vitest";
import { launchBrowser, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { bundle, PAGE } from "../support/cdn-clients.ts";
import { expectedOutcome, readUpdateVectors } from "../support/read-update-vectors.ts";
import type { Outcome } from "../support/run-update-cases.ts";
import type { UpdatePageInput } from "../support/update-page.ts";

// The golden updates of test/sdk/update-vectors.test.ts in one page of a real browser, each over its own IndexedDB: the
// same codes, the same places, the same alarms, the same things stored.

const { cases, blobs } = readUpdateVectors();

describe.skipIf(SKIPS_BROWSER)("a browser", () => {
  it(`makes of all ${cases.length} updates what Node makes of them`, async () => {
    const input: UpdatePageInput = {
      cases,
      blobs: Object.fromEntries([...blobs].map(([digest, bytes]) => [digest, toBase64(bytes)])),
    };
    const server = await servePages({
      "/": { type: "text/html", body: PAGE },
      "/page.js": {
        type: "text/javascript",
        body: await bundle(new URL("../support/update-page.ts", import.meta.url)),
      },
      "/input.json": { type: "application/json", body: JSON.stringify(input) },
    });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      const outcomes = JSON.parse(await server.posted("outcomes")) as Outcome[] | string;
      const named = (one: (typeof cases)[number], outcome: unknown) => ({
        case: `${one.group}: ${one.name}`,
        outcome,
      });
      if (typeof outcomes === "string") throw new Error(outcomes);
      expect(outcomes).toHaveLength(cases.length);
      cases.forEach((one, index) => {
        expect(named(one, outcomes[index])).toEqual(named(one, expectedOutcome(one)));
      });
    } finally {
      await browser.close();
      await server.close();
    }
  }, 180_000);
});

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
