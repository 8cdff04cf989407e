// The runtime's own code inside WebAssembly, one operation at a time. The other half is probe.rule.ts.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as L from "@haggle/abi";
import { CONTROL, CONTROL_FAULT, DECISION, FAULT_MONEY, LINE_STRIDE } from "@haggle/abi";
import { createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";

const OPERATION = 0x800;
const ARGUMENTS = 0x808;
const RESULT = 0x830;
const OUT = DECISION + 0x400;

export const OPERATIONS = {
  mulDiv: 1,
  add: 2,
  subtract: 3,
  multiply: 4,
  percentOf: 5,
  split: 6,
  readCart: 7,
  readParameters: 8,
  readPromotions: 9,
  readDecision: 10,
} as const;

/** `Rounding` of the runtime, in its order. */
export const ROUNDINGS = ["halfUp", "halfEven", "halfDown", "down", "up"] as const;
export type Rounding = (typeof ROUNDINGS)[number];

/** A rule, since there is no bundle without one; the probe never calls it. */
const RULE = '@promo(name="none")\nexport function none(ctx: Context): Result { return Result.none(); }\n';

export type Probe = Awaited<ReturnType<typeof createProbe>>;

export async function createProbe() {
  const runtime = await readRuntimeSources();
  const engine = await readFile(join(import.meta.dirname, "probe.rule.ts"), "utf8");
  const compiled = await createCompiler({ runtime: { ...runtime, "haggle/engine": engine } }).compile({
    files: { "rules/none.rule.ts": RULE },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 1));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(compiled.wasm as BufferSource));
  const bytes = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const view = new DataView(bytes.buffer);
  const evaluate = exports.evaluate as () => number;

  function call(operation: keyof typeof OPERATIONS, args: readonly (bigint | number)[]): number {
    view.setInt32(OPERATION, OPERATIONS[operation], true);
    for (const [i, value] of args.entries()) view.setBigInt64(ARGUMENTS + i * 8, BigInt(value), true);
    view.setInt32(CONTROL + CONTROL_FAULT, 0, true);
    return evaluate();
  }

  return {
    memory: bytes,
    /** The result of an operation on numbers; "fault" when it stopped with FAULT_MONEY. */
    compute(operation: keyof typeof OPERATIONS, ...args: readonly (bigint | number)[]): bigint | "fault" {
      try {
        call(operation, args);
      } catch (error) {
        if (view.getInt32(CONTROL + CONTROL_FAULT, true) === FAULT_MONEY) return "fault";
        throw error;
      }
      return view.getBigInt64(RESULT, true);
    },
    /** What an operation lists. */
    list(operation: keyof typeof OPERATIONS, ...args: readonly (bigint | number)[]): bigint[] {
      const count = call(operation, args);
      const start = operation === "readDecision" ? Number(view.getBigInt64(RESULT, true)) : OUT;
      return Array.from({ length: count }, (_, i) => view.getBigInt64(start + i * 8, true));
    },
    /** The shares of an amount over lines of which so much is left. */
    split(amount: bigint, lefts: readonly bigint[]): bigint[] {
      const lines = L.CART + L.CART_HEADER;
      view.setUint32(L.CART + L.CART_LINES, lines, true);
      lefts.forEach((left, i) => {
        view.setBigInt64(lines + i * LINE_STRIDE + L.LINE_TOTAL, left + 7n, true);
        view.setBigInt64(lines + i * LINE_STRIDE + L.LINE_DISCOUNT, 7n, true);
      });
      return this.list("split", amount, lefts.length);
    },
  };
}
