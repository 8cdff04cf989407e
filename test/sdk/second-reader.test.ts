// Our readers of WebAssembly against wasmparser, which somebody else wrote: the same sections, bodies and
// instructions; and the profile's verdict on fuel against a proof from wasmparser's instructions alone.

import { readdirSync, readFileSync } from "node:fs";
import { ByteReader, HaggleError } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import { meter } from "@haggle/toolchain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "../../engine/toolchain/meter-code.ts";
import { readModule } from "../../engine/toolchain/meter-read.ts";
import { proveFuel } from "../support/fuel-proof.ts";
import { arbitraryProgram } from "../support/programs.ts";
import { buildDemoRules, buildRules } from "../support/rules.ts";
import {
  codeSectionOf,
  type Operator,
  type ReadModule,
  readWithWasmparser,
} from "../support/second-reader.ts";
import { compileWat, withCustomSection } from "../support/wat.ts";

const FOLDER = new URL("../vectors/programs/", import.meta.url);

describe("our readers and wasmparser see the same, and the fuel is proved,", () => {
  for (const name of readdirSync(FOLDER).filter((each) => each.endsWith(".wat"))) {
    it(`in ${name}`, async () => {
      await expectAgreement(readFileSync(new URL(name, FOLDER), "utf8"));
    });
  }

  it("in generated programs", { timeout: 120_000 }, async () => {
    await fc.assert(fc.asyncProperty(arbitraryProgram, expectAgreement), { numRuns: 300 });
  });

  it("in the demo rules, and in a rule with an array of its own", { timeout: 240_000 }, async () => {
    const built = [await buildDemoRules(), await buildRules({ scratch: SCRATCH })];
    for (const { bundle } of built) expectMetered(bundle);
  });
});

const SCRATCH = `@promo(name="scratch")
export function scratch(ctx: Context): Result {
  const sums = new StaticArray<i64>(8);
  for (let i = 0; i < ctx.cart.lines.count; i++) {
    const line = ctx.cart.lines.at(i);
    sums[i & 7] += line.total;
    if (line.quantity > 3) sums[0] -= 1;
  }
  let sum: i64 = 0;
  for (let i = 0; i < 8; i++) sum += sums[i];
  return sum > 100_00 ? Result.order(min(sum / 10, 500), "SCRATCH") : Result.none();
}
`;

async function expectAgreement(text: string): Promise<void> {
  const source = withCustomSection(await compileWat(text), "haggle");
  const theirs = readWithoutImports(source);
  if (theirs !== undefined) {
    const ours = readModule(source);
    for (const [index, { operators }] of theirs.functions.entries()) {
      expect(spansOf(ours.bodies[index]!.instructions)).toBe(spansOf(operators));
    }
  }
  expectMetered(meter(source).bytes);
}

/** Programs with slices import them until they are metered. */
function readWithoutImports(source: Uint8Array): ReadModule | undefined {
  return readModule(source).imports.length > 0 ? undefined : readWithWasmparser(source);
}

function expectMetered(bytes: Uint8Array): void {
  const theirs = readWithWasmparser(bytes);
  const ours = verifyProfile(bytes);
  expect(ours.sections).toEqual(theirs.sections);
  expect(ours.functions).toBe(theirs.functions.length);
  expect(ours.memoryPages).toBe(theirs.memories[0]!.initial);

  const reader = new ByteReader(
    bytes,
    codeSectionOf(theirs).offset,
    bytes.length,
    "BUILD_METER",
    "BUILD_METER",
  );
  expect(reader.u32()).toBe(theirs.functions.length);
  for (const { operators } of theirs.functions) {
    const { instructions } = readBody(reader, reader.u32());
    expect(spansOf(instructions)).toBe(spansOf(operators));
    for (const { at, code } of operators) if (bytes[at] !== code) expect(bytes[at]).toBe(code);
  }

  const { charges, depth } = proveFuel(theirs);
  expect(ours.maxStackDepth).toBe(depth);
  for (const { at, weight, cost } of charges) {
    expect(weight).toBe(Math.max(1, cost));
    // One less, and the profile must see it: so it counts what wasmparser counts, to the instruction.
    expect(codeOf(withWeight(bytes, at, weight - 1))).toBe("PROFILE_WEIGHT");
  }
}

/** As text: comparing thousands of numbers one by one takes the test runner seconds. */
function spansOf(instructions: readonly Pick<Operator, "at" | "end">[]): string {
  return instructions.map(({ at, end }) => `${at}-${end}`).join(" ");
}

/** The same module with another weight in as many bytes: LEB128 numbers may be padded. */
function withWeight(bytes: Uint8Array, at: number, weight: number): Uint8Array {
  const edited = bytes.slice();
  let rest = weight;
  for (let place = at + 1; ; place++) {
    const isLast = bytes[place]! < 0x80;
    edited[place] = (rest & 0x7f) | (isLast ? 0 : 0x80);
    rest >>= 7;
    if (isLast) return edited;
  }
}

function codeOf(bytes: Uint8Array): string {
  try {
    verifyProfile(bytes);
    return "ok";
  } catch (error) {
    if (error instanceof HaggleError) return error.code;
    throw error;
  }
}
