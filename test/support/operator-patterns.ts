// Runs of instructions as text, to be looked for among wasmparser's operators.

import type { Operator } from "./second-reader.ts";

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  call_indirect: 0x11,
  "local.get": 0x20,
  "local.set": 0x21,
  "local.tee": 0x22,
  "global.get": 0x23,
  "global.set": 0x24,
  "i32.const": 0x41,
  "i32.lt_s": 0x48,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.or": 0x72,
} as const;

/** What words in a pattern stand for, besides numbers. */
export type Names = Readonly<Record<string, number>>;

type Step = { code: number; operand: string | undefined };

const EMPTY_BLOCK = -64; // wasmparser's number for a block without a result
const parsed = new Map<string, Step[]>();

/**
 * How many operators from `at` on are those of `pattern`; 0 when they are not. An instruction without an operand in
 * the pattern may have any.
 *
 * @example countMatches(operators, 0, "global.get FUEL i32.const i32.sub", { FUEL: 2 }) // 3
 */
export function countMatches(
  operators: readonly Operator[],
  at: number,
  pattern: string,
  names: Names,
): number {
  const steps = parsed.get(pattern) ?? parse(pattern);
  parsed.set(pattern, steps);
  const isThere = steps.every(({ code, operand }, index) => {
    const operator = operators[at + index];
    if (operator?.code !== code || operand === undefined) return operator?.code === code;
    const value = operand === "void" ? EMPTY_BLOCK : (names[operand] ?? Number(operand));
    return operator.operand === value;
  });
  return isThere ? steps.length : 0;
}

function parse(pattern: string): Step[] {
  const steps: Step[] = [];
  for (const word of pattern.split(" ")) {
    if (Object.hasOwn(OP, word)) steps.push({ code: OP[word as keyof typeof OP], operand: undefined });
    else steps.at(-1)!.operand = word;
  }
  return steps;
}
