// The byte budget of what every storefront downloads.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleSdk } from "../bench/bundled-sdk.ts";

/** What was reached; the aim is 12,000 (`npm run bench -- size`), and DECISIONS says where the bytes are. */
const BUDGET_BYTES = 17_000;

describe("the SDK core", () => {
  it("stays within its budget, minified and compressed", async () => {
    const bundled = await bundleSdk("browser");
    expect(gzipSync(bundled, { level: 9 }).length).toBeLessThanOrEqual(BUDGET_BYTES);
    // The whole of it, not an empty shell that something shook away.
    expect(new TextDecoder().decode(bundled)).toContain("ENGINE_BUNDLE_MISMATCH");
  });

  it("asks for nothing but the platform", async () => {
    const text = new TextDecoder().decode(await bundleSdk("browser"));
    expect(text).not.toMatch(/\bimport\s*[{*"']|\brequire\(|\bnode:/);
  });
});
