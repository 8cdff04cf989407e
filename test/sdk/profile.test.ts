import { readdirSync, readFileSync } from "node:fs";
import { HaggleError } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileWat, withCustomSection } from "../support/wat.ts";

const FOLDER = new URL("../vectors/hostile/", import.meta.url);

describe("modules of the hostile folder", () => {
  for (const group of readdirSync(FOLDER, { withFileTypes: true })) {
    if (!group.isDirectory()) continue;
    for (const file of readdirSync(new URL(`${group.name}/`, FOLDER))) {
      const text = readFileSync(new URL(`${group.name}/${file}`, FOLDER), "utf8");
      const [, expected, bare] = /^;; expect: (\w+)( bare)?/.exec(text) ?? [];
      it(`${group.name}/${file} is ${expected}`, async () => {
        const bytes = await compileWat(text);
        expect(codeOf(bare ? bytes : withCustomSection(bytes, "haggle"))).toBe(expected);
      });
    }
  }
});

describe("bytes that no text can spell", () => {
  const least = async () => withCustomSection(await compileWat("(module @frame)"), "haggle");

  const EVALUATE_END = [0x41, 0, 11, 0x18]; // and the size of the next body
  const FORFEIT_BEGIN = [10, 0, 0x23, 1];
  const cases: [string, string, (bytes: number[]) => number[]][] = [
    ["nothing", "PROFILE_BAD_HEADER", () => []],
    ["a component", "PROFILE_BAD_HEADER", (bytes) => bytes.with(4, 0x0d).with(6, 1)],
    ["more than 256 KiB", "PROFILE_TOO_LARGE", (bytes) => [...bytes, ...new Array<number>(262_144).fill(0)]],
    ["a section behind the end", "PROFILE_TRUNCATED", (bytes) => [...bytes, 0, 100]],
    ["a size of six bytes", "PROFILE_BAD_LEB", (bytes) => [...bytes, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0]],
    ["a size beyond 32 bits", "PROFILE_BAD_LEB", (bytes) => [...bytes, 0, 0xff, 0xff, 0xff, 0xff, 0x1f]],
    ["the type section again", "PROFILE_SECTION_ORDER", (bytes) => [...bytes, 1, 1, 0]],
    ["a data count", "PROFILE_SECTION_UNKNOWN", (bytes) => [...bytes, 12, 1, 0]],
    ["tags", "PROFILE_SECTION_UNKNOWN", (bytes) => [...bytes, 13, 1, 0]],
    ["a byte behind the last entry", "PROFILE_SECTION_LENGTH", (bytes) => [...bytes, 11, 2, 0, 0]],
    [
      "an entry behind the section",
      "PROFILE_SECTION_LENGTH",
      (bytes) => [...bytes, 11, 1, 1, 0, 0x41, 0, 11],
    ],
    ["513 data segments", "PROFILE_TOO_MANY", (bytes) => [...bytes, 11, 2, 0x81, 4]],
    ["metadata twice", "PROFILE_CUSTOM_SECTION", (bytes) => [...bytes, 0, 7, 6, ...ascii("haggle")]],
    [
      "a signature at the end",
      "PROFILE_CUSTOM_SECTION",
      (bytes) => [...bytes, 0, 10, 9, ...ascii("signature")],
    ],
    [
      "a delimiter",
      "PROFILE_CUSTOM_SECTION",
      (bytes) => [...bytes, 0, 20, 19, ...ascii("signature_delimiter")],
    ],
    [
      "a custom section with a long name",
      "PROFILE_TOO_MANY",
      (bytes) => [...bytes, 0, 66, 65, ...ascii("n".repeat(65))],
    ],
    ["another type", "PROFILE_TYPE", (bytes) => replace(bytes, [1, 8, 2, 0x60], [1, 8, 2, 0x5f])],
    ["a second memory", "PROFILE_MEMORY", (bytes) => replace(bytes, [5, 4, 1], [5, 7, 2, 1, 1, 1])],
    [
      "a third mutability",
      "PROFILE_GLOBAL",
      (bytes) => replace(bytes, [6, 11, 2], [6, 16, 3, 0x7f, 2, 0x41, 0, 11]),
    ],
    [
      "a function without a body",
      "PROFILE_BODY",
      (bytes) => replace(bytes, [3, 4, 3, 0, 0, 1], [3, 5, 4, 0, 0, 1, 1]),
    ],
    ["code behind the last end", "PROFILE_BODY", (bytes) => replace(bytes, EVALUATE_END, [11, 1, 11, 0x18])],
    [
      "a number across the end",
      "PROFILE_BODY",
      (bytes) => replace(bytes, EVALUATE_END, [0x41, 0x80, 11, 0x18]),
    ],
    [
      "a byte behind forfeit",
      "PROFILE_BODY",
      (bytes) =>
        [...replace(replace(bytes, [10, 0x3e, 3], [10, 0x3f, 3]), FORFEIT_BEGIN, [11, 0, 0x23, 1])].toSpliced(
          -10,
          0,
          1,
        ),
    ],
  ];
  for (const [name, code, change] of cases) {
    it(`${name} is ${code}`, async () => {
      expect(codeOf(Uint8Array.from(change([...(await least())])))).toBe(code);
    });
  }

  it("a memory with an index is PROFILE_INDEX", async () => {
    const bytes = await compileWat("(module @frame (func (result i32) @plain 9 memory.size))");
    const edited = Uint8Array.from(replace([...bytes], [0x3f, 0], [0x3f, 1]));
    expect(codeOf(withCustomSection(edited, "haggle"))).toBe("PROFILE_INDEX");
  });

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
  const text = readFileSync(new URL("accepted/cached.wat", FOLDER), "utf8");
  const bytes = withCustomSection(await compileWat(text), "haggle", '{"abi":0}');
  const report = verifyProfile(bytes);
  expect(report).toMatchObject({ functions: 7, memoryPages: 1, maxStackDepth: 3 });
  expect(new TextDecoder().decode(report.metadata)).toBe('{"abi":0}');
  expect(report.sections.map(({ id }) => id)).toEqual([1, 3, 5, 6, 7, 10, 0]);
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

/** Puts other bytes where `from` is found for the first time. */
function replace(bytes: number[], from: number[], to: number[]): number[] {
  const at = bytes.findIndex((_, start) => from.every((byte, index) => bytes[start + index] === byte));
  expect(at).toBeGreaterThan(0);
  return bytes.toSpliced(at, from.length, ...to);
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
