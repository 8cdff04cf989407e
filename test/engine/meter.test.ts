import { readdirSync, readFileSync } from "node:fs";
import { HaggleError } from "@haggle/abi";
import { verifyProfile } from "@haggle/sdk";
import { meter, movedOffset } from "@haggle/toolchain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryProgram } from "../support/programs.ts";
import { compileWat, withCustomSection } from "../support/wat.ts";

const FOLDER = new URL("../vectors/programs/", import.meta.url);
const PROGRAMS = readdirSync(FOLDER).filter((name) => name.endsWith(".wat"));
const PLENTY = 1 << 30;

type Run = { result: number | "trap"; used: number; left: number };

describe("metered programs", () => {
  for (const name of PROGRAMS) {
    it(`${name} fits the profile, computes the same and stops exactly when its fuel is spent`, async () => {
      await expectSame(readFileSync(new URL(name, FOLDER), "utf8"), [-3, -1, 0, 1, 2, 3, 6, 7, 11, 19, 33]);
    });
  }

  it("generated programs do too", async () => {
    const inputs = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(arbitraryProgram, inputs, expectSame), { numRuns: 200 });
  });
});

describe("fuel", () => {
  // Counted by hand: every instruction but end and else costs 1.
  const cases: [string, string, number, number][] = [
    ["a plain function costs what it holds", "local.get 0", 5, 1],
    ["both arms of an if", "local.get 0 if nop else nop nop end i32.const 1", 5, 6],
    [
      "a loop by its turns",
      `${"loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end"} i32.const 1`,
      10,
      2 + 10 * 5,
    ],
    [
      "a loop in a loop, at least 1 a turn",
      "loop loop end local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 1",
      3,
      2 + 3 * 7,
    ],
    ["an empty loop", "loop end i32.const 1", 0, 2 + 1],
    ["a free callee as if inlined", "local.get 0 call $free", 0, 2 + 3],
    ["a free callee in a loop", "loop local.get 0 call $free drop end i32.const 1", 0, 2 + 3 + 3],
    ["a callee that charges itself", "local.get 0 call $cached", 4, 2 + 3 + 4 * 5],
    [
      "a callee that charges itself, in a loop",
      "loop local.get 0 call $cached drop end i32.const 1",
      4,
      2 + 3 + 3 + 4 * 5,
    ],
    ["code behind a return too", "local.get 0 return nop nop", 0, 4],
  ];
  for (const [name, body, input, used] of cases) {
    it(name, async () => {
      const program = await meteredProgram(`(module @unmetered
        (func $free (param i32) (result i32) local.get 0 i32.const 2 i32.add)
        (func $cached (param i32) (result i32)
          loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 1 nop)
        (func (export "explain") (param i32) (result i32) ${body}))`);
      expect(run(compile(program), input, PLENTY).used).toBe(used);
    });
  }

  it("ends an endless loop with a trap and -1", async () => {
    const program = await meteredProgram(
      '(module @unmetered (func (export "explain") (param i32) (result i32) loop br 0 end unreachable))',
    );
    expect(run(compile(program), 0, 100_000)).toEqual({ result: "trap", used: 100_001, left: -1 });
    expect(run(compile(program), 0, 0)).toMatchObject({ result: "trap", left: -1 });
  });

  it("ends calls that double, without any loop", async () => {
    const level = (index: number) =>
      `(func $f${index} ${"nop ".repeat(65)} call $f${index + 1} call $f${index + 1})`;
    const program = await meteredProgram(`(module @unmetered
      (func (export "explain") (param i32) (result i32) call $f0 i32.const 1)
      ${Array.from({ length: 60 }, (_, index) => level(index)).join("\n")} (func $f60))`);
    expect(run(compile(program), 0, 3_000_000)).toMatchObject({ result: "trap", left: -1 });
  });
});

describe("slices", () => {
  const text = `(module
    (import "haggle" "sliceLeave" (func $leave))
    (import "haggle" "sliceEnter" (func $enter (param i32)))
    @memory
    (func (export "evaluate") (result i32) i32.const 1000 call $enter i32.const 77 call $spend call $leave i32.const 1)
    (func (export "resume") (result i32) i32.const 1000 call $enter i32.const 10 call $enter call $leave i32.const 1)
    (func (export "explain") (param i32) (result i32)
      local.get 0 call $enter i32.const 1000000 call $spend call $leave i32.const 1)
    (func $spend (param i32) loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end))`;

  it("are given back but for what was spent", async () => {
    const instance = open(compile(await meteredProgram(text)));
    instance.fuel.value = 5000;
    expect(instance.evaluate()).toBe(1);
    // evaluate: 6; spend: 1 and 5 for each of 77 turns.
    expect(instance.fuel.value).toBe(5000 - 6 - 1 - 77 * 5);
  });

  it("are forfeited after a trap, and no more than the slice", async () => {
    const instance = open(compile(await meteredProgram(text)));
    instance.fuel.value = 5000;
    expect(() => instance.explain(1000)).toThrow(WebAssembly.RuntimeError);
    expect(instance.fuel.value).toBe(-1);
    instance.forfeit();
    expect(instance.fuel.value).toBe(5000 - 6 - 1000);
    expect(instance.evaluate()).toBe(1);
  });

  it("cannot be negative, more than there is, or inside one another", async () => {
    const instance = open(compile(await meteredProgram(text)));
    for (const slice of [-1, -2147483648, 4995, 2147483647]) {
      instance.fuel.value = 5000;
      expect(() => instance.explain(slice)).toThrow(WebAssembly.RuntimeError);
      expect(instance.fuel.value).toBe(5000 - 6);
    }
    instance.fuel.value = 5000;
    expect(() => instance.resume()).toThrow(WebAssembly.RuntimeError);
    instance.forfeit();
    expect(instance.fuel.value).toBe(5000 - 6 - 1000);
  });
});

