import { readFileSync } from "node:fs";
import { HaggleError } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileWat, withCustomSection } from "../support/wat.ts";

// What it refuses, and where, is in hostile.test.ts.

const CACHED = new URL("../vectors/hostile/accepted/cached.wat", import.meta.url);

describe("the profile", () => {
  const least = async () => withCustomSection(await compileWat("(module @frame)"), "haggle");

  it("accepts harmless sections once, and a signature in front", async () => {
    const bytes = withCustomSection(await least(), "name");
    const signed = [...bytes.subarray(0, 8), 0, 10, 9, ...ascii("signature"), ...bytes.subarray(8)];
    expect(codeOf(Uint8Array.from(signed))).toBe("ok");
    expect(codeOf(withCustomSection(bytes, "name"))).toBe("PROFILE_CUSTOM_SECTION");
  });

  it("refuses every prefix of a good module, with an offset inside the file", async () => {
    const bytes = await least();
    for (let length = 0; length < bytes.length; length++) {
      const error = errorOf(bytes.subarray(0, length));
      expect(error?.code).toMatch(/^PROFILE_/);
      expect(error?.at).toBeLessThanOrEqual(length);
    }
  });

  it("throws nothing but PROFILE errors, whatever the bytes", async () => {
    const bytes = await least();
    const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(edits, (list) => {
        const edited = bytes.slice();
        for (const [at, byte] of list) edited[at] = byte;
        expect(codeOf(edited)).toMatch(/^(ok|PROFILE_[A-Z_]+)$/);
      }),
      { numRuns: 2000 },
    );
  });
});

it("reports what is in a module", async () => {
  const text = readFileSync(CACHED, "utf8");
  const bytes = withCustomSection(await compileWat(text), "haggle", '{"abi":0}');
  const report = verifyProfile(bytes);
  expect(report).toMatchObject({ functions: 9, memoryPages: 256, maxStackDepth: 3 });
  expect(new TextDecoder().decode(report.metadata)).toBe('{"abi":0}');
  expect(report.sections.map(({ id }) => id)).toEqual([1, 3, 5, 6, 7, 10, 11, 0]);
  expect(report.sections.at(-1)).toEqual({ id: 0, name: "haggle", offset: bytes.length - 16, size: 16 });
});

function codeOf(bytes: Uint8Array): string {
  return errorOf(bytes)?.code ?? "ok";
}

function errorOf(bytes: Uint8Array): HaggleError | undefined {
  try {
    verifyProfile(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof HaggleError) return error;
    throw error;
  }
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
