// What the sandbox does with modules that no profile would let in: it is the second wall, and must hold by itself.

import { createSymbols, DEFAULT_POLICY, type Policy, parseRelease } from "@haggle/abi";
import { signerFromSeed } from "@haggle/sdk/sign";
import { signRelease } from "@haggle/toolchain";
import { describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../../sdk/src/sandbox.ts";
import { readTable } from "../../sdk/src/table.ts";
import { CART, DECISION_BYTES, METADATA, PROMOTIONS } from "../support/hostile-decision.ts";
import { compileWat } from "../support/wat.ts";

const { envelope } = await signRelease({
  signer: await signerFromSeed(new Uint8Array(32).fill(7)),
  version: 1,
  now: 0,
  bundle: { sha256: "0".repeat(64), size: 1 },
  metadata: METADATA,
  promotions: PROMOTIONS,
});
const RELEASE = parseRelease(envelope.payload);

async function sandboxOf(text: string, policy: Partial<Policy> = {}): Promise<Sandbox> {
  const symbols = createSymbols([...METADATA.symbols, ...RELEASE.table.symbols]);
  return createSandbox({
    module: await WebAssembly.compile(await compileWat(text)),
    table: readTable(RELEASE, symbols),
    off: new Uint8Array(PROMOTIONS.length),
    symbols,
    policy: { ...DEFAULT_POLICY, ...policy },
    server: false,
  });
}

const RULE_RUNS = "i32.const 1000 call $sliceEnter @set CONTROL_RUN RUN_RULE @set CONTROL_CURRENT 2";
const RESUMES = `(func (export "resume") (result i32)
  @set OUTCOMES[2]+OUTCOME_STATUS STATUS_FAILED @set OUTCOMES[2]+OUTCOME_DETAIL FAULT_TRAP @length)`;

describe("what is thrown and is no error", () => {
  it("is a fault of the engine, and its next run has another instance", async () => {
    const sandbox =
      await sandboxOf(`(module @shop (tag $t (param i32)) (global $calls (mut i32) (i32.const 0))
      (func (export "evaluate") (result i32)
        global.get $calls if @length return end
        i32.const 1 global.set $calls
        i32.const 7 throw $t)
      ${RESUMES})`);
    for (let run = 0; run < 2; run++) {
      const thrown = caught(() => sandbox.run(CART, []));
      expect(thrown).toMatchObject({ name: "HaggleError", code: "ENGINE_RESOLVER_FAULT", at: "engine" });
      expect((thrown as Error).cause).not.toBeInstanceOf(Error);
    }
  });

  it("is a trap of a rule where a rule ran, and the engine goes on behind it", async () => {
    const text = `(module @shop (tag $t) (func (export "evaluate") (result i32) ${RULE_RUNS} throw $t) ${RESUMES})`;
    const { decision } = (await sandboxOf(text)).run(CART, []);
    expect(decision.byteLength).toBe(DECISION_BYTES.length);
    const refusing = await sandboxOf(text, { onFault: "refuse" });
    expect(caught(() => refusing.run(CART, []))).toMatchObject({
      code: "ENGINE_RULE_REFUSED",
      at: "promotions[2]",
      value: 2,
    });
  });
});

describe("the only thing that a module is given", () => {
  it.each(["env", "constructor", "__proto__", "toString"])(
    "is nothing: an import of %s fails",
    async (name) => {
      const made = sandboxOf(`(module (import "${name}" "constructor" (func)) @shop ${RESUMES}
      (func (export "evaluate") (result i32) @length))`);
      await expect(made).rejects.toMatchObject({ code: "ENGINE_INSTANTIATE" });
    },
  );

  it("lasts 10,000 runs: then it has another memory", async () => {
    const sandbox = await sandboxOf(`(module @shop ${RESUMES}
      (func (export "evaluate") (result i32)
        @at STATIC @at STATIC i32.load i32.const 1 i32.add i32.store
        @at STATIC i32.load i32.const 10000 i32.gt_u if unreachable end
        @length))`);
    for (let run = 0; run < 20_001; run++) sandbox.run(CART, []);
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