describe("what the meter refuses", () => {
  const cases: [string, string][] = [
    ["an import of the host", '(module (import "env" "abort" (func)))'],
    ["a slice function of another type", '(module (import "haggle" "sliceEnter" (func (param i64))))'],
    ["floats", "(module (func f32.const 1 drop))"],
    ["bulk memory", "(module (memory 1 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill))"],
    ["a module that is metered already", "(module @frame)"],
  ];
  for (const [name, text] of cases) {
    it(name, async () => {
      const bytes = await compileWat(text);
      expect(codeOf(() => meter(bytes))).toBe("BUILD_METER");
    });
  }

  it("bytes that are no module", () => {
    expect(codeOf(() => meter(new Uint8Array(3)))).toBe("BUILD_METER");
  });
});

it("is the same every time, keeps harmless sections and drops a stale signature", async () => {
  const bytes = await compileWat(readFileSync(new URL("calls.wat", FOLDER), "utf8"));
  const dressed = withCustomSection(
    withCustomSection(withCustomSection(bytes, "signature"), "haggle"),
    "producers",
  );
  const { bytes: metered } = meter(dressed);
  expect(metered).toEqual(meter(dressed).bytes);
  expect(
    verifyProfile(metered)
      .sections.map(({ name }) => name)
      .filter(Boolean),
  ).toEqual(["haggle", "producers"]);
});

it("tells where every instruction went", async () => {
  const source = await compileWat(readFileSync(new URL("calls.wat", FOLDER), "utf8"));
  const { bytes, offsets } = meter(source);
  // `i32.const 200` and `i32.mul` with its operands are there once each.
  for (const pattern of [
    [0x41, 0xc8, 0x01, 0x48],
    [0x41, 3, 0x6c],
    [0xac, 0x7c],
    [0xa7, 0x0b],
  ]) {
    const old = find(source, pattern);
    expect(movedOffset(offsets, old)).toBe(find(bytes, pattern.slice(0, -1)));
  }
  expect(movedOffset(offsets, 0)).toBe(0);
});

async function expectSame(text: string, inputs: number[]): Promise<void> {
  const source = await compileWat(text);
  const bytes = meter(withCustomSection(source, "haggle")).bytes;
  verifyProfile(bytes);
  const program = compile(bytes);
  const unmetered = compile(source);
  for (const input of inputs) {
    const { result, used } = run(program, input, PLENTY);
    expect(result).toBe(run(unmetered, input, 0).result);
    // A slice is more than what is used of it.
    if (result === "trap" || text.includes("sliceEnter")) continue;
    expect(run(program, input, used)).toEqual({ result, used, left: 0 });
    expect(run(program, input, used - 1)).toEqual({ result: "trap", used, left: -1 });
  }
}

/** Calls `explain` in a fresh instance. */
function run(module: WebAssembly.Module, input: number, budget: number): Run {
  const { explain, fuel } = open(module);
  if (fuel !== undefined) fuel.value = budget;
  let result: number | "trap" = "trap";
  try {
    result = explain(input);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
  const left = fuel?.value ?? 0;
  return { result, used: budget - left, left };
}

type Exports = {
  fuel: { value: number };
  evaluate: () => number;
  resume: () => number;
  explain: (input: number) => number;
  forfeit: () => void;
};

function open(module: WebAssembly.Module): Exports {
  const nothing = (): void => undefined;
  // The imports are for modules before the meter only; metered ones have none.
  const instance = new WebAssembly.Instance(module, { haggle: { sliceEnter: nothing, sliceLeave: nothing } });
  return instance.exports as unknown as Exports;
}

function compile(bytes: Uint8Array): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

async function meteredProgram(text: string): Promise<Uint8Array> {
  return meter(withCustomSection(await compileWat(text), "haggle")).bytes;
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return "ok";
  } catch (error) {
    if (error instanceof HaggleError) return error.code;
    throw error;
  }
}

function find(bytes: Uint8Array, pattern: number[]): number {
  const at = bytes.findIndex((_, start) => pattern.every((byte, index) => bytes[start + index] === byte));
  expect(at).toBeGreaterThan(0);
  return at;
}
