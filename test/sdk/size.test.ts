// The bytes of what every storefront downloads.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleProfile, bundleSdk } from "../bench/bundled-sdk.ts";

/**
 * Not the goal, which is 12,000 and missed (`npm run bench -- size` says so; DECISIONS, where the bytes are): the
 * ratchet. It was 18,500 until the whole of a decision was checked before it counts, 19,310 until only an encoder's
 * symbols could grow, 19,285 until discounts were listed while they are checked, which took 7 % off an evaluation.
 */
const REACHED_BYTES = 19_400;
const RATCHET = "make it smaller, or raise REACHED_BYTES and say beside it what the bytes are for";
/** Of the profile alone, the meter check in it. */
const PROFILE_BYTES = 5_000;

describe("the SDK core", () => {
  it("does not grow past what was reached, minified and compressed", async () => {
    const bundled = await bundleSdk("browser");
    expect(gzipSync(bundled, { level: 9 }).length, RATCHET).toBeLessThanOrEqual(REACHED_BYTES);
    // The whole of it, not an empty shell that something shook away.
    const text = new TextDecoder().decode(bundled);
    expect(text).toContain("ENGINE_BUNDLE_MISMATCH");
    // Nor what only authors, servers and readers need: encoding tables, reading promotions, sentences.
    expect(text).not.toMatch(/PROMOTION_UNKNOWN_RULE|percentBase|weekday|did not apply/);
  });

  it("has a profile check that is small by itself", async () => {
    const bundled = await bundleProfile();
    expect(gzipSync(bundled, { level: 9 }).length).toBeLessThanOrEqual(PROFILE_BYTES);
    expect(new TextDecoder().decode(bundled)).toContain("PROFILE_WEIGHT");
  });

  it("asks for nothing but the platform", async () => {
    const text = new TextDecoder().decode(await bundleSdk("browser"));
    expect(text).not.toMatch(/\bimport\s*[{*"']|\brequire\(|\bnode:/);
  });
});
